package dev.sluice.s3;

import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;

class RequestPermitsTest {

    @Test
    void letAsManyWorkAtOnceAsThereAreAndTheOthersInOrder() {
        RequestPermits permits = new RequestPermits(2);
        List<Integer> started = new ArrayList<>();
        List<Sinks.Empty<Void>> work = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            int number = i;
            Sinks.Empty<Void> end = Sinks.empty();
            work.add(end);
            permits.with(end.asMono().doOnSubscribe(_ -> started.add(number))).subscribe(_ -> {}, _ -> {});
        }

        assertThat(started).containsExactly(0, 1);
        work.get(1).tryEmitEmpty();
        assertThat(started).containsExactly(0, 1, 2);
        work.get(0).tryEmitError(new IllegalStateException("failed"));
        assertThat(started).containsExactly(0, 1, 2, 3);
    }

    @Test
    void areNotLostWhenWorkIsCancelledInTheMomentOfItsTurn() throws Exception {
        RequestPermits permits = new RequestPermits(1);
        for (int round = 0; round < 5_000; round++) {
            Disposable first = permits.with(Mono.never()).subscribe();
            Disposable second = permits.with(Mono.never()).subscribe();

            Thread canceller = Thread.ofVirtual().start(second::dispose);
            first.dispose();
            canceller.join();

            assertThat(await(permits.with(Mono.just(true)))).isTrue();
        }
    }
}
