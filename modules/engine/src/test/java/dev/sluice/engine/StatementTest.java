package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.s3.catalog.BackupType;
import java.util.List;
import org.junit.jupiter.api.Test;

/// The T-SQL that is sent.
class StatementTest {

    @Test
    void aBackupSaysEveryOptionThatMatters() {
        String sql = BackupStatement.of(
                BackupRequest.full("Sales", 2), List.of("sluice-1", "sluice-1-2"), Transfer.DEFAULT, "01ID", "why");

        assertThat(sql)
                .isEqualTo("BACKUP DATABASE [Sales] TO VIRTUAL_DEVICE = N'sluice-1', VIRTUAL_DEVICE = N'sluice-1-2'"
                        + " WITH FORMAT, CHECKSUM, NO_COMPRESSION, MAXTRANSFERSIZE = 1048576, BUFFERCOUNT = 8, STATS = 1,"
                        + " NAME = N'Sluice 01ID', DESCRIPTION = N'why'");
    }

    @Test
    void namesCannotBreakOutOfTheirQuotes() {
        BackupRequest request = new BackupRequest("a]; DROP TABLE x --", BackupType.LOG, true, 1, true, false);

        String sql = BackupStatement.of(request, List.of("s"), Transfer.DEFAULT, "id", "it's");

        assertThat(sql)
                .startsWith("BACKUP LOG [a]]; DROP TABLE x --] TO")
                .contains("COPY_ONLY")
                .contains("NO_CHECKSUM")
                .contains(" COMPRESSION")
                .endsWith("DESCRIPTION = N'it''s'");
    }

    @Test
    void theFirstDeviceHasTheNameOfTheSet() {
        assertThat(BackupStatement.names("set", 3)).containsExactly("set", "set-2", "set-3");
    }

    @Test
    void theNumberInAProgressMessageIsFoundInAnyLanguage() {
        assertThat(Percent.of("7 percent processed.")).hasValue(7);
        assertThat(Percent.of("100 Prozent verarbeitet.")).hasValue(100);
        assertThat(Percent.of("processed")).isEmpty();
        assertThat(Percent.of("Processed 123456 pages")).isEmpty();
    }
}
