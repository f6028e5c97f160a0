package dev.sluice.sidecar.serve;

import dev.sluice.sidecar.pause.Pause;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// How it is with the service and its databases.
///
/// @param identity  of the server, as configured
/// @param version   of Sluice
/// @param now       the clock of this machine
/// @param checks    what must be well so that backups are taken, each with whether it is
/// @param databases the worst first
/// @param pauses    those in force, the earliest first
public record ServiceStatus(
        String identity,
        String version,
        Instant now,
        Map<String, Boolean> checks,
        List<DatabaseStatus> databases,
        List<Pause> pauses) {

    public ServiceStatus {
        checks = Collections.unmodifiableMap(new LinkedHashMap<>(checks));
        databases = List.copyOf(databases);
        pauses = List.copyOf(pauses);
    }
}
