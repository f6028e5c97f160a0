package dev.sluice.sidecar.doctor;

import dev.sluice.engine.sql.KerberosLogin;
import dev.sluice.engine.sql.Row;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;

/// SQL Server: whether it can be reached, what it is, what this login may do, and who else backs its databases up.
///
/// @param server as configured
public record ServerCheck(SqlServer server) {

    /// The first builds whose containers do VDI: 2017 CU28 and 2019 CU15.
    private static final Map<Integer, Integer> CONTAINER_BUILDS = Map.of(14, 3430, 15, 4198);

    /// How the certificate of a SQL Server comes to be trusted.
    public static final String TRUST =
            "Put the certificate of SQL Server's authority into a trust store, and name that in server.url:"
                    + " ;trustStore=/etc/sluice/sql-ca.p12;trustStorePassword=... (with ;hostNameInCertificate=... where the"
                    + " certificate has another name than server.url).";

    /// What is asked, so that answers can come from elsewhere.
    interface Questions {
        List<Row> query(String sql);
    }

    public List<DoctorFinding> findings() {
        try (SqlSession session = server.connect()) {
            return findings(session::query);
        } catch (SqlServerUnavailable e) {
            return List.of(DoctorFinding.fail("server-reachable", String.valueOf(e.getMessage()), remedy(e)));
        }
    }

    private static String remedy(SqlServerUnavailable e) {
        if (e.remedy().isPresent()) {
            return e.remedy().get();
        }
        if (e.isDistrust()) {
            return TRUST
                    + " Only where no other machine can be in between, as on localhost, ;trustServerCertificate=true gives"
                    + " the check up.";
        }
        return "Check that SQL Server runs, and that host, port and instance in server.url are right and can be reached from"
                + " here.";
    }

    List<DoctorFinding> findings(Questions server) {
        List<DoctorFinding> findings = new ArrayList<>();
        Row facts = server.query("SELECT CAST(SERVERPROPERTY('ProductVersion') AS nvarchar(128)) AS version,"
                        + " CAST(SERVERPROPERTY('Edition') AS nvarchar(128)) AS edition,"
                        + " IS_SRVROLEMEMBER('sysadmin') AS sysadmin, SUSER_SNAME() AS login")
                .getFirst();
        String version = facts.text("version");
        String login = facts.optionalText("login").orElse(this.server.login().name());
        findings.add(
                DoctorFinding.ok("server-reachable", "%s answers%s".formatted(this.server.address(), proof(login))));
        findings.add(version(version, facts.text("edition")));
        findings.add(complete(version));
        findings.add(sysadmin(login, facts.optionalNumber("sysadmin").orElse(0) == 1));
        findings.add(asked("other-backups", () -> otherBackups(server)));
        findings.add(asked("certificates", () -> certificates(server)));
        return findings;
    }

    /// Of a login that SQL Server names otherwise than the configuration.
    private String proof(String login) {
        return server.login() instanceof KerberosLogin kerberos
                ? ", and takes %s for %s".formatted(kerberos.name(), login)
                : "";
    }

    private static DoctorFinding version(String version, String edition) {
        String evidence = "%s, %s".formatted(version, edition);
        int major = part(version, 0);
        int build = part(version, 2);
        Integer first = CONTAINER_BUILDS.get(major);
        if (major < 14) {
            return DoctorFinding.warn(
                    "server-version", evidence, "Use 2017 or newer on Linux; nothing older was tried.");
        }
        return first != null && build < first
                ? DoctorFinding.warn(
                        "server-version",
                        evidence + "; in containers, virtual devices came with 2017 CU28 and 2019 CU15",
                        "Install the newest cumulative update, unless SQL Server runs outside a container.")
                : DoctorFinding.ok("server-version", evidence);
    }

    /// VDC_Complete is in SQL Server's headers since 2016; whether a server sends it shows only when a set is
    /// made.
    private static DoctorFinding complete(String version) {
        return part(version, 0) >= 13
                ? DoctorFinding.ok("vdc-complete", "%s is new enough to ask for VDC_Complete".formatted(version))
                : DoctorFinding.warn(
                        "vdc-complete",
                        "%s is older than VDC_Complete; its last Flush carries the promise instead".formatted(version),
                        "Nothing must be done; a newer version says explicitly when a backup is complete.");
    }

    private static int part(String version, int index) {
        String[] parts = version.split("\\.", -1);
        return index < parts.length && parts[index].matches("\\d{1,9}") ? Integer.parseInt(parts[index]) : 0;
    }

    private static DoctorFinding sysadmin(String login, boolean member) {
        return member
                ? DoctorFinding.ok("sysadmin", "%s is a member of sysadmin".formatted(login))
                : DoctorFinding.fail(
                        "sysadmin",
                        "%s is no member of sysadmin, and virtual devices ask for no less".formatted(login),
                        "ALTER SERVER ROLE sysadmin ADD MEMBER [%s];".formatted(login.replace("]", "]]")));
    }

    /// Two programs that take log backups of one database tear its chain in two.
    private static DoctorFinding otherBackups(Questions server) {
        TreeSet<String> others = new TreeSet<>();
        for (Row row : server.query("""
                SELECT DISTINCT s.database_name, s.type, f.physical_device_name
                FROM msdb.dbo.backupset s
                INNER JOIN msdb.dbo.backupmediafamily f ON f.media_set_id = s.media_set_id
                WHERE s.is_copy_only = 0 AND s.backup_start_date >= DATEADD(day, -30, SYSDATETIME())
                """)) {
            String device = text(row, "physical_device_name");
            if (!device.startsWith("sluice-")) {
                others.add("%s (%s to %s)".formatted(text(row, "database_name"), text(row, "type"), shortened(device)));
            }
        }
        if (others.isEmpty()) {
            return DoctorFinding.ok(
                    "other-backups", "in the last 30 days no other program took backups that are part of the chain");
        }
        List<String> some = others.stream().limit(5).toList();
        return DoctorFinding.warn(
                "other-backups",
                "in the last 30 days others took: %s%s"
                        .formatted(
                                String.join(", ", some),
                                others.size() > 5 ? String.format(Locale.ROOT, " and %d more", others.size() - 5) : ""),
                "Let one program alone back a database up, or the other's with COPY_ONLY: a log backup that is elsewhere is a"
                        + " hole in the chain here.");
    }

    /// Rows of msdb need not be complete: people write them, too.
    private static String text(Row row, String column) {
        return row.optionalText(column).orElse("unknown");
    }

    private static String shortened(String device) {
        return device.length() <= 60 ? device : device.substring(0, 57) + "...";
    }

    private static DoctorFinding certificates(Questions server) {
        List<String> never =
                server.query("""
                SELECT name FROM sys.certificates
                WHERE pvt_key_encryption_type <> 'NA' AND pvt_key_last_backup_date IS NULL AND name NOT LIKE '##%'
                """).stream().map(row -> row.text("name")).toList();
        return never.isEmpty()
                ? DoctorFinding.ok("certificates", "every certificate in master with a private key was exported")
                : DoctorFinding.warn(
                        "certificates",
                        "never exported: %s. What is encrypted by them cannot be restored on another server"
                                .formatted(String.join(", ", never)),
                        "BACKUP CERTIFICATE [%s] TO FILE = '...' WITH PRIVATE KEY (FILE = '...', ENCRYPTION BY PASSWORD = '...');"
                                .formatted(never.getFirst().replace("]", "]]")));
    }

    private static DoctorFinding asked(String id, java.util.function.Supplier<DoctorFinding> question) {
        try {
            return question.get();
        } catch (SqlServerUnavailable e) {
            return DoctorFinding.warn(
                    id, "could not be asked: %s".formatted(e.getMessage()), "Ask again as a sysadmin.");
        }
    }
}
