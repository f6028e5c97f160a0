package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.EmbeddedForTests;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServiceMetricsIT {

    /// Jobs tell the metrics of events while the list of jobs is locked. Metrics that asked the jobs under a
    /// lock of their own would deadlock with them.
    @Test
    void jobsAreAskedBeforeTheMetricsAreLocked(@TempDir Path directory) {
        try (EmbeddedForTests installation = EmbeddedForTests.start(directory, options -> options)) {
            AtomicReference<ServiceMetrics> metrics = new AtomicReference<>();
            AtomicReference<Boolean> locked = new AtomicReference<>();
            metrics.set(new ServiceMetrics(installation.engine().environment(), () -> {
                locked.set(Thread.holdsLock(metrics.get()));
                return new ServiceMetrics.State(
                        List.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), 0, true, true, true);
            }));

            assertThat(metrics.get().scrape()).contains("mssql_backup_sql_up 1");

            assertThat(locked).hasValue(false);
        }
    }

    /// The alert on an absent Sluice looks for this very name.
    @Test
    void theVersionIsAMetricOfItsOwn(@TempDir Path directory) {
        try (EmbeddedForTests installation = EmbeddedForTests.start(directory, options -> options)) {
            ServiceMetrics metrics = new ServiceMetrics(
                    installation.engine().environment(),
                    () -> new ServiceMetrics.State(
                            List.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), Map.of(), 0, true, true,
                            true));

            assertThat(metrics.scrape())
                    .contains("mssql_backup_build_info{version=\"%s\"} 1"
                            .formatted(installation.engine().environment().version()));
        }
    }
}
