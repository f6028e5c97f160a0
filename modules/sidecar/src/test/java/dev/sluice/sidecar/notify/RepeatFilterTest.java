package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class RepeatFilterTest {

    private static final Instant NOON = Instant.parse("2026-03-01T12:00:00Z");
    private static final RepeatFilter.Subject LOG = new RepeatFilter.Subject("Sales", "log");

    private final RepeatFilter filter = new RepeatFilter();

    @Test
    void aTroubleThatLastsIsNewsOnceADay() {
        assertThat(filter.isNews(LOG, "store-failed", NOON)).isTrue();
        assertThat(filter.isNews(LOG, "store-failed", NOON.plus(Duration.ofHours(23))))
                .isFalse();
        assertThat(filter.isNews(LOG, "store-failed", NOON.plus(Duration.ofHours(24))))
                .isTrue();
        assertThat(filter.isNews(LOG, "store-failed", NOON.plus(Duration.ofHours(25))))
                .isFalse();
    }

    @Test
    void anotherTroubleIsNews() {
        filter.isNews(LOG, "store-failed", NOON);

        assertThat(filter.isNews(LOG, "stalled", NOON)).isTrue();
        assertThat(filter.isNews(new RepeatFilter.Subject("Sales", "full"), "stalled", NOON))
                .isTrue();
        assertThat(filter.isNews(new RepeatFilter.Subject("Stock", "log"), "stalled", NOON))
                .isTrue();
    }

    @Test
    void theEndOfATroubleIsNewsOnce() {
        assertThat(filter.isWellAgain(LOG)).isFalse();
        filter.isNews(LOG, "store-failed", NOON);

        assertThat(filter.isWellAgain(LOG)).isTrue();
        assertThat(filter.isWellAgain(LOG)).isFalse();
        assertThat(filter.isNews(LOG, "store-failed", NOON)).isTrue();
    }

    @Test
    void aTroubleThatWasNotToldIsNewsAgain() {
        filter.isNews(LOG, "store-failed", NOON);
        filter.forget(LOG);

        assertThat(filter.isNews(LOG, "store-failed", NOON)).isTrue();
    }
}
