package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.sql.LogSpace;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class LogAlarmTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final int SIZE = 1000;

    private final LogAlarm alarm = new LogAlarm(90);
    private Instant now = NOON;

    /// One look, a minute later, at logs of one size; their news arrives.
    private List<String> look(int... percents) {
        return lookWithoutAnEnd(percents).stream()
                .peek(news -> settle(news, true))
                .map(LogAlarmTest::text)
                .toList();
    }

    private List<LogAlarm.News> lookWithoutAnEnd(int... percents) {
        List<LogSpace.Usage> usages = new ArrayList<>();
        for (int i = 0; i < percents.length; i++) {
            usages.add(usage("db" + i, percents[i], SIZE));
        }
        return look(usages);
    }

    private List<LogAlarm.News> look(List<LogSpace.Usage> usages) {
        now = now.plus(Duration.ofMinutes(1));
        return alarm.seen(usages, now);
    }

    private static LogSpace.Usage usage(String database, int percent, int size) {
        return new LogSpace.Usage(database, percent, (long) size * percent / 100, size, "LOG_BACKUP");
    }

    private void settle(LogAlarm.News news, boolean delivered) {
        alarm.settled(news.usage().database(), news.full(), delivered);
    }

    private static String text(LogAlarm.News news) {
        return news.usage().database() + (news.full() ? " full" : " has room");
    }

    /// The looks, as long as there is no news.
    private int looksUntil(String news, int percent) {
        for (int looks = 1; looks < 2_000; looks++) {
            List<String> heard = look(percent);
            if (!heard.isEmpty()) {
                assertThat(heard).containsExactly(news);
                return looks;
            }
        }
        return -1;
    }

    @Test
    void aLogIsFullAtItsBoundInTwoLooksInARowAndHasRoomAfterFive() {
        assertThat(look(89, 95)).isEmpty();
        assertThat(look(90, 10)).isEmpty();
        assertThat(look(90, 95)).containsExactly("db0 full");
        assertThat(looksUntil("db0 has room", 80)).isEqualTo(5);
    }

    @Test
    void aLogThatSwingsAboutItsBoundIsToldOnce() {
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
        for (int percent : List.of(95, 89, 95, 81, 96, 99, 10, 10, 10, 10, 95, 10, 10, 10, 10, 95)) {
            assertThat(look(percent)).isEmpty();
        }
    }

    @Test
    void aLogThatFillsAgainAfterItsEndIsToldAnHourLater() {
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
        assertThat(looksUntil("db0 has room", 10)).isEqualTo(5);

        assertThat(looksUntil("db0 full", 95)).isEqualTo(60);
    }

    @Test
    void aFileThatGrowsGivesNoRoom() {
        look(95);
        assertThat(look(95)).containsExactly("db0 full");

        for (int looks = 0; looks < 20; looks++) {
            assertThat(look(List.of(usage("db0", 70, SIZE * (2 + looks))))).isEmpty();
        }
        List<LogAlarm.News> drained = new ArrayList<>();
        for (int looks = 0; looks < 5; looks++) {
            drained.addAll(look(List.of(usage("db0", 10, SIZE * 21))));
        }
        assertThat(drained).extracting(LogAlarmTest::text).containsExactly("db0 has room");
    }

    @Test
    void aLogThatStaysFullIsToldAgainAfterADay() {
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
        assertThat(looksUntil("db0 full", 95)).isEqualTo(Duration.ofDays(1).toMinutes());
    }

    @Test
    void whatWasLostIsToldAgainEverMoreSeldom() {
        look(95);
        List<Integer> looks = new ArrayList<>();
        for (int losses = 0; losses < 7; losses++) {
            int waited = 1;
            List<LogAlarm.News> news = lookWithoutAnEnd(95);
            while (news.isEmpty()) {
                waited++;
                news = lookWithoutAnEnd(95);
            }
            looks.add(waited);
            settle(news.getFirst(), false);
        }
        // The wait begins with the look after the loss.
        assertThat(looks).containsExactly(1, 6, 11, 21, 41, 61, 61);

        assertThat(looksUntil("db0 full", 95)).isEqualTo(61);
    }

    @Test
    void anEndThatWasLostIsToldAgain() {
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
        List<LogAlarm.News> end = List.of();
        while (end.isEmpty()) {
            end = lookWithoutAnEnd(10);
        }
        settle(end.getFirst(), false);

        assertThat(looksUntil("db0 has room", 10)).isEqualTo(6);
        assertThat(looksUntil("", 10)).as("and once").isEqualTo(-1);
    }

    @Test
    void aDatabaseHasOneNotificationUnderWay() {
        lookWithoutAnEnd(95);
        LogAlarm.News full = lookWithoutAnEnd(95).getFirst();
        for (int looks = 0; looks < 10; looks++) {
            assertThat(lookWithoutAnEnd(10)).isEmpty();
        }

        settle(full, true);

        assertThat(look(10)).containsExactly("db0 has room");
    }

    @Test
    void logsThatFillAtOnceAreToldOneLookAfterTheOther() {
        int[] all = IntStream.range(0, 100).map(_ -> 95).toArray();
        lookWithoutAnEnd(all);
        List<LogAlarm.News> first = lookWithoutAnEnd(all);
        assertThat(first).hasSize(64);
        assertThat(lookWithoutAnEnd(all)).isEmpty();

        first.forEach(news -> settle(news, true));

        assertThat(lookWithoutAnEnd(all)).hasSize(36);
    }

    @Test
    void aLogThatWasNotLookedAtInBetweenBeginsAnew() {
        look(95);
        assertThat(look()).isEmpty();
        assertThat(look(95)).isEmpty();
        now = now.plus(Duration.ofMinutes(15));
        assertThat(look(95)).isEmpty();
        assertThat(look(95)).containsExactly("db0 full");
    }

    @Test
    void aDatabaseThatIsGoneIsForgotten() {
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
        for (int looks = 0; looks < 4; looks++) {
            look();
        }
        assertThat(look(95)).isEmpty();
        assertThat(look(95)).as("it was away for a moment").isEmpty();

        for (int looks = 0; looks < 5; looks++) {
            look();
        }
        look(95);
        assertThat(look(95)).containsExactly("db0 full");
    }
}
