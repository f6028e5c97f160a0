package dev.sluice.sidecar.doctor;

import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.JdbcUrl;
import dev.sluice.sidecar.config.ListenAddress;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// Whether what the configuration says keeps backups and passwords secret on their way. Looks at the
/// configuration alone, so `config check` can say it as well as `doctor`, and `serve` says it when it starts.
///
/// Between processes of one machine nothing can listen that could not read their memory; there everything is
/// well.
///
/// @param configuration of which every key holds for itself; what there is no reason to allow is refused when it
/// is read
public record TransportCheck(Configuration configuration) {

    /// One finding for each of the ways, in order, good ones included.
    public List<DoctorFinding> findings() {
        return List.of(bucket(), server());
    }

    /// Those of the findings that the user should look at.
    public List<DoctorFinding> insecure() {
        return findings().stream()
                .filter(finding -> finding.level() != DoctorFinding.Level.OK)
                .toList();
    }

    private DoctorFinding bucket() {
        URI endpoint = configuration.store().endpoint();
        if (endpoint == null || !"http".equalsIgnoreCase(endpoint.getScheme())) {
            return DoctorFinding.ok("transport-bucket", "the bucket is reached over https");
        }
        if (endpoint.getHost() != null && ListenAddress.isLoopback(endpoint.getHost())) {
            return DoctorFinding.ok("transport-bucket", "the bucket is on this machine");
        }
        return DoctorFinding.warn(
                "transport-bucket",
                "store.endpoint is %s: backups, and a session token if there is one, cross the network unencrypted, for"
                                .formatted(endpoint)
                        + " every machine in between to read and to change",
                "Use https://; where the certificate is from an authority of your own, name that with store.ca.");
    }

    private DoctorFinding server() {
        JdbcUrl url = configuration.server().url();
        if (url.loopback()) {
            return DoctorFinding.ok("transport-server", "SQL Server is on this machine");
        }
        List<String> what = new ArrayList<>();
        List<String> remedies = new ArrayList<>();
        String encrypt = url.property("encrypt").orElse("true").toLowerCase(Locale.ROOT);
        boolean strict = encrypt.equals("strict");
        if (List.of("false", "no", "optional").contains(encrypt)) {
            what.add("encrypt=%s in server.url: SQL Server's answers and every statement cross the network unencrypted"
                    .formatted(encrypt));
            remedies.add("Leave encrypt out, or say encrypt=true or encrypt=strict.");
        }
        // With encrypt=strict the driver checks the certificate even if trustServerCertificate is true.
        if (!strict
                && "true"
                        .equalsIgnoreCase(url.property("trustServerCertificate").orElse("false"))) {
            what.add(
                    "trustServerCertificate=true in server.url: any machine in between can pass for SQL Server, and gets"
                            + " the password of a sysadmin");
            remedies.add(ServerCheck.TRUST);
        }
        return what.isEmpty()
                ? DoctorFinding.ok(
                        "transport-server", "the connection to %s is encrypted and checked".formatted(url.host()))
                : DoctorFinding.warn("transport-server", String.join("; ", what), String.join(" ", remedies));
    }
}
