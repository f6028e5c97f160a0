package dev.sluice.sidecar.serve;

import dev.sluice.engine.plan.PlanFinding;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.RestoreCheck;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.restore.RestoreResult;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A restore that a client asks for.
public final class TrackedRestore extends TrackedJob {

    private final RestoreOrder order;
    private volatile @Nullable Summary plan;
    private volatile @Nullable RestoreCheck check;
    private volatile @Nullable String tail;
    private volatile @Nullable RestoreResult result;

    /// What a plan comes to. The plan itself may name thousands of backups, and a job is remembered for long.
    ///
    /// @param as       the name of the database to restore into
    /// @param backups  that are read, at least
    /// @param bytes    of them
    /// @param findings for a person: what was found on the way
    public record Summary(String as, int backups, long bytes, List<String> findings) {

        static Summary of(PlannedRestore planned) {
            return new Summary(
                    planned.restoredName(),
                    planned.plan().backups().size(),
                    planned.plan().bytes(),
                    Stream.concat(
                                    planned.plan().findings().stream().map(PlanFinding::text),
                                    planned.inventory().refused().stream())
                            .toList());
        }
    }

    TrackedRestore(String id, RestoreOrder order) {
        this.order = order;
        super(id);
    }

    public RestoreOrder order() {
        return order;
    }

    @Override
    public String database() {
        return order.as() == null ? order.database() : order.as();
    }

    void planned(PlannedRestore planned) {
        plan = Summary.of(planned);
    }

    /// Null before it is planned.
    public @Nullable Summary plan() {
        return plan;
    }

    void checked(RestoreCheck now) {
        check = now;
    }

    /// What the restore needed, as it was found before it began; null before that.
    public @Nullable RestoreCheck check() {
        return check;
    }

    void tailSaved(String backupId) {
        tail = backupId;
    }

    /// The backup of the tail of the database that was replaced; null when none was saved.
    public @Nullable String tail() {
        return tail;
    }

    void done(RestoreResult restored) {
        result = restored;
    }

    /// Null unless it has come to a good end.
    public @Nullable RestoreResult result() {
        return result;
    }
}
