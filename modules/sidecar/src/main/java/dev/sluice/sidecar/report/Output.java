package dev.sluice.sidecar.report;

import dev.sluice.engine.run.ControlCharacters;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.Misconfigured;
import dev.sluice.sidecar.log.Masking;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// What a command says: results to standard output, everything else to standard error.
///
/// With `--json`, standard output gets exactly one JSON document, a failure included.
///
/// Names in what is said come from servers and buckets. Here, and nowhere else, their control characters are
/// written so that a terminal shows them instead of obeying them ([ControlCharacters]); in JSON that changes no
/// value.
public final class Output {

    /// Before the second and further lines of one statement, so that none of them can pass for a statement of
    /// its own.
    private static final String CONTINUED = "\n         ";

    private final PrintWriter out;
    private final PrintWriter err;
    private final boolean json;

    public Output(PrintWriter out, PrintWriter err, boolean json) {
        this.out = out;
        this.err = err;
        this.json = json;
    }

    /// A line of the story. Not part of the JSON document.
    public void tell(String line) {
        if (!json) {
            out.println(shown(line));
            out.flush();
        }
    }

    /// Text that has lines of its own, such as YAML. Not part of the JSON document.
    public void tellLines(String text) {
        if (!json) {
            Masking.mask(text).lines().map(ControlCharacters::escaped).forEach(out::println);
            out.flush();
        }
    }

    private static String shown(String line) {
        return ControlCharacters.escaped(Masking.mask(line));
    }

    /// The result, for programs.
    public void document(Object value) {
        if (json) {
            JsonMapper mapper = JsonMapper.builder()
                    .enable(SerializationFeature.INDENT_OUTPUT)
                    .build();
            out.println(ControlCharacters.escapedLines(Masking.mask(mapper.writeValueAsString(value))));
            out.flush();
        }
    }

    /// As [#document], on one line, for a program that reads it while this one goes on.
    public void documentLine(Object value) {
        if (json) {
            out.println(shown(JsonMapper.shared().writeValueAsString(value)));
            out.flush();
        }
    }

    /// Prints a line that the user should see, whether the result is text or JSON.
    public void notice(String line) {
        err.println(shown(line));
        err.flush();
    }

    /// A statement of several lines, as errors of SQL Server's are.
    private void noticeLines(String text) {
        err.println(Masking.mask(text).lines().map(ControlCharacters::escaped).collect(Collectors.joining(CONTINUED)));
        err.flush();
    }

    /// Prints an exception that the program did not expect, with its stack trace.
    public void trace(Throwable unexpected) {
        StringWriter trace = new StringWriter();
        unexpected.printStackTrace(new PrintWriter(trace));
        noticeLines(trace.toString());
    }

    public void failure(OperationFailed failure) {
        failure(failure.id(), failure.what(), failure.where(), failure.hint());
    }

    /// A failure about which more is known than that.
    ///
    /// @param beside members of the document beside `error`
    public void failure(OperationFailed failure, Map<String, Object> beside) {
        failure(failure.id(), failure.what(), failure.where(), failure.hint(), beside);
    }

    /// Every mistake in a line of its own, as compilers tell them.
    public void failure(Misconfigured mistakes) {
        int count = mistakes.problems().size();
        if (json) {
            Map<String, Object> error = new LinkedHashMap<>();
            error.put("id", FailureId.CONFIGURATION.text());
            error.put("what", String.format(Locale.ROOT, "%d mistake%s", count, count == 1 ? "" : "s"));
            error.put("where", mistakes.file());
            error.put("hint", FailureId.CONFIGURATION.remedy());
            error.put("problems", mistakes.problems());
            document(Map.of("error", error));
        }
        mistakes.problems().forEach(problem -> notice(problem.toString()));
    }

    public void failure(FailureId id, String what, String where, @Nullable String hint) {
        failure(id, what, where, hint, Map.of());
    }

    private void failure(FailureId id, String what, String where, @Nullable String hint, Map<String, Object> beside) {
        Map<String, Object> document = new LinkedHashMap<>(beside);
        document.put("error", error(id, what, where, hint));
        document(document);
        noticeFailure(id, what, where, hint);
    }

    /// A failure as a member of a larger document.
    public static Map<String, Object> error(OperationFailed failure) {
        return error(failure.id(), failure.what(), failure.where(), failure.hint());
    }

    private static Map<String, Object> error(FailureId id, String what, String where, @Nullable String hint) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("id", id.text());
        error.put("what", what);
        error.put("where", where);
        error.put("hint", hint == null ? "" : hint);
        return error;
    }

    /// A failure that does not end the command, and so is not its document.
    public void noticeFailure(OperationFailed failure) {
        noticeFailure(failure.id(), failure.what(), failure.where(), failure.hint());
    }

    private void noticeFailure(FailureId id, String what, String where, @Nullable String hint) {
        noticeLines("sluice: %s".formatted(what));
        noticeLines("  where: %s".formatted(where));
        if (hint != null && !hint.isEmpty()) {
            noticeLines("  try:   %s".formatted(hint));
        }
        notice("  id:    %s".formatted(id));
    }
}
