package dev.sluice.engine.restore;

import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.restore.RestoreRequest.Existing;

/// The way from an order to the restored database.
///
/// @param inventory all that bucket and msdb know of the database's backups
/// @param plan      which of them are restored, in which order
public record PlannedRestore(RestoreOrder order, Inventory inventory, RestorePlan plan) implements PlanOutcome {

    /// The database's name, in the server's own spelling.
    public String database() {
        return inventory.database();
    }

    /// The name of the database to restore into.
    public String restoredName() {
        return order.as() == null ? database() : order.as();
    }

    /// Whether a person should look at what was found on the way.
    public boolean needsAttention() {
        return !plan.findings().isEmpty() || !inventory.refused().isEmpty();
    }

    /// What to restore.
    public RestoreRequest request() {
        return request(order.existing());
    }

    /// What can be checked now: where the tail will be saved first, everything but that it is not lost.
    public RestoreRequest checkable() {
        return order.savesTail() ? request(Existing.REPLACE_AND_DISCARD_TAIL) : request();
    }

    private RestoreRequest request(Existing existing) {
        return RestoreRequest.of(plan, inventory.documents(), restoredName(), order.moves(), existing)
                .withChoices(order.choices());
    }
}
