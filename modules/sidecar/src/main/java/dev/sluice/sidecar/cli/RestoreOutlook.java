package dev.sluice.sidecar.cli;

import dev.sluice.catalog.Ulid;
import dev.sluice.engine.Engine;
import dev.sluice.engine.restore.PlannedRestore;
import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.doctor.DoctorFinding;
import dev.sluice.sidecar.doctor.DoctorFinding.Level;
import dev.sluice.sidecar.install.ConfiguredInstallation;
import dev.sluice.sidecar.install.Installation;
import java.time.Clock;
import java.util.List;

/// What a restore of a database would need today, as `doctor` tells it: the same values that the restore obeys,
/// for its newest state under a name that is free.
final class RestoreOutlook {

    private static final String PLAN = "restore-plan";

    private RestoreOutlook() {}

    static List<DoctorFinding> of(Configuration configuration, String database) {
        try (Installation installation = ConfiguredInstallation.start(configuration)) {
            Engine engine = installation.engine();
            RestoreOrder newest =
                    RestoreOrder.of(database, new RestoreOrder.Point.At("end")).as(free());
            PlannedRestore planned = Await.get(engine.plan(newest));
            return Await.get(engine.check(planned.request())).preconditions().stream()
                    .map(RestoreOutlook::finding)
                    .toList();
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
