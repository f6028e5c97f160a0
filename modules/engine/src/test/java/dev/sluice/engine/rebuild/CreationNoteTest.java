package dev.sluice.engine.rebuild;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;

/// What objects say of their creation, and what of it is believed.
class CreationNoteTest {

    private static final String ID = "01M8KKN1RHP0XJV1FVTM7J8ECF";

    @Test
    void everyMemberIsRead() {
        CreationNote note = CreationNote.of(Map.of(
                        "sluice-backup", ID,
                        "sluice-server", "one%2Ftwo",
                        "sluice-database", "Gr%C3%B6%C3%9Fe%3B%20[x]+",
                        "sluice-type", "differential",
                        "sluice-stripe", "2/4",
                        "sluice-copy-only", "true",
                        "sluice-started", "2026-03-02T10:00:00.1234567Z"))
                .orElseThrow();

        assertThat(note)
                .isEqualTo(new CreationNote(
                        ID,
                        "one/two",
                        "Größe; [x]+",
                        BackupType.DIFFERENTIAL,
                        2,
                        4,
                        true,
                        Instant.parse("2026-03-02T10:00:00.1234567Z")));
    }

    @Test
    void whatIsNoneIsNotKnownAndWithoutAnIdThereIsNoNote() {
        CreationNote note = CreationNote.of(Map.of(
                        "sluice-backup", ID,
                        "sluice-database", "%zz",
                        "sluice-type", "sideways",
                        "sluice-stripe", "1 of 4",
                        "sluice-started", "yesterday"))
                .orElseThrow();

        assertThat(note).isEqualTo(new CreationNote(ID, "", "", null, 0, 0, null, null));
        assertThat(CreationNote.of(Map.of("sluice-backup", "../x"))).isEmpty();
        assertThat(CreationNote.of(Map.of())).isEmpty();
    }
}
