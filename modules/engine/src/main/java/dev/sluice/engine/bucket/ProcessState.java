package dev.sluice.engine.bucket;

import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.OwnerDocument;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.LongSupplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// What this process knows about backups because it was there, and what no other can find out. It is lost with
/// the process; then `recover` has to prove it.
///
/// **Threading:** any thread.
///
/// Beside that it remembers what this process has read in the bucket and would otherwise read again for each backup:
/// who has claimed the directory, and which chains of backups are unbroken. Others write to the bucket too, so this
/// holds for a limited time only. `recover`, which `serve` does every hour, reads it anew; what deletes never relies
/// on it.
public final class ProcessState {

    /// Longer than the time between two looks of `serve`.
    private static final Duration HOLDS = Duration.ofHours(2);

    private final LongSupplier clock;
    private final Map<String, Since<KnownChain>> chains = new ConcurrentHashMap<>();
    private volatile @Nullable Since<OwnerDocument> owner;
    private final Set<String> running = ConcurrentHashMap.newKeySet();
    private final Set<String> rejected = ConcurrentHashMap.newKeySet();
    private final Set<CatalogKey> complete = ConcurrentHashMap.newKeySet();

    public ProcessState() {
        this(System::nanoTime);
    }

    /// @param clock in nanoseconds, from any moment on
    public ProcessState(LongSupplier clock) {
        this.clock = clock;
    }

    /// @param at when it was read, by the clock
    private record Since<T>(T value, long at) {}

    private <T> Optional<T> current(@Nullable Since<T> read) {
        return read == null || clock.getAsLong() - read.at() > HOLDS.toNanos()
                ? Optional.empty()
                : Optional.of(read.value());
    }

    /// Who has claimed the directory; empty when it has to be read.
    Optional<OwnerDocument> owner() {
        return current(owner);
    }

    /// Who has claimed it, as it was just read.
    void owner(OwnerDocument read) {
        owner = new Since<>(read, clock.getAsLong());
    }

    void forgetOwner() {
        owner = null;
    }

    /// The database's chain of backups, if it is known to be unbroken.
    public Optional<KnownChain> chain(String database) {
        return current(chains.get(database));
    }

    /// It was just compared with the bucket, and is unbroken.
    public void chain(String database, KnownChain unbroken) {
        chains.put(database, new Since<>(unbroken, clock.getAsLong()));
    }

    /// This process has added a backup to the bucket. How long the rest holds, that does not change.
    public void chainGrew(String database, CatalogKey added) {
        chains.computeIfPresent(database, (_, since) -> {
            KnownChain longer = since.value().with(added);
            return longer == null ? null : new Since<>(longer, since.at());
        });
    }

    public void forgetChain(String database) {
        chains.remove(database);
    }

    /// The bucket was listed: what it still has holds anew, and what it has not is forgotten.
    ///
    /// @param entries all of the server's, those of a database the earliest first
    /// @param listed  when the listing began, by [#now()]
    public void confirmChains(Collection<CatalogKey> entries, long listed) {
        Map<String, List<CatalogKey>> all = entries.stream().collect(Collectors.groupingBy(CatalogKey::database));
        chains.forEach((database, since) -> {
            // One that went on meanwhile is neither: it was not compared with this listing.
            if (since.value().isIn(all.getOrDefault(Keys.database(database), List.of()))) {
                chains.replace(database, since, new Since<>(since.value(), later(since.at(), listed)));
            } else {
                chains.remove(database, since);
            }
        });
    }

    /// By a clock that may overflow.
    private static long later(long one, long other) {
        return one - other > 0 ? one : other;
    }

    /// By the clock that it goes by.
    public long now() {
        return clock.getAsLong();
    }

    public void began(String backupId) {
        running.add(backupId);
    }

    public void ended(String backupId) {
        running.remove(backupId);
    }

    /// Whether a run of this process is at work on it, also when it has lost the session with its lock.
    public boolean isRunning(String backupId) {
        return running.contains(backupId);
    }

    /// It came to nothing, for certain, and could not be removed: the bucket or SQL Server did not answer.
    public void rejected(String backupId) {
        rejected.add(backupId);
    }

    public boolean isRejected(String backupId) {
        return rejected.contains(backupId);
    }

    public void removed(String backupId) {
        rejected.remove(backupId);
    }

    /// The entry was read, and has msdb's word.
    public void complete(CatalogKey entry) {
        complete.add(entry);
    }

    public boolean isComplete(CatalogKey entry) {
        return complete.contains(entry);
    }

    /// Forgets all other entries: they are gone from the bucket.
    public void retain(Collection<CatalogKey> entries) {
        complete.retainAll(Set.copyOf(entries));
    }
}
