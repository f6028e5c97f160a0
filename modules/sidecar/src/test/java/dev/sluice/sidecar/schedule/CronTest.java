package dev.sluice.sidecar.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CronTest {

    private static final ZoneId BERLIN = ZoneId.of("Europe/Berlin");

    private static List<String> next(String table, String after, ZoneId zone, int count) {
        Cron cron = Cron.parse(table);
        Instant time = LocalDateTime.parse(after).atZone(zone).toInstant();
        List<String> times = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            time = cron.next(time, zone).orElseThrow();
            times.add(ZonedDateTime.ofInstant(time, zone).toOffsetDateTime().toString());
        }
        return times;
    }

    private static String next(String table, String after) {
        return next(table, after, ZoneId.of("UTC"), 1).getFirst().replace("Z", "");
    }

    // 2026-01-01 is a Thursday.
    @ParameterizedTest
    @CsvSource({
        "* * * * *, 2026-01-01T00:00, 2026-01-01T00:01",
        "*/5 * * * *, 2026-01-01T00:00, 2026-01-01T00:05",
        "*/5 * * * *, 2026-01-01T23:58, 2026-01-02T00:00",
        "7/20 * * * *, 2026-01-01T00:07, 2026-01-01T00:27",
        "'0-30/15,45 * * * *', 2026-01-01T00:31, 2026-01-01T00:45",
        "0 1 * * SUN, 2026-01-01T00:00, 2026-01-04T01:00",
        "0 1 * * 0, 2026-01-01T00:00, 2026-01-04T01:00",
        "0 1 * * 7, 2026-01-01T00:00, 2026-01-04T01:00",
        "0 1 * * mon-sat, 2026-01-03T02:00, 2026-01-05T01:00",
        "0 1 * * 5-7, 2026-01-01T00:00, 2026-01-02T01:00",
        "0 0 1 * *, 2026-01-01T00:00, 2026-02-01T00:00",
        "0 0 31 * *, 2026-01-31T00:00, 2026-03-31T00:00",
        "0 0 29 2 *, 2026-01-01T00:00, 2028-02-29T00:00",
        "'0 0 * JAN,jul *', 2026-01-31T00:00, 2026-07-01T00:00",
        "0 0 13 * FRI, 2026-01-03T00:00, 2026-01-09T00:00"
    })
    void theTableNamesTheNextTime(String table, String after, String expected) {
        assertThat(next(table, after)).isEqualTo(expected);
    }

    @Test
    void aTimeThatDoesNotExistRunsAtTheFirstThatDoes() {
        assertThat(next("30 2 * * *", "2026-03-28T12:00", BERLIN, 2))
                .containsExactly("2026-03-29T03:00+02:00", "2026-03-30T02:30+02:00");
    }

    @Test
    void severalTimesThatDoNotExistRunOnce() {
        assertThat(next("0,20,40 2 * * *", "2026-03-28T12:00", BERLIN, 2))
                .containsExactly("2026-03-29T03:00+02:00", "2026-03-30T02:00+02:00");
    }

    @Test
    void aTimeThatExistsTwiceRunsOnceTheFirstTime() {
        assertThat(next("30 2 * * *", "2026-10-24T12:00", BERLIN, 2))
                .containsExactly("2026-10-25T02:30+02:00", "2026-10-26T02:30+01:00");
    }

    @Test
    void anIntervalGoesOnThroughBothChanges() {
        assertThat(next("*/30 * * * *", "2026-10-25T01:30", BERLIN, 6))
                .containsExactly(
                        "2026-10-25T02:00+02:00",
                        "2026-10-25T02:30+02:00",
                        "2026-10-25T02:00+01:00",
                        "2026-10-25T02:30+01:00",
                        "2026-10-25T03:00+01:00",
                        "2026-10-25T03:30+01:00");
        assertThat(next("*/30 * * * *", "2026-03-29T01:00", BERLIN, 3))
                .containsExactly("2026-03-29T01:30+01:00", "2026-03-29T03:00+02:00", "2026-03-29T03:30+02:00");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "* * * *",
                "* * * * * *",
                "60 * * * *",
                "* 24 * * *",
                "* * 0 * *",
                "* * * 13 *",
                "* * * * 8",
                "*/0 * * * *",
                "5-1 * * * *",
                "1,,2 * * * *",
                "a * * * *",
                "1/2/3 * * * *",
                "1-2-3 * * * *",
                "-1 * * * *",
                "0 0 31 2 *",
                "@daily"
            })
    void whatIsNoTableIsRefused(String text) {
        assertThatThrownBy(() -> Cron.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void patternsTakeAndTakeAway() {
        List<DatabasePattern> patterns = List.of(
                DatabasePattern.parse("Sales*"), DatabasePattern.parse("!SalesStaging"), DatabasePattern.parse("db?"));

        assertThat(DatabasePattern.matches(patterns, "Sales")).isTrue();
        assertThat(DatabasePattern.matches(patterns, "salesArchive")).isTrue();
        assertThat(DatabasePattern.matches(patterns, "SalesStaging")).isFalse();
        assertThat(DatabasePattern.matches(patterns, "db1")).isTrue();
        assertThat(DatabasePattern.matches(patterns, "db12")).isFalse();
        assertThat(DatabasePattern.matches(patterns, "a.b")).isFalse();
    }
}
