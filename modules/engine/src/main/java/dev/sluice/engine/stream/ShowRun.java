package dev.sluice.engine.stream;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.bucket.Downloads;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.s3.Admission;
import dev.sluice.s3.CorruptBlockException;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.StripeDownload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// Reads the front of a backup's first stripe, as far as it says what it is, and closes early.
public final class ShowRun extends Run<StreamFront> {

    /// The records about a database of thousands of files fit; pages need not be read.
    private static final long ENOUGH = 4L << 20;

    private static final int CHUNK = 64 << 10;

    private final Environment env;
    private final BackupDocument backup;

    public ShowRun(Environment env, BackupDocument backup) {
        super("sluice-show-" + backup.backupId());
        this.env = env;
        this.backup = backup;
    }

    @Override
    protected StreamFront steps() {
        DownloadPlan plan = new DownloadPlan(Downloads.blockSize(backup), CHUNK, 0);
        StreamInspector inspector = StreamInspector.structureOnly();
        try (Admission memory = admit(env, 1, plan.memoryPerStripe());
                StripeDownload download = env.store().download(memory.stripe(0), plan, Downloads.lookedAt(first()));
                Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate(CHUNK);
            while (!known(inspector.report()) && blocking().take(download.await(CHUNK), _ -> {}) > 0) {
                inspector.update(chunk, 0, download.read(chunk));
            }
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CorruptBlockException e) {
            throw Failures.corrupt(e);
        }
        return StreamFront.of(inspector.report());
    }

    /// Also when its sums cannot be read: they are not what is looked at here.
    private BackupDocument.Stripe first() {
        BackupDocument.Stripe first = backup.stripes().getFirst();
        try {
            return Downloads.whole(env, blocking(), backup, List.of(first)).getFirst();
        } catch (OperationFailed e) {
            if (e.id() != FailureId.SUMS_UNREADABLE) {
                throw e;
            }
            return Downloads.unchecked(first);
        }
    }

    private static boolean known(Inspection inspection) {
        return inspection.bytes() >= ENOUGH
                || (inspection instanceof Inspection.Inspected inspected
                        && inspected.header().isPresent());
    }
}
