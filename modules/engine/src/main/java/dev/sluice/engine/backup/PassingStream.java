package dev.sluice.engine.backup;

import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.mtf.inspect.Finding;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamInspector;
import java.lang.foreign.MemorySegment;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// One stripe's stream while it passes: followed, and, where that is asked for, SQL Server's own checksums are
/// computed again from the bytes in its buffer.
///
/// Each stripe has checksums of its own, so stripes are judged one by one. A stream that SQL Server has
/// compressed or encrypted, or taken without CHECKSUM, has none that can be computed here.
///
/// **Threading:** one thread at a time, the device's.
final class PassingStream {

    private static final Logger log = LoggerFactory.getLogger(PassingStream.class);

    private static final Set<Finding.Kind> DAMAGE =
            EnumSet.of(Finding.Kind.CHECKSUM_MISMATCH, Finding.Kind.BROKEN_BLOCK, Finding.Kind.BROKEN_STREAM);

    private final Environment env;
    private final BackupRequest request;
    private final String backupId;
    private final int stripe;
    private final boolean computes;
    private final StreamInspector inspector;
    private boolean damageIsTold;
    private boolean lossIsTold;

    /// @param stripe from 1
    PassingStream(Environment env, BackupRequest request, String backupId, int stripe) {
        this.env = env;
        this.request = request;
        this.backupId = backupId;
        this.stripe = stripe;
        this.computes = request.options().verifyInFlight() && request.options().checksum();
        this.inspector = computes ? StreamInspector.full() : StreamInspector.structureOnly();
    }

    /// The next bytes.
    ///
    /// **Errors:** [OperationFailed] `stream-damaged` when a checksum does not hold, of pages, of log, or of a
    /// header that is known by its name; behind such a header nothing can be computed any more. SQL Server was
    /// not told then that the backup is durable. A backup that fails leaves the log and the differential base as
    /// they are; one that is damaged would leave a hole in the chain. With CONTINUE_AFTER_ERROR the backup goes
    /// on, because its user wants whatever can be had.
    void update(MemorySegment data) {
        inspector.update(data);
        boolean damaged = computes && (inspector.mismatchedChecksums() > 0 || inspector.headerIsDamaged());
        if (!damaged) {
            return;
        }
        if (!request.options().continueAfterError()) {
            throw damaged();
        }
        if (!damageIsTold) {
            damageIsTold = true;
            log.atError()
                    .addKeyValue("backupId", backupId)
                    .addKeyValue("database", request.database())
                    .addKeyValue("cause", finding())
                    .log(
                            "the stream is damaged, and the backup goes on, because it is taken with CONTINUE_AFTER_ERROR");
        }
    }

    private OperationFailed damaged() {
        return new OperationFailed(
                FailureId.STREAM_DAMAGED,
                "Backup %s of %s came damaged from SQL Server, and is given up: %s"
                        .formatted(backupId, request.database(), finding()),
                String.format(
                        Locale.ROOT, "stripe %d, from %s", stripe, env.server().address()),
                null);
    }

    private String finding() {
        String what = report() instanceof Inspection.Inspected inspected
                ? inspected.findings().stream()
                        .filter(finding -> DAMAGE.contains(finding.kind()))
                        .findFirst()
                        .map(Finding::text)
                        .orElse("a checksum does not hold")
                : "a checksum does not hold";
        return String.format(Locale.ROOT, "stripe %d: %s", stripe, what);
    }

    /// What is known of it by now, when SQL Server asks whether it is durable. Where its checksums were to be
    /// computed and it could not be followed, that is logged: the rest has passed unchecked.
    Inspection flushed() {
        if (computes && inspector.isLost() && !damageIsTold && !lossIsTold) {
            lossIsTold = true;
            log.atError()
                    .addKeyValue("backupId", backupId)
                    .addKeyValue("database", request.database())
                    .addKeyValue("cause", finding())
                    .log("the stream could be followed no further, and passed without a check of SQL Server's"
                            + " checksums from there on: verify the backup");
        }
        return report();
    }

    /// What is known of it by now.
    Inspection report() {
        return inspector.report();
    }
}
