package dev.sluice.sidecar.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.run.FailureId;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.json.JsonMapper;

/// Names of other people's in what is printed and logged: shown, not obeyed, and exact in JSON.
class OutputTest {

    private static final String NAME = "Sa\nles\r\u001b[2J\u009b\u2028\u202e\u007f";
    private static final String SHOWN = "Sa\\u000ales\\u000d\\u001b[2J\\u009b\\u2028\\u202e\\u007f";

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private Output output(boolean json) {
        return new Output(new PrintWriter(out), new PrintWriter(err), json);
    }

    @Test
    void aNameTakesNoLineOfItsOwn() {
        Output output = output(false);

        output.tell("database " + NAME);
        output.tellLines("a\nb\u001b");
        output.notice("sluice: " + NAME);

        assertThat(out.toString().lines()).containsExactly("database " + SHOWN, "a", "b\\u001b");
        assertThat(err.toString().lines()).containsExactly("sluice: " + SHOWN);
    }

    /// SQL Server's errors have lines of their own; none of them can pass for the hint, or for another error.
    @Test
    void linesOfAnErrorAreIndented() {
        output(false).failure(FailureId.NO_SUCH_DATABASE, "Msg 1\nMsg 2\n  try:   rm -rf /\u001b", "here", "that");

        assertThat(err.toString().lines())
                .containsExactly(
                        "sluice: Msg 1",
                        "         Msg 2",
                        "           try:   rm -rf /\\u001b",
                        "  where: here",
                        "  try:   that",
                        "  id:    no-such-database");
    }

    @Test
    void jsonSaysExactlyWhatTheNameIsAndHoldsNoneOfIt() {
        Output output = output(true);

        output.document(Map.of("name", NAME));
        String document = out.toString();
        out.getBuffer().setLength(0);
        output.documentLine(Map.of("name", NAME));

        for (String text : List.of(document, out.toString())) {
            assertThat(text).doesNotContain("\u001b", "\u009b", "\u2028", "\u202e", "\u007f");
            assertThat(JsonMapper.shared().readTree(text).get("name").asString())
                    .isEqualTo(NAME);
        }
        assertThat(out.toString().lines()).hasSize(1);
    }
}
