package dev.sluice.engine.verify;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.VerificationDocument;
import dev.sluice.catalog.VerificationDocument.Outcome;
import dev.sluice.catalog.VerificationKey;
import dev.sluice.catalog.Verifications;
import dev.sluice.engine.bucket.RefusedRemovals;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.Run;
import dev.sluice.s3.S3Failure;
import java.time.Instant;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/// Keeps in the bucket what a verification found. Of each backup there is the last verification, and before it,
/// when that one found damage, the last one that found none: between the two the bytes have changed.
///
/// What cannot be kept costs the report nothing: a person who may only read still learns what was found.
public final class KeepOutcomeRun extends Run<VerifyOutcome> {

    private final Environment env;
    private final BackupDocument backup;
    private final VerifyReport report;
    private final Instant startedAt;
    private final InstantSource clock;
    private final Verifications verifications;
    private boolean written;

    /// @param clock gives the end of the verification, and has given its beginning
    public KeepOutcomeRun(
            Environment env, BackupDocument backup, VerifyReport report, Instant startedAt, InstantSource clock) {
        super("sluice-keep-" + backup.backupId());
        this.env = env;
        this.backup = backup;
        this.report = report;
        this.startedAt = startedAt;
        this.clock = clock;
        this.verifications = env.catalog().verifications();
    }

    @Override
    protected VerifyOutcome steps() {
        Instant finishedAt = clock.instant();
        String unkept;
        try {
            unkept = keep(finishedAt);
        } catch (S3Failure | CatalogException e) {
            unkept = (written
                            ? "The bucket keeps what was found, but whether the backup is still there was not seen: "
                            : "The bucket does not keep what was found: ")
                    + e.getMessage();
        }
        return new VerifyOutcome(report, finishedAt, unkept);
    }

    /// @return why it is not kept; null when it is
    private @Nullable String keep(Instant finishedAt) {
        // Objects that are missing because a removal took them meanwhile are no damage.
        if (!report.sound() && !isEntered()) {
            return withoutEntry();
        }
        VerificationKey kept = Blocking.uncancellably(verifications.write(document(finishedAt)))
                .orElseThrow();
        written = true;
        RefusedRemovals refused = new RefusedRemovals();
        if (!isEntered()) {
            Blocking.uncancellably(refused.unlessRefused(verifications.delete(kept)));
            return withoutEntry();
        }
        for (VerificationKey earlier : Blocking.uncancellably(verifications.of(backup.database(), backup.backupId()))) {
            if (!earlier.key().equals(kept.key()) && replaces(kept, earlier)) {
                // What the bucket does not let go of does no harm.
                Blocking.uncancellably(refused.unlessRefused(verifications.delete(earlier)));
            }
        }
        return null;
    }

    /// Times are of the clocks of several machines. A time of the future is of none that is right, and must not
    /// hide what was found now. Damage that another machine has found within the last minutes is kept.
    private static boolean replaces(VerificationKey kept, VerificationKey other) {
        if (other.finishedAt().isBefore(kept.finishedAt())) {
            return kept.isSound() || !other.isSound();
        }
        return other.isAhead(kept.finishedAt()) || (!kept.isSound() && other.isSound());
    }

    private boolean isEntered() {
        return Blocking.uncancellably(verifications.isEntered(backup)).orElse(false);
    }

    /// **Errors:** [dev.sluice.engine.run.OperationFailed] `no-such-backup` when the backup is gone, and what
    /// was found says nothing any more.
    private String withoutEntry() {
        boolean pending = Blocking.uncancellably(env.catalog().pendingIds().any(backup.backupId()::equals))
                .orElse(false);
        if (!pending && !report.sound()) {
            throw Failures.removedMeanwhile(backup, env);
        }
        return pending
                ? "What was found is not kept, because the backup is unconfirmed: it has no entry yet."
                : "What was found is not kept, because the backup was removed meanwhile.";
    }

    private VerificationDocument document(Instant finishedAt) {
        return new VerificationDocument(
                env.version(),
                backup.backupId(),
                backup.database(),
                startedAt,
                finishedAt,
                report.sound() ? Outcome.SOUND : Outcome.DAMAGED,
                report.bytes(),
                report.structure().name(),
                report.checksums(),
                report.problems().stream().map(VerifyReport.Problem::line).toList(),
                report.remarks());
    }
}
