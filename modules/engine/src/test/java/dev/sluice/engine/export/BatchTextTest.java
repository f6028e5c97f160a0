package dev.sluice.engine.export;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// Scripts mean to their clients what they mean to SQL Server.
class BatchTextTest {

    @Test
    void aPlainTextIsALiteral() {
        assertThat(new BatchText().text("it's [odd]")).isEqualTo("N'it''s [odd]'");
    }

    @Test
    void whatAClientWouldActOnIsPutTogether() {
        BatchText batch = new BatchText();

        String name = batch.text("SELECT 1\r\nGO\r\nPRINT '$(ESCAPE_SQUOTE(JOBID))'");
        String built = batch.line("EXEC x @command = %s;".formatted(name)).build();

        assertThat(built)
                .isEqualTo(
                        "DECLARE @text1 nvarchar(max) = CAST(N'' AS nvarchar(max)) + N'SELECT 1' + NCHAR(13) + NCHAR(10)"
                                + " + N'GO' + NCHAR(13) + NCHAR(10) + N'PRINT ''$' + N'(ESCAPE_SQUOTE(JOBID))''';\n"
                                + "EXEC x @command = @text1;");
        assertThat(built.lines()).doesNotContain("GO");
        assertThat(built).doesNotContain("$(");
    }

    @Test
    void aLongTextIsPiecesThatSqlServerDoesNotCutOff() {
        BatchText batch = new BatchText();
        batch.text("x".repeat(9_000));
        assertThat(Pattern.compile(" \\+ ").matcher(batch.build()).results()).hasSize(5);
    }

    @Test
    void aFileIsReadAsItWasWritten() {
        ExportFile file = new ExportFile("01-x.sql", "About.", List.of("SELECT 1;", "SELECT 2;\nSELECT 3;"));

        assertThat(ExportFile.batches(file.text())).containsExactly("-- About.\nSELECT 1;\n", "SELECT 2;\nSELECT 3;\n");
        assertThat(ExportFile.batches(new ExportFile("01-x.sql", "About.", List.of()).text()))
                .isEmpty();
    }
}
