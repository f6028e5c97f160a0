package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.Cancellation.Reason;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(10)
class CancellationTest {

    private final Cancellation cancellation = new Cancellation();
    private final List<String> woken = new ArrayList<>();

    @Test
    void keepsItsFirstReason() {
        assertThat(cancellation.requested()).isFalse();
        assertThat(cancellation.reason()).isEmpty();

        cancellation.cancel(Reason.KILLED);
        cancellation.cancel(Reason.SHUTDOWN);

        assertThat(cancellation.requested()).isTrue();
        assertThat(cancellation.reason()).contains(Reason.KILLED);
    }

    @Test
    void wakesEachWhoAskedOnceAndNobodyWhoLeft() {
        cancellation.onCancel(() -> woken.add("first"));
        cancellation.onCancel(() -> woken.add("left")).close();
        cancellation.onCancel(() -> {
            throw new IllegalStateException("must not keep the others from being woken");
        });
        cancellation.onCancel(() -> woken.add("last"));

        try (CapturedLog log = new CapturedLog(Cancellation.class)) {
            cancellation.cancel(Reason.ATTENTION);
            cancellation.cancel(Reason.ATTENTION);

            assertThat(log.lines()).singleElement().asString().startsWith("WARN a batch could not be woken");
        }
        assertThat(woken).containsExactly("first", "last");
    }

    @Test
    void wakesAtOnceWhoComesTooLate() {
        cancellation.cancel(Reason.ATTENTION);

        cancellation.onCancel(() -> woken.add("late"));

        assertThat(woken).containsExactly("late");
    }

    @Test
    void wakesNobodyAfterTheBatchHasEnded() {
        cancellation.onCancel(() -> woken.add("forgotten"));

        cancellation.batchEnded();
        cancellation.cancel(Reason.ATTENTION);

        assertThat(woken).isEmpty();
    }

    @Test
    void waitsUntilTheTimeIsOverOrACancelComes() throws Exception {
        assertThat(cancellation.await(Duration.ofMillis(1))).isFalse();
        try (ExecutorService other = Executors.newSingleThreadExecutor()) {
            Future<Boolean> waiting = other.submit(() -> cancellation.await(Duration.ofSeconds(9)));
            cancellation.cancel(Reason.ATTENTION);

            assertThat(waiting.get(5, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(cancellation.await(Duration.ofSeconds(9))).isTrue();
    }
}
