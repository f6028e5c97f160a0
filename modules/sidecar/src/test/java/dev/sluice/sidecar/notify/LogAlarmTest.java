package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.sql.LogSpace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogAlarmTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");

    private final RepeatFilter repeats = new RepeatFilter();
    private final LogAlarm alarm = new LogAlarm(90, repeats);
    private Instant now = NOON;

    /// One look, a minute later.
    private List<String> look(int... percents) {
        now = now.plus(Duration.ofMinutes(1));
        List<LogSpace.Usage> usages = new ArrayList<>();
        for (int i = 0; i < percents.length; i++) {
            usages.add(new LogSpace.Usage("db" + i, percents[i], "LOG_BACKUP"));
        }
        return alarm.seen(usages, now).stream()
                .map(news -> news.usage().database() + (news.full() ? " full" : " has room"))
                .toList();
    }

    @Test
    void aLogIsFullAtItsBoundInTwoLooksInARow() {
        assertThat(look(89, 95)).isEmpty();
        assertThat(look(90, 10)).isEmpty();
        assertThat(look(90, 95)).containsExactly("db0 full");
        assertThat(look(10, 10)).containsExactly("db0 has room");
    }

    @Test
    void aLogThatStaysAboutItsBoundIsToldOnce() {
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
        for (int percent : List.of(95, 89, 95, 81, 96, 99)) {
            assertThat(look(percent)).isEmpty();
        }
        assertThat(look(80)).containsExactly("db0 has room");
        assertThat(look(70)).isEmpty();
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
    }

    @Test
    void aLogThatStaysFullIsToldAgainAfterADayAndAfterALoss() {
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
        repeats.forget(LogAlarm.subject("db0"));
        assertThat(look(95)).as("the receiver was not told").containsExactly("db0 full");
        now = now.plus(RepeatFilter.AGAIN);
        assertThat(look(95)).containsExactly("db0 full");
    }

    @Test
    void aLogThatWasNotLookedAtInBetweenBeginsAnew() {
        look(95);
        assertThat(look()).isEmpty();
        assertThat(look(95)).isEmpty();
    }
}
