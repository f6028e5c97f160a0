package dev.sluice.catalog;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What a document carries on for other programs.
class BackupDetailsTest {

    @Test
    void otherFactsKeepTheirOrderSoThatADocumentIsWrittenAgainTheSame() {
        Map<String, Object> read = new LinkedHashMap<>();
        for (int i = 20; i > 0; i--) {
            read.put("fact-" + i, i);
        }

        BackupDetails details =
                new BackupDetails(null, null, null, null, List.of(), SetFacts.NONE, List.of(), null, read);

        assertThat(details.withHistory(null).others().keySet()).containsExactlyElementsOf(read.keySet());
    }
}
