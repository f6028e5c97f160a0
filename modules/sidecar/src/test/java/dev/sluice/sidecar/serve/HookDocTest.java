package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/// Holds the table of `docs/hooks.md` against the document that programs get.
class HookDocTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("sluice.root", "../.."), "docs", "hooks.md");

    @Test
    void everyMemberIsExplained() throws Exception {
        String document = Files.readString(DOCUMENT);
        String section = document.substring(document.indexOf("\n## The document\n"));

        assertThat(Arrays.stream(HookDocument.class.getRecordComponents()).map(RecordComponent::getName))
                .allSatisfy(member -> assertThat(section).contains("`" + member + "`"));
        assertThat(section).contains("| `version` | " + HookDocument.VERSION + " |");
    }
}
