package dev.sluice.engine.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;

/// Data backups leave a log backup its room, and pass in order.
class LogBackupReserveTest {

    private static final long MIB = 1 << 20;

    /// 5 MiB for the shortest part and 1 MiB for a transfer are a log backup's.
    private final LogBackupReserve gate = new LogBackupReserve(30 * MIB, 6 * MIB);

    private CompletableFuture<LogBackupReserve.Place> enter(long mebibytes) {
        return gate.enter(mebibytes * MIB).toFuture();
    }

    @Test
    void oneLogBackupsRoomIsNeverGiven() {
        assertThat(enter(12)).isCompleted();
        assertThat(enter(12)).isCompleted();
        assertThat(enter(6)).isNotDone();
    }

    @Test
    void whoWaitsPassesInOrderWhenThereIsRoom() {
        LogBackupReserve.Place first = enter(20).join();
        CompletableFuture<LogBackupReserve.Place> large = enter(20);
        CompletableFuture<LogBackupReserve.Place> small = enter(2);

        assertThat(small).as("behind the large one").isNotDone();
        first.close();

        assertThat(large).isCompleted();
        assertThat(small).isCompleted();
    }

    @Test
    void whoIsTooLargeRunsAlone() {
        LogBackupReserve.Place first = enter(1).join();
        CompletableFuture<LogBackupReserve.Place> large = enter(30);
        assertThat(large).isNotDone();

        first.close();

        assertThat(large).isCompleted();
        assertThat(enter(1)).isNotDone();
    }

    @Test
    void whoGivesUpHoldsNobodyBack() {
        LogBackupReserve.Place first = enter(20).join();
        CompletableFuture<LogBackupReserve.Place> given = enter(20);
        CompletableFuture<LogBackupReserve.Place> next = enter(4);

        given.cancel(true);

        assertThat(next).isCompleted();
        assertThat(enter(1)).as("all is given").isNotDone();
        first.close();
        first.close();
        assertThat(enter(20)).as("closing twice gives back once").isNotDone();
    }

    @Test
    void aCancelInTheMomentOfTheHandoverReturnsThePlace() throws Exception {
        for (int round = 0; round < 5_000; round++) {
            LogBackupReserve.Place first = enter(20).join();
            Disposable second = Mono.usingWhen(
                            gate.enter(20 * MIB), _ -> Mono.never(), place -> Mono.fromRunnable(place::close))
                    .subscribe();

            Thread canceller = Thread.ofVirtual().start(second::dispose);
            first.close();
            canceller.join();

            CompletableFuture<LogBackupReserve.Place> all = enter(24);
            assertThat(all).as("round %s", round).isCompleted();
            all.join().close();
        }
    }
}
