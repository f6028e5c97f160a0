package dev.sluice.engine.retention;

import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.HoldDocument;
import dev.sluice.catalog.Holds;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.s3.S3Failure;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Ends the hold of a backup. From then on the policies decide about it again, and about what it rests on.
///
/// The legal hold of its objects is lifted, as far as no other hold needs it, and as far as this one has put it
/// there ([LegalHoldRun]). A damaged hold can be released
/// too: its key says whose it is; what was under legal hold by it stays so.
public final class ReleaseRun extends Run<String> {

    private final Environment env;
    private final String backupId;
    private @Nullable HoldDocument hold;

    /// @param backupId the whole id
    public ReleaseRun(Environment env, String backupId) {
        super("sluice-release-" + backupId);
        this.env = env;
        this.backupId = backupId;
    }

    /// The id of the backup that was released.
    @Override
    protected String steps() {
        Holds holds = env.catalog().holds();
        try {
            if (!isHeld(holds)) {
                throw notHeld(holds);
            }
            throwIfCancelled();
            if (hold != null && hold.legalHold()) {
                // Before the hold goes: it alone says what is to be lifted, so a release that fails can be repeated.
                lift(hold);
            }
            Blocking.uncancellably(holds.delete(backupId));
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
        return backupId;
    }

    private boolean isHeld(Holds holds) {
        try {
            hold = blocking().read(holds.read(backupId)).orElse(null);
            return hold != null;
        } catch (CatalogException e) {
            if (e.isOfDamage()) {
                return true;
            }
            throw e;
        }
    }

    private void lift(HoldDocument held) {
        BackupLocks.Change lifted = new LegalHoldRun(env, blocking()).lift(held);
        if (!lifted.isDone()) {
            throw new OperationFailed(
                    FailureId.NOT_LOCKED,
                    String.format(
                            Locale.ROOT,
                            "The hold of backup %s stays: %d of %d objects were refused; of the first: %s",
                            backupId,
                            lifted.refused().size(),
                            lifted.objects(),
                            lifted.refused().getFirst()),
                    "bucket " + env.store().config().bucket(),
                    null);
        }
    }

    private OperationFailed notHeld(Holds holds) {
        List<String> others = blocking().readAll(holds.all(_ -> {})).stream()
                .filter(hold -> hold.backups().contains(backupId))
                .map(HoldDocument::backupId)
                .toList();
        return new OperationFailed(
                FailureId.NOT_HELD,
                "There is no hold of backup " + backupId,
                "object " + env.store().config().prefix() + env.catalog().keys().hold(backupId),
                others.isEmpty()
                        ? FailureId.NOT_HELD.remedy()
                        : "It stays because a held backup needs it: release %s.".formatted(String.join(", ", others)),
                null);
    }
}
