package dev.sluice.sidecar.history;

import dev.sluice.catalog.Keys;
import dev.sluice.catalog.Ulid;
import dev.sluice.s3.S3Store;
import java.time.Clock;

/// The history of this process's jobs: takes each job that is over, stores it, and reads it again with those of
/// other processes.
///
/// **Ownership:** owns a thread, not the store. [#close()] stores what is left, within a few seconds.
///
/// **Threading:** any thread. [#add] never waits for the bucket.
public final class History implements AutoCloseable {

    /// Objects of two weeks of 300 databases.
    private static final long CACHEABLE = 8L << 20;

    private final HistoryJournal journal;
    private final HistoryWriter writer;
    private final HistoryReader reader;

    private History(HistoryJournal journal, HistoryWriter writer, HistoryReader reader) {
        this.journal = journal;
        this.writer = writer;
        this.reader = reader;
    }

    /// @param version of this program
    /// @param server  the configured identity
    /// @param days    how long history is kept; 0 for no history
    public static History start(S3Store store, Keys keys, String version, String server, int days) {
        return start(store, keys, version, server, days, HistoryJournal.Limits.DEFAULT, HistoryWriter.Pace.DEFAULT);
    }

    static History start(
            S3Store store,
            Keys keys,
            String version,
            String server,
            int days,
            HistoryJournal.Limits limits,
            HistoryWriter.Pace pace) {
        HistoryJournal journal = new HistoryJournal(limits, new Ulid(Clock.systemUTC())::next);
        HistoryWriter writer = new HistoryWriter(store, keys, version, server, journal, days, pace);
        writer.start();
        return new History(journal, writer, new HistoryReader(store, keys, journal, CACHEABLE));
    }

    /// A job is over.
    public void add(HistoryEntry entry) {
        if (writer.days() > 0) {
            writer.changed(journal.add(entry));
        }
    }

    /// From now on so many days are kept; 0 for no history.
    public void keep(int days) {
        writer.days(days);
    }

    public HistoryReader reader() {
        return reader;
    }

    /// Attempts to store history, or to remove old history, that came to nothing, since the start.
    public long failures() {
        return writer.failures();
    }

    /// Jobs that found no room in the journal, since the start.
    public long dropped() {
        return journal.dropped();
    }

    @Override
    public void close() {
        writer.close();
    }
}
