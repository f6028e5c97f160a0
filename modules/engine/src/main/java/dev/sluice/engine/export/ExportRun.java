package dev.sluice.engine.export;

import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.ExportKey;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.Run;
import dev.sluice.engine.sql.CertificateFacts;
import dev.sluice.engine.sql.JobFacts;
import dev.sluice.engine.sql.PrincipalFacts;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SettingFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.S3Failure;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;

/// Reads what an instance has beside its databases, and stores it, sealed.
///
/// It changes nothing on the server, and writes no file there.
public final class ExportRun extends Run<ExportResult> {

    private static final String LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz23456789";
    private static final int PASSWORD = 40;

    private final Environment env;
    private final ExportRequest request;
    private final String id;

    public ExportRun(Environment env, ExportRequest request, String id) {
        super("sluice-export-" + id);
        this.env = env;
        this.request = request;
        this.id = id;
    }

    /// What was read.
    private record Facts(
            Instant at,
            String server,
            PrincipalFacts principals,
            SettingFacts settings,
            JobFacts jobs,
            CertificateFacts certificates,
            String password) {}

    @Override
    protected ExportResult steps() {
        Facts facts = read();
        throwIfCancelled();
        List<String> notes = new ArrayList<>();
        byte[] sealed = SealedArchive.seal(archive(facts, notes).zipped(), request.passphrase());
        ExportReading.requireReadable(sealed, request.passphrase());
        throwIfCancelled();
        ExportKey key = new ExportKey(facts.at().truncatedTo(ChronoUnit.SECONDS), id);
        Path file = request.file();
        if (file == null) {
            store(key, sealed);
        } else {
            write(file, sealed);
        }
        return new ExportResult(
                id,
                key.exportedAt(),
                file == null ? env.catalog().keys().export(key) : null,
                file == null ? null : file.toString(),
                sealed.length,
                (int) facts.principals().principals().stream()
                        .filter(one -> !one.isRole() && !one.isServersOwn())
                        .count(),
                facts.jobs().jobs().size(),
                facts.certificates().certificates().size(),
                facts.settings().linked().size(),
                notes);
    }

    private Facts read() {
        try (SqlSession session = env.server().connect()) {
            Instant now = ServerFacts.read(session).now();
            if (request.file() == null) {
                // A new server with the old configuration must not pass its own logins for those that were
                // lost.
                Ownership.claim(env, blocking(), session, now);
            }
            PrincipalFacts principals = PrincipalFacts.read(session);
            String password = password();
            return new Facts(
                    now,
                    ServerFacts.identity(session).name(),
                    principals,
                    SettingFacts.read(session),
                    JobFacts.read(session),
                    CertificateFacts.read(session, password),
                    password);
        } catch (SqlServerUnavailable e) {
            throw Failures.sqlServer(e, env, "master");
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        } catch (CatalogException e) {
            throw Failures.catalog(e, env);
        }
    }

    /// Long enough that its letters alone are no weak point, and of the kinds that a password policy asks for.
    private static String password() {
        SecureRandom random = new SecureRandom();
        StringBuilder password = new StringBuilder("aA2-");
        while (password.length() < PASSWORD) {
            password.append(LETTERS.charAt(random.nextInt(LETTERS.length())));
        }
        return password.toString();
    }

    private InstanceArchive archive(Facts facts, List<String> notes) {
        SettingStatements settings = new SettingStatements(facts.settings(), facts.principals(), notes::add);
        LoginStatements logins = new LoginStatements(facts.principals(), notes::add);
        JobStatements jobs = new JobStatements(facts.jobs(), id, notes::add);
        List<ExportFile> files = List.of(
                new ExportFile(
                        "01-configuration.sql",
                        "Settings of sp_configure; those that fit one machine only are comments.",
                        settings.settings()),
                new ExportFile(
                        "02-certificates.sql",
                        "Certificates of master with their private keys: before any restore that needs them.",
                        new CertificateStatements(facts.certificates(), facts.password(), notes::add).certificates()),
                new ExportFile(
                        "03-logins.sql",
                        "Logins with SID and password hash. Run it again when the databases are back, for default databases.",
                        logins.logins()),
                new ExportFile("04-server-roles.sql", "Server roles and their members.", logins.roles()),
                new ExportFile("05-permissions.sql", "Permissions of the server and of logins.", logins.permissions()),
                new ExportFile(
                        "06-linked-servers.sql", "Linked servers without their passwords.", settings.linkedServers()),
                new ExportFile("07-jobs.sql", "Jobs of SQL Server Agent, all of them disabled.", jobs.jobs()),
                new ExportFile(
                        ReplayRun.ENABLE_JOBS,
                        "Enables the jobs that were: when the databases are back.",
                        jobs.enabling()));
        return InstanceArchive.of(
                new ExportOrigin(env.identity(), facts.server(), facts.at().truncatedTo(ChronoUnit.SECONDS), id),
                files,
                List.of(
                        "Export of the instance %s (%s), %s, by Sluice %s."
                                .formatted(facts.server(), env.identity(), facts.at(), env.version()),
                        "Run each file with `sqlcmd -b -x -i FILE`, or all of them with `sluice export replay`."),
                notes);
    }

    private void store(ExportKey key, byte[] sealed) {
        try {
            Blocking.uncancellably(env.catalog().exports().write(key, sealed));
        } catch (S3Failure e) {
            throw Failures.store(e, List.of());
        }
    }

    /// For the eyes of this user alone, and over nothing that is there.
    private static void write(Path file, byte[] sealed) {
        try {
            PrivateFile.write(file, sealed);
        } catch (FileAlreadyExistsException e) {
            throw new OperationFailed(
                    FailureId.FILE_EXISTS,
                    "The file %s is there already".formatted(file),
                    file.toString(),
                    "Name another file.",
                    e);
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.DIRECTORY_NOT_WRITABLE,
                    "The file %s cannot be written: %s".formatted(file, e.getMessage()),
                    file.toString(),
                    e);
        }
    }
}
