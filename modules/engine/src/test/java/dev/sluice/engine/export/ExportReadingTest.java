package dev.sluice.engine.export;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.Exports;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What is stored can be read.
@Timeout(120)
class ExportReadingTest {

    private static final Passphrase PHRASE = new Passphrase("five words are long enough".toCharArray());

    private static void check(int letters) {
        Map<String, String> files = new LinkedHashMap<>(Map.of(
                InstanceArchive.READ_ME, "", ExportOrigin.FILE, new ExportOrigin("a", "b", Instant.EPOCH, "c").text()));
        files.put("07-jobs.sql", " ".repeat(letters));
        byte[] plain = new InstanceArchive(files).zipped();
        ExportReading.requireReadable(SealedArchive.seal(plain, PHRASE, 100_000), PHRASE);
    }

    @Test
    void anExportThatNoReaderTakesIsRefusedBeforeItIsStored() {
        assertThatCode(() -> check(Exports.LARGEST - 100)).doesNotThrowAnyException();
        // Little when sealed, and too large unpacked.
        assertThatThrownBy(() -> check(Exports.LARGEST + 1))
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).isEqualTo(FailureId.EXPORT_UNREADABLE))
                .hasMessageContaining("larger than any export");
        assertThatThrownBy(() -> ExportReading.requireReadable(new byte[Exports.LARGEST + 1], PHRASE))
                .isInstanceOfSatisfying(
                        OperationFailed.class,
                        failure -> assertThat(failure.id()).isEqualTo(FailureId.EXPORT_UNREADABLE));
    }
}
