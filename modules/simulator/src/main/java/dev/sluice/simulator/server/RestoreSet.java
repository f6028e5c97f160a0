package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.LogRecord;
import dev.sluice.simulator.database.RestoredBackup;
import dev.sluice.simulator.tsql.Statement.Restore;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/// The stripes of one RESTORE together: do they belong to one backup, and is it the one that is wanted?
///
/// Labels are compared as they arrive, so a wrong stripe is refused after its first few bytes. The statement's own
/// conditions are checked once, when all labels and a header are known, and before anything is laid down.
///
/// **Threading:** the devices' threads.
final class RestoreSet {

    private static final long EXTENT = 65_536;

    private final Restore.Kind kind;
    private final String database;
    private final List<String> devices;
    private final boolean knowsRawBackups;
    private final Consumer<Inspection.Inspected> planner;
    private final List<StripeReader> readers = new ArrayList<>();
    private final Map<Integer, MediaLabel> labels = new HashMap<>();
    private final Map<Integer, Inspection.Inspected> headers = new HashMap<>();
    private boolean planned;

    /// @param knowsRawBackups whether bytes that are no backup might still be one that this server has sent
    /// @param planner checks the statement's conditions, and may throw [SqlFailure]
    RestoreSet(
            Restore.Kind kind,
            String database,
            List<String> devices,
            boolean knowsRawBackups,
            Consumer<Inspection.Inspected> planner) {
        this.kind = kind;
        this.database = database;
        this.devices = devices;
        this.knowsRawBackups = knowsRawBackups;
        this.planner = planner;
        for (int i = 0; i < devices.size(); i++) {
            readers.add(new StripeReader(this, i));
        }
    }

    List<StripeReader> readers() {
        return readers;
    }

    String device(int stripe) {
        return devices.get(stripe);
    }

    String database() {
        return database;
    }

    /// A stripe begins with something that is no label.
    void unknown(int stripe, long size, Inspection.NotInspected why) {
        if (size >= Long.BYTES && !(knowsRawBackups && why.position() == 0)) {
            throw RestoreErrors.malformed(device(stripe));
        }
    }

    synchronized void label(int stripe, MediaLabel label) {
        if (!kind.takesOneDevice()) {
            if (label.families() > devices.size()) {
                throw RestoreErrors.missingFamilies(label.families(), devices.size());
            }
            if (label.families() < devices.size()) {
                throw RestoreErrors.otherFamilyCount(device(stripe), label.families(), devices.size());
            }
            labels.forEach((other, theirs) -> requireTogether(stripe, label, other, theirs));
        }
        labels.put(stripe, label);
        planIfComplete();
    }

    private void requireTogether(int stripe, MediaLabel label, int other, MediaLabel theirs) {
        UUID mediaSet = label.mediaSet();
        if (mediaSet == null || !mediaSet.equals(theirs.mediaSet())) {
            throw RestoreErrors.otherMediaSet(device(stripe));
        }
        if (label.family() == theirs.family()) {
            throw RestoreErrors.sameFamily(device(stripe), label.family(), device(other));
        }
    }

    synchronized void header(int stripe, Inspection.Inspected known) {
        headers.put(stripe, known);
        planIfComplete();
    }

    private void planIfComplete() {
        if (!planned && labels.size() == devices.size() && !headers.isEmpty()) {
            planned = true;
            planner.accept(headers.values().iterator().next());
        }
    }

    /// For the kinds that look at the beginning only.
    synchronized boolean knowsEnough(int stripe) {
        return switch (kind) {
            case LABELONLY -> labels.containsKey(stripe);
            case FILELISTONLY -> headers.containsKey(stripe);
            case DATABASE, LOG, HEADERONLY, VERIFYONLY -> false;
        };
    }

    /// The best header there is, or null.
    @Nullable
    BackupHeader header() {
        for (StripeReader reader : readers) {
            if (reader.inspection() instanceof Inspection.Inspected known
                    && known.header().isPresent()) {
                return known.header().get();
            }
        }
        return null;
    }

    /// GUID of the backup set, or null.
    @Nullable
    UUID setGuid() {
        return readers.getFirst().inspection() instanceof Inspection.Inspected known && known.set() != null
                ? known.set().guid()
                : null;
    }

    /// What all stripes together contain.
    RestoredBackup restored(BackupHeader header) {
        Map<Long, Long> versions = new HashMap<>();
        BitSet extents = new BitSet();
        List<LogRecord> log = new ArrayList<>();
        for (StripeReader reader : readers) {
            versions.putAll(reader.versions());
            if (extents.intersects(reader.extents())) {
                throw RestoreErrors.damaged(); // the same extent in two stripes
            }
            extents.or(reader.extents());
            log.addAll(reader.log());
        }
        long allocated = header.files().stream()
                        .filter(file -> file.kind() == BackupFile.Kind.DATA && file.id() == 1)
                        .mapToLong(BackupFile::size)
                        .sum()
                / EXTENT;
        UUID guid = setGuid();
        return new RestoredBackup(
                header,
                guid == null ? UUID.randomUUID() : guid,
                Content.seedOf(header.familyGuid()).orElseThrow(),
                allocated,
                versions,
                extents,
                log);
    }
}
