package dev.sluice.engine.verify;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.bucket.Downloads;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.LogBackupReserve;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.verify.VerifyReport.Problem;
import dev.sluice.engine.verify.VerifyReport.Structure;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.SetVerdict;
import dev.sluice.mtf.inspect.StreamInspector;
import dev.sluice.mtf.inspect.StripeSetValidator;
import dev.sluice.s3.Admission;
import dev.sluice.s3.CorruptBlockException;
import dev.sluice.s3.DownloadPlan;
import dev.sluice.s3.FailureKind;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.StripeDownload;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;

/// Reads a backup again: every byte against the sums in the catalog, and the stream against SQL Server's
/// format, its own checksums computed anew where it has them.
///
/// Bytes that are as they were stored can still be a stream that was never right, and a stream that looks
/// right can have changed where its format has no checksum: so both are looked at, and told apart.
public final class VerifyRun extends Run<VerifyReport> {

    private static final int CHUNK = 1 << 20;

    private final Environment env;
    private final BackupDocument backup;
    private final RunObserver observer;
    private final RunProgress progress;
    private final List<Problem> problems = new ArrayList<>();
    private final List<Inspection> inspections = new ArrayList<>();

    public VerifyRun(Environment env, BackupDocument backup, RunObserver observer) {
        super("sluice-verify-" + backup.backupId());
        this.env = env;
        this.backup = backup;
        this.observer = observer;
        this.progress = new RunProgress(1);
    }

    @Override
    protected VerifyReport steps() {
        progress.expects(backup.bytes());
        progress.waiting(0, RunProgress.Waiting.STORE);
        DownloadPlan plan = new DownloadPlan(Downloads.blockSize(backup), CHUNK, DownloadPlan.DEFAULT_READ_AHEAD);
        observer.queued();
        try (LogBackupReserve.Place _ = besideLogs(1, plan.memoryPerStripe());
                Admission memory = admit(env, 1, plan.memoryPerStripe())) {
            observer.streaming(backup.backupId(), progress);
            for (BackupDocument.Stripe stripe : backup.stripes()) {
                inspections.add(read(stripe, memory, plan));
            }
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
        return report();
    }

    private Inspection read(BackupDocument.Stripe stripe, Admission memory, DownloadPlan plan) {
        StreamInspector inspector = StreamInspector.full();
        try (StripeDownload download = env.store().download(memory.stripe(0), plan, Downloads.sources(stripe));
                Arena arena = Arena.ofConfined()) {
            MemorySegment chunk = arena.allocate(CHUNK);
            while (blocking().take(download.await(CHUNK), _ -> {}) > 0) {
                int count = download.read(chunk);
                inspector.update(chunk, 0, count);
                progress.moved(count);
            }
        } catch (CorruptBlockException e) {
            problems.add(
                    new Problem(stripe.index(), e.key(), e.block(), e.offset(), 0, String.valueOf(e.getMessage())));
        } catch (S3Failure e) {
            if (e.kind() != FailureKind.OBJECT_ABSENT) {
                throw e;
            }
            problems.add(new Problem(stripe.index(), e.key(), -1, -1, 0, "The object is not there: " + e.getMessage()));
        }
        return inspector.report();
    }

    private VerifyReport report() {
        List<String> remarks = new ArrayList<>();
        // A stripe that could not be read to its end says nothing about the format.
        Structure structure = problems.isEmpty() ? structure(remarks) : Structure.UNKNOWN;
        long checksums = inspections.stream()
                .mapToLong(inspection -> inspection instanceof Inspection.Inspected inspected
                        ? inspected.checksums().matched()
                        : 0)
                .sum();
        if (structure == Structure.WHOLE && checksums == 0) {
            remarks.add("The backup was taken without CHECKSUM: only Sluice's own sums cover its pages.");
        }
        return new VerifyReport(
                backup.backupId(), progress.bytes(), progress.seconds(), problems, checksums, structure, remarks);
    }

    /// Whether the stream is that of the entry: bytes that are as they were stored can still be another
    /// backup's.
    private void identity() {
        SetFacts known = backup.facts();
        // The stream may have been taken under another spelling of the name: it is the same database's.
        String said = backup.stream().text("database_name");
        String name = said.isEmpty() ? backup.database() : said;
        for (int i = 0; i < inspections.size(); i++) {
            if (inspections.get(i) instanceof Inspection.Inspected stream && stream.set() != null) {
                UUID set = stream.set().guid();
                int stripe = i + 1;
                known.set()
                        .filter(expected -> set != null && !expected.equals(set))
                        .ifPresent(expected -> other(stripe, "backup set", String.valueOf(set), expected));
                stream.header()
                        .map(BackupHeader::database)
                        .filter(database -> !database.equals(name))
                        .ifPresent(database -> other(stripe, "database", database, name));
            }
        }
    }

    private void other(int stripe, String what, Object found, Object expected) {
        problems.add(new Problem(
                stripe,
                "",
                -1,
                -1,
                0,
                "The stream is of %s %s, and the catalog entry is of %s".formatted(what, found, expected)));
    }

    private Structure structure(List<String> remarks) {
        if (inspections.stream().anyMatch(Inspection.NotInspected.class::isInstance)) {
            boolean knownThen = backup.stream().set().isPresent();
            if (!knownThen) {
                remarks.add(
                        "The stream is none that is understood here (encrypted ones are not), as when it was taken.");
                return Structure.UNKNOWN;
            }
        }
        identity();
        if (StripeSetValidator.validate(inspections) instanceof SetVerdict.Unsound unsound) {
            for (SetVerdict.Problem problem : unsound.problems()) {
                problems.add(new Problem(problem.device(), "", -1, -1, problem.number(), problem.text()));
            }
        }
        boolean compressed = inspections.stream()
                .anyMatch(inspection -> inspection instanceof Inspection.Inspected inspected
                        && inspected.container() == Inspection.Container.COMPRESSED);
        if (compressed) {
            remarks.add("SQL Server has compressed it: behind the front, only Sluice's own sums cover it.");
        }
        return compressed ? Structure.FRONT : Structure.WHOLE;
    }
}
