package dev.sluice.engine.bucket;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.OwnerDocument;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.engine.sql.LastBackups;
import java.math.BigInteger;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// What of the bucket is believed without another look, and when no more.
class ProcessStateTest {

    private static final String SALES = Keys.database("Sales");
    private static final Instant START = Instant.parse("2026-11-25T00:00:00Z");
    private static final KnownChain CHAIN = chain(200, true);

    private final AtomicLong clock = new AtomicLong(Long.MAX_VALUE - 1); // it may overflow
    private final ProcessState processState = new ProcessState(clock::get);

    private static KnownChain chain(long covered, boolean hadLogs) {
        return new KnownChain("FULL", "set", "guid", hadLogs, BigInteger.valueOf(covered));
    }

    private static CatalogKey key(BackupType type, String id, int minute, long first, long last) {
        return new CatalogKey(
                id,
                SALES,
                START.plus(Duration.ofMinutes(minute)),
                type,
                BigInteger.valueOf(first),
                BigInteger.valueOf(last),
                1,
                id);
    }

    private static final CatalogKey FULL = key(BackupType.FULL, "FULL", 0, 90, 100);
    private static final CatalogKey FIRST = key(BackupType.LOG, "L1", 1, 80, 150);
    private static final CatalogKey SECOND = key(BackupType.LOG, "L2", 2, 150, 200);

    private static LastBackups witness(String guid, @Nullable Long reached, @Nullable String base, boolean replicated) {
        return new LastBackups(
                guid,
                "fork",
                reached == null ? null : BigInteger.valueOf(reached),
                base,
                BigInteger.ONE,
                replicated,
                null);
    }

    private void pass(Duration time) {
        clock.addAndGet(time.toNanos());
    }

    @Test
    void whoOwnsTheDirectoryIsReadAgainAfterAWhile() {
        OwnerDocument owner =
                new OwnerDocument(1, "identity", START, new ServerIdentity("SQL1", null, null, List.of()));
        assertThat(processState.owner()).isEmpty();

        processState.owner(owner);

        pass(Duration.ofMinutes(90));
        assertThat(processState.owner()).contains(owner);
        pass(Duration.ofMinutes(31));
        assertThat(processState.owner()).isEmpty();
    }

    @Test
    void aChainHoldsAsLongAsSqlServerSaysNothingElse() {
        assertThat(CHAIN.agreesWith(witness("guid", 200L, "set", false), "FULL"))
                .isTrue();
        assertThat(CHAIN.agreesWith(witness("guid", 200L, null, false), "BULK_LOGGED"))
                .isTrue();
        assertThat(CHAIN.agreesWith(witness("guid", 201L, "set", false), "FULL"))
                .as("another program has backed the log up")
                .isFalse();
        assertThat(CHAIN.agreesWith(witness("guid", 200L, "other", false), "FULL"))
                .as("another program's full backup")
                .isFalse();
        assertThat(CHAIN.agreesWith(witness("other", 200L, "set", false), "FULL"))
                .as("another database")
                .isFalse();
        assertThat(CHAIN.agreesWith(witness("guid", 200L, "set", false), "SIMPLE"))
                .isFalse();
        assertThat(CHAIN.agreesWith(witness("guid", null, "set", false), "FULL"))
                .isFalse();
        assertThat(chain(0, false).agreesWith(witness("guid", null, "set", false), "SIMPLE"))
                .isTrue();
    }

    /// Others back the same log up, and say nothing here.
    @Test
    void aReplicasLogIsNotCompared() {
        assertThat(chain(0, true).agreesWith(witness("guid", 300L, "other", true), "FULL"))
                .isTrue();
        assertThat(chain(0, true).agreesWith(witness("guid", 300L, "set", false), "FULL"))
                .as("it has left the group")
                .isFalse();
    }

    @Test
    void aLogBackupMakesTheChainLongerWithoutALook() {
        processState.chain("Sales", CHAIN);
        pass(Duration.ofMinutes(90));

        processState.chainGrew("Sales", key(BackupType.LOG, "L3", 3, 200, 250));

        assertThat(processState.chain("Sales")).contains(chain(250, true));
        pass(Duration.ofMinutes(31));
        assertThat(processState.chain("Sales"))
                .as("the rest was not read again")
                .isEmpty();
    }

    @Test
    void whatDoesNotContinueTheChainEndsTheBelief() {
        for (CatalogKey other : List.of(
                key(BackupType.LOG, "L3", 3, 201, 250),
                key(BackupType.LOG, "L3", 3, 0, 250),
                key(BackupType.FULL, "F2", 3, 190, 250),
                key(BackupType.DIFFERENTIAL, "D1", 3, 190, 250))) {
            processState.chain("Sales", CHAIN);

            processState.chainGrew("Sales", other);

            assertThat(processState.chain("Sales")).as(other.toString()).isEmpty();
        }
    }

    @Test
    void aListingThatHasAllOfItConfirmsAChain() {
        processState.chain("Sales", CHAIN);
        pass(Duration.ofMinutes(90));

        processState.confirmChains(List.of(FULL, FIRST, SECOND), processState.now());

        pass(Duration.ofMinutes(90));
        assertThat(processState.chain("Sales")).contains(CHAIN);
        pass(Duration.ofMinutes(31));
        assertThat(processState.chain("Sales")).isEmpty();
    }

    @Test
    void aListingThatLacksSomethingEndsTheBelief() {
        for (List<CatalogKey> listed :
                List.of(List.<CatalogKey>of(), List.of(FIRST, SECOND), List.of(FULL, SECOND), List.of(FULL, FIRST))) {
            processState.chain("Sales", CHAIN);

            processState.confirmChains(listed, processState.now());

            assertThat(processState.chain("Sales")).as(listed.toString()).isEmpty();
        }
    }

    @Test
    void aReplicasChainIsConfirmedByItsFullBackup() {
        processState.chain("Sales", chain(0, true));

        processState.confirmChains(List.of(FULL, SECOND), processState.now());

        assertThat(processState.chain("Sales")).contains(chain(0, true));
    }
}
