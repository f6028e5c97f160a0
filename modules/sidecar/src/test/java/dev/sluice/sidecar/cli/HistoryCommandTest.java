package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.sidecar.history.HistoryQuery;
import dev.sluice.sidecar.history.JobType;
import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

/// How `sluice history` understands its options.
class HistoryCommandTest {

    private static final Instant NOON = Instant.parse("2026-03-10T12:00:00Z");

    private static HistoryQuery query(String... arguments) {
        HistoryCommand command = new HistoryCommand(new Shutdown());
        new CommandLine(command).setCaseInsensitiveEnumValuesAllowed(true).parseArgs(arguments);
        return command.query(NOON);
    }

    @Test
    void withoutOptionsItIsEverythingOfTheLastSevenDays() {
        HistoryQuery query = query();

        assertThat(query.since()).isEqualTo(NOON.minus(Duration.ofDays(7)));
        assertThat(query.until()).isAfter(NOON);
        assertThat(query.types()).containsExactlyInAnyOrder(JobType.values());
        assertThat(query.databases().test("anything")).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "36h, 2026-03-09T00:00:00Z",
        "1d12h, 2026-03-09T00:00:00Z",
        "2026-03-09, 2026-03-09T00:00:00Z",
        "2026-03-09T01:00:00+01:00, 2026-03-09T00:00:00Z"
    })
    void aTimeAgoAnInstantAndADateSayTheSame(String since, Instant instant) {
        assertThat(query("--since", since).since()).isEqualTo(instant);
    }

    @Test
    void aDateForTheEndIncludesThatDay() {
        assertThat(query("--until", "2026-03-08").until()).isEqualTo(Instant.parse("2026-03-09T00:00:00Z"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"yesterday", "2026-13-01", "7", "-7d", "99999999999999999999d", "7w", ""})
    void whatIsNoTimeIsRefused(String since) {
        assertThatThrownBy(() -> query("--since=" + since)).isInstanceOf(UsageError.class);
    }

    @Test
    void theEndComesBehindTheBeginningAndALimitHasBounds() {
        assertThatThrownBy(() -> query("--since", "1d", "--until", "2d")).isInstanceOf(UsageError.class);
        assertThatThrownBy(() -> query("--limit", "0")).isInstanceOf(UsageError.class);
        assertThatThrownBy(() -> query("--limit", "100001")).isInstanceOf(UsageError.class);
    }

    @Test
    void patternsAndTypesNarrowItDown() {
        HistoryQuery query = query("Sales*", "!SalesStaging", "--type", "full,DRILL", "--failed");

        assertThat(query.databases().test("sales_eu")).isTrue();
        assertThat(query.databases().test("SalesStaging")).isFalse();
        assertThat(query.types()).containsExactlyInAnyOrder(JobType.FULL, JobType.DRILL);
        assertThat(query.failed()).isTrue();
    }
}
