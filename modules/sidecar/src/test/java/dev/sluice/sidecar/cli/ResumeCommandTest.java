package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.PauseDocument;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.sidecar.pause.Pause;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// Which pauses `resume` ends.
class ResumeCommandTest {

    private static final Instant LONG_AGO = Instant.parse("2020-01-01T10:00:00Z");
    private static final Pause SALES = pause("01JXA3000000000000000000AA", "Sales");
    private static final Pause OTHER = pause("01JXA3000000000000000000AB", "Other");
    private static final Pause LATER = pause("01JXB4000000000000000000AC", "Sales");
    private static final List<Pause> THERE = List.of(SALES, OTHER, LATER);

    private static Pause pause(String id, String database) {
        return Pause.of(new PauseDocument(
                "1.0",
                id,
                "test",
                new Scope.Databases(List.of(database)),
                Set.of(),
                LONG_AGO,
                LONG_AGO.plusSeconds(60),
                null));
    }

    private static List<Pause> ending(String... names) {
        return ResumeCommand.ending(THERE, List.of(names), new Scope.Databases(List.of(names)));
    }

    @Test
    void aPauseIsNamedByItsIdByItsBeginningOrByWhatWasPaused() {
        assertThat(ending(SALES.id())).containsExactly(SALES);
        assertThat(ending("01JXB4")).containsExactly(LATER);
        assertThat(ending(SALES.id(), "01JXB4")).containsExactly(SALES, LATER);
        assertThat(ending("sales")).containsExactly(SALES, LATER);
        assertThat(ending("01JXC5")).isEmpty();
    }

    @Test
    void aBeginningThatSeveralIdsHaveIsRefused() {
        assertThatThrownBy(() -> ending("01JXA3"))
                .isInstanceOf(UsageError.class)
                .hasMessageContainingAll(SALES.id(), OTHER.id());
        assertThatThrownBy(() -> ending("01JXA3", "01JXB4")).isInstanceOf(UsageError.class);
    }

    @Test
    void idsAndDatabasesAreNotMixed() {
        assertThatThrownBy(() -> ending("01JXB4", "Sales"))
                .isInstanceOf(UsageError.class)
                .hasMessageContaining("'Sales'");
    }

    @Test
    void aDatabaseWhoseNameBeginsAnIdIsNotGuessed() {
        Pause named = pause("01JXC5000000000000000000AD", "01JXB4");

        assertThatThrownBy(() -> ResumeCommand.ending(
                        List.of(LATER, named), List.of("01JXB4"), new Scope.Databases(List.of("01JXB4"))))
                .isInstanceOf(UsageError.class)
                .hasMessageContaining("are paused");
    }
}
