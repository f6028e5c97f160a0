package dev.sluice.sidecar.serve;

import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.engine.plan.Window;
import dev.sluice.sidecar.log.Masking;
import java.time.Duration;
import java.util.Map;

/// Puts what the status page shows into the words of a summary.
final class ServiceSummary {

    private ServiceSummary() {}

    /// @param identity of the SQL Server that the service works with
    /// @param shared   whether other replicas may have summaries beside this one
    static SummaryDocument of(ServiceStatus status, ServerIdentity identity, Duration interval, boolean shared) {
        return new SummaryDocument(
                status.version(),
                status.identity(),
                identity,
                status.now(),
                interval,
                status.checks().entrySet().stream()
                        .filter(check -> !check.getValue())
                        .map(Map.Entry::getKey)
                        .toList(),
                status.databases().stream().map(ServiceSummary::database).toList(),
                0,
                shared);
    }

    private static SummaryDocument.Database database(DatabaseStatus status) {
        Window window = status.window();
        return new SummaryDocument.Database(
                status.name(),
                switch (status.condition()) {
                    case FAILING -> SummaryDocument.Condition.FAILING;
                    case ATTENTION -> SummaryDocument.Condition.ATTENTION;
                    case WELL -> SummaryDocument.Condition.WELL;
                },
                // Drivers and servers word their errors as they like, so secrets are masked here as they are in the
                // log.
                status.problems().stream().map(Masking::mask).toList(),
                window == null ? null : window.earliest(),
                window == null ? null : window.latest(),
                status.unconfirmed(),
                status.types().stream()
                        .map(type -> new SummaryDocument.Type(
                                type.type(),
                                type.last(),
                                type.next(),
                                type.failure().isPresent()))
                        .toList(),
                status.drill()
                        .map(drill -> new SummaryDocument.Drill(drill.outcome(), drill.at()))
                        .orElse(null));
    }
}
