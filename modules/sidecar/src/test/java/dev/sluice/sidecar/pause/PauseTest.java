package dev.sluice.sidecar.pause;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.PauseDocument;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/// Whose work a pause is about, and when it may end.
class PauseTest {

    private static final Instant NOW = Instant.parse("2026-11-30T10:00:00Z");

    private static Pause pause(Scope scope, Work... types) {
        return Pause.of(new PauseDocument(
                "1.0", "01J0000000000000000000000A", "test", scope, Set.of(types), NOW, NOW.plusSeconds(60), null));
    }

    private static Scope databases(String... patterns) {
        return new Scope.Databases(List.of(patterns));
    }

    @ParameterizedTest
    @CsvSource({
        "Sales, nightly, LOG, true, true, true",
        "sales2, nightly, LOG, true, true, true",
        "SalesStaging, nightly, LOG, false, true, true",
        "Other, hourly, LOG, false, false, true",
        "Other, , LOG, false, false, true",
        "Sales, nightly, DRILL, false, false, false",
    })
    void aPauseIsAboutItsDatabasesItsPolicyOrAll(
            String database, @Nullable String policy, Work work, boolean byName, boolean byPolicy, boolean byAll) {
        assertThat(pause(databases("Sales*", "!SalesStaging"), Work.LOG).covers(database, policy, work))
                .isEqualTo(byName);
        assertThat(pause(new Scope.Policy("nightly"), Work.LOG).covers(database, policy, work))
                .isEqualTo(byPolicy);
        assertThat(pause(new Scope.Everything(), Work.LOG).covers(database, policy, work))
                .isEqualTo(byAll);
        assertThat(pause(new Scope.Everything()).covers(database, policy, work))
                .as("without types it is about everything")
                .isTrue();
    }

    @Test
    void whatWasPausedIsFoundByWhatWasSaid() {
        assertThat(pause(databases("Sales", "Other")).isAbout(databases("OTHER", "sales")))
                .isTrue();
        assertThat(pause(databases("*", "!a", "a1")).isAbout(databases("a1", "*", "!a")))
                .as("the last pattern that matches decides")
                .isFalse();
        assertThat(pause(databases("Sales")).isAbout(databases("Sales*"))).isFalse();
        assertThat(pause(databases("Sales")).isAbout(new Scope.Everything())).isFalse();
        assertThat(pause(new Scope.Everything()).isAbout(new Scope.Everything()))
                .isTrue();
        assertThat(pause(new Scope.Policy("a")).isAbout(new Scope.Policy("b"))).isFalse();
    }

    @Test
    void patternsThatTakeNothingAreNoPause() {
        assertThatThrownBy(() -> pause(databases("!Sales"))).hasMessageContaining("take no database");
        assertThatThrownBy(() -> pause(databases(" "))).hasMessageContaining("no pattern");
    }

    @Test
    void aPauseLastsAtMostThirtyDays() {
        assertThat(Pause.endAfter("30d", NOW)).isEqualTo(Instant.parse("2026-12-30T10:00:00Z"));
        assertThat(Pause.endAfter("1h30m", NOW)).isEqualTo(Instant.parse("2026-11-30T11:30:00Z"));
        assertThat(Pause.checkedEnd(NOW.plusSeconds(1), NOW)).isEqualTo(NOW.plusSeconds(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"31d", "0s", "2", "forever", "99999999999d"})
    void whatHasNoNearEndIsNoPause(String duration) {
        assertThatThrownBy(() -> Pause.endAfter(duration, NOW)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void whatIsPastIsNoEnd() {
        assertThatThrownBy(() -> Pause.checkedEnd(NOW, NOW)).hasMessageContaining("would have ended");
        assertThatThrownBy(() -> Pause.checkedEnd(Instant.MAX, NOW)).hasMessageContaining("at most 30 days");
    }
}
