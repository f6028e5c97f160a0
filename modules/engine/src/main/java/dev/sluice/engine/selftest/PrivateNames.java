package dev.sluice.engine.selftest;

import dev.sluice.catalog.ServerIdentity;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.KerberosLogin;
import dev.sluice.engine.sql.SqlLogin;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Names that a report which goes into an issue must not have: hosts, the login, the bucket, the identity.
/// Messages of drivers and servers are full of them.
///
/// **Threading:** any thread.
final class PrivateNames {

    private static final String INSTEAD = "[name]";
    private static final Pattern HOST = Pattern.compile("//([^:;/\\\\]+)");

    /// Names that tell nothing about a site, and would take words out of sentences.
    private static final Set<String> EVERYWHERE =
            Set.of("localhost", "127.0.0.1", "sa", "sluice", "mssql", "backup", "backups", "sql");

    private final Set<String> names = new ConcurrentSkipListSet<>();

    /// Those that the configuration has.
    PrivateNames(Environment env) {
        Matcher host = HOST.matcher(env.server().address());
        if (host.find()) {
            add(host.group(1));
        }
        switch (env.server().login()) {
            case SqlLogin login -> add(login.name());
            case KerberosLogin login -> login.account().names().forEach(this::add);
        }
        add(env.identity());
        add(env.store().config().bucket());
        add(env.store().config().prefix().replaceAll("/+$", ""));
        if (env.store().config().endpoint() != null) {
            add(env.store().config().endpoint().getHost());
        }
    }

    /// Those that the server has.
    void add(ServerIdentity server) {
        add(server.name());
        add(server.machine());
    }

    private void add(@Nullable String name) {
        if (name != null && name.length() > 1 && !EVERYWHERE.contains(name.toLowerCase(Locale.ROOT))) {
            names.add(name);
        }
    }

    /// The text without them.
    String hidden(String text) {
        List<String> longestFirst = names.stream()
                .sorted(Comparator.comparingInt(String::length).reversed())
                .toList();
        String result = text;
        for (String name : longestFirst) {
            result = Pattern.compile("(?<![\\w-])" + Pattern.quote(name) + "(?![\\w-])", Pattern.CASE_INSENSITIVE)
                    .matcher(result)
                    .replaceAll(Matcher.quoteReplacement(INSTEAD));
        }
        return result;
    }

    List<String> hidden(List<String> texts) {
        return texts.stream().map(this::hidden).toList();
    }

    StepOutcome hidden(StepOutcome outcome) {
        return switch (outcome) {
            case StepOutcome.Passed(double seconds, var evidence) -> new StepOutcome.Passed(seconds, hidden(evidence));
            case StepOutcome.Failed(double seconds, var evidence, String what) ->
                new StepOutcome.Failed(seconds, hidden(evidence), hidden(what));
            case StepOutcome.Skipped skipped -> skipped;
        };
    }

    /// Texts of ours have no names; those of failures may.
    QuestionAnswer hidden(QuestionAnswer answer) {
        return answer instanceof QuestionAnswer.NotReached(String text)
                ? new QuestionAnswer.NotReached(hidden(text))
                : answer;
    }
}
