package dev.sluice.sidecar.cli;

import dev.sluice.catalog.Ulid;
import dev.sluice.engine.Engine;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Planning;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.doctor.DoctorFinding;
import dev.sluice.sidecar.doctor.DoctorFinding.Level;
import dev.sluice.sidecar.install.ConfiguredInstallation;
import dev.sluice.sidecar.install.Installation;
import java.time.Clock;
import java.util.List;
import java.util.Map;

/// What a restore of a database would need today, as `doctor` tells it: the same values that the restore obeys,
/// for its newest state under a name that is free.
final class RestoreOutlook {

    private static final String PLAN = "restore-plan";

    private RestoreOutlook() {}

    static List<DoctorFinding> of(Configuration configuration, String database) {
        try (Installation installation = ConfiguredInstallation.start(configuration)) {
            Engine engine = installation.engine();
            Inventory inventory = Await.get(engine.inventory(database, null));
            Planning planning = new Planner(inventory.backups()).plan(PlanRequest.to(new RestoreTarget.End()));
            return switch (planning) {
                case Planning.Unreachable no ->
                    List.of(new DoctorFinding(
                            PLAN, Level.FAIL, no.why(), "See `sluice list %s`.".formatted(inventory.database())));
                case RestorePlan plan ->
                    Await.get(engine.check(
                                    RestoreRequest.of(plan, inventory.documents(), free(), Map.of(), Existing.KEEP)))
                            .preconditions()
                            .stream()
                            .map(RestoreOutlook::finding)
                            .toList();
            };
        } catch (OperationFailed e) {
            return List.of(new DoctorFinding(PLAN, Level.FAIL, e.what(), e.hint()));
        }
    }

    /// No database is called so.
    private static String free() {
        return "sluice-doctor-" + new Ulid(Clock.systemUTC()).next();
    }

    private static DoctorFinding finding(Precondition needed) {
        Level level = switch (needed.state()) {
            case MET -> Level.OK;
            case UNKNOWN -> Level.WARN;
            case UNMET -> Level.FAIL;
        };
        return new DoctorFinding("restore-" + needed.id(), level, needed.evidence(), needed.remedy());
    }
}
