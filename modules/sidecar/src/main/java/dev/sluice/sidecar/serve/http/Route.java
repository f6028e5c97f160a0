package dev.sluice.sidecar.serve.http;

import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// One kind of request, and what answers it.
///
/// @param template  path, with at most one `{…}`
/// @param path      the same as a pattern
/// @param part      what only a few requests may use at a time; null where it answers at once, and without a
///                  token: what a probe asks, and what it says is no secret
/// @param tokenOnly whether it is refused where no token is configured, because it may destroy a database,
///                  keep it from being backed up, or decide whether its backups are removed
record Route(
        String method,
        String template,
        Pattern path,
        @Nullable Semaphore part,
        boolean tokenOnly,
        Handler handler) {

    private static final Pattern PARAMETER = Pattern.compile("\\{\\w+}");

    /// Answers one kind of request.
    interface Handler {
        ApiAnswer answer(ApiRequest call) throws IOException;
    }

    Route(String method, String template, @Nullable Semaphore part, Handler handler) {
        this(method, template, pattern(template), part, false, handler);
    }

    static Route destructive(String method, String template, Semaphore part, Handler handler) {
        return new Route(method, template, pattern(template), part, true, handler);
    }

    private static Pattern pattern(String template) {
        return Pattern.compile(PARAMETER.matcher(Pattern.quote(template)).replaceAll("\\\\E([^/]+)\\\\Q"));
    }

    boolean open() {
        return part == null;
    }

    Optional<String> match(String requested) {
        Matcher matcher = path.matcher(requested);
        return matcher.matches()
                ? Optional.of(matcher.groupCount() == 0 ? "" : ApiRequest.decode(matcher.group(1)))
                : Optional.empty();
    }
}
