package dev.sluice.sidecar.init;

import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.s3.BucketSettings;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.doctor.DoctorFinding;
import dev.sluice.sidecar.doctor.ServerCheck;
import dev.sluice.sidecar.install.ConfiguredInstallation;
import dev.sluice.sidecar.install.ConfiguredStore;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// Looks at SQL Server and the bucket before the files are written, and changes neither. What cannot be
/// reached yields a finding with something to try, never a failure: files are often written before there is a
/// login or a bucket.
///
/// **Threading:** blocks; each request ends after seconds.
///
/// @param answers       what was chosen
/// @param configuration the same, with the secrets that are there
public record InitLook(InitAnswers answers, Configuration configuration) {

    private static final int CONNECT_MILLIS = 5_000;
    private static final Duration PATIENTLY = Duration.ofSeconds(40);
    private static final int LOGIN_FAILED = 18456;
    private static final int FORBIDDEN = 403;
    private static final int NOT_FOUND = 404;

    /// What was seen, SQL Server first.
    public List<InitFinding> findings() {
        List<InitFinding> findings = new ArrayList<>(server());
        findings.addAll(bucket());
        return findings;
    }

    private List<InitFinding> server() {
        ServerAddress address = answers.server();
        if (address.hasKnownPort()) {
            try (Socket socket = new Socket()) {
                String host = address.host().replaceAll("[\\[\\]]", "");
                socket.connect(new InetSocketAddress(host, address.portOrDefault()), CONNECT_MILLIS);
            } catch (IOException e) {
                return List.of(new InitFinding(
                        String.format(
                                Locale.ROOT,
                                "SQL Server: no connection to port %d of %s (%s)",
                                address.portOrDefault(),
                                address.host(),
                                String.valueOf(e.getMessage())),
                        "Check that SQL Server runs there, that its port is right (--server HOST:PORT), and that no firewall is"
                                + " in between."));
            }
        }
        return login();
    }

    private List<InitFinding> login() {
        SqlServer server = ConfiguredInstallation.serverOf(configuration.server());
        List<InitFinding> findings = new ArrayList<>();
        try (SqlSession _ = server.connect()) {
            findings.add(InitFinding.good("SQL Server: %s answers; %s".formatted(answers.server(), certificate())));
        } catch (SqlServerUnavailable e) {
            findings.add(refused(e));
            return findings;
        }
        for (DoctorFinding finding : new ServerCheck(server).findings()) {
            if (!finding.id().equals("server-reachable")) {
                findings.add(new InitFinding("SQL Server: " + finding.evidence(), finding.fix()));
            }
        }
        return findings;
    }

    private String certificate() {
        return answers.trustCertificate()
                ? "its certificate is not checked (trustServerCertificate=true)"
                : "its certificate is trusted";
    }

    private InitFinding refused(SqlServerUnavailable e) {
        if (e.number() == LOGIN_FAILED) {
            return new InitFinding(
                    "SQL Server: %s answers; %s; it refuses the login %s (error 18456)"
                            .formatted(
                                    answers.server(),
                                    certificate(),
                                    answers.login().name()),
                    refusedRemedy(e));
        }
        String what = "SQL Server: %s".formatted(oneLine(e.getMessage()));
        if (e.remedy().isPresent()) {
            return new InitFinding(what, e.remedy().get());
        }
        return e.isDistrust()
                ? new InitFinding(what, ServerCheck.TRUST)
                : new InitFinding(
                        what, "Check that it is SQL Server that listens there, and that the instance's name is right.");
    }

    private String refusedRemedy(SqlServerUnavailable e) {
        if (!(answers.login() instanceof InitLogin.WithPassword login)) {
            return "Run %s: it makes the login. %s".formatted(InitFiles.LOGIN, oneLine(e.getMessage()));
        }
        String place = switch (login.password()) {
            case SecretReference.InFile(var file) -> file.toString();
            case SecretReference.ToFile(var file, var _) -> file.toString();
            case SecretReference.InEnvironment(String name) -> "the variable " + name;
        };
        return switch (login.presence()) {
            case THERE ->
                "The login exists already, so its password is wrong, or it is disabled: correct the password in %s, then run `sluice doctor`."
                        .formatted(place);
            case NEW ->
                "Run %s: it makes the login. If there is one already, it keeps its password: put that into %s."
                        .formatted(InitFiles.LOGIN, place);
            case UNKNOWN ->
                "Run %s: it makes the login. If there is one already, its password is not the one in %s: correct it there."
                        .formatted(InitFiles.LOGIN, place);
        };
    }

    private List<InitFinding> bucket() {
        try (S3Store store = ConfiguredStore.open(ConfiguredStore.impatient(configuration))) {
            List<InitFinding> findings = new ArrayList<>();
            InitFinding there = asked(
                    "the bucket",
                    store.check(),
                    _ -> InitFinding.good("Bucket: %s answers%s, and these credentials may list it"
                            .formatted(
                                    answers.bucket(),
                                    store.tls().isPresent() ? " over https, with a trusted certificate" : "")));
            findings.add(there);
            if (there.warns()) {
                return findings; // the other requests would only repeat it
            }
            findings.add(InitFinding.good(
                    answers.region() == null
                            ? "Bucket: no region is set, and the server asked for no other than us-east-1"
                            : "Bucket: its region is %s, or it accepts that one".formatted(answers.region())));
            findings.add(asked("whether it keeps versions", BucketSettings.versioning(store), InitLook::versioning));
            findings.add(asked("whether it has Object Lock", BucketSettings.lock(store), this::lock));
            return findings;
        } catch (OperationFailed e) {
            return List.of(new InitFinding("Bucket: " + oneLine(e.what()), e.hint()));
        }
    }

    private static InitFinding versioning(BucketSettings.Versioning versioning) {
        return InitFinding.good(
                switch (versioning) {
                    case ENABLED ->
                        "Bucket: it keeps versions, so what prune removes stays behind a delete marker until a lifecycle rule"
                                + " ends it";
                    case SUSPENDED -> "Bucket: versioning is suspended, and older versions stay";
                    case OFF -> "Bucket: it keeps no versions, so a removed object is gone";
                });
    }

    private InitFinding lock(BucketSettings.Lock lock) {
        String own = lock.lockedByItself() == null
                ? ""
                : "; by itself it locks objects in %s".formatted(lock.lockedByItself());
        if (lock.available()) {
            return InitFinding.good("Bucket: it has Object Lock" + own);
        }
        return answers.lock() == null
                ? InitFinding.good("Bucket: it has no Object Lock, and none was chosen")
                : new InitFinding(
                        "Bucket: it has no Object Lock, and --object-lock was chosen",
                        "Name a bucket that was made with Object Lock, or leave --object-lock away.");
    }

    /// @param what the question, for the case that there is no answer
    private <T> InitFinding asked(String what, Mono<T> request, Function<T, InitFinding> told) {
        try {
            // A bound of its own: the store's requests are tried for longer.
            return Blocking.uncancellably(request.map(told).timeout(PATIENTLY, Mono.empty()))
                    .orElseGet(() -> new InitFinding("Bucket: no answer about " + what, "Try again."));
        } catch (S3Failure e) {
            return e.status() != 0 && e.operation().startsWith("Get")
                    // The policy has no right to ask, so this is how it will be with Sluice's own
                    // credentials.
                    ? InitFinding.good(
                            "Bucket: it does not tell these credentials %s (HTTP %s), and Sluice need not know"
                                    .formatted(what, Integer.toString(e.status())))
                    : new InitFinding("Bucket: " + oneLine(e.getMessage()), remedy(e));
        }
    }

    private static String remedy(S3Failure e) {
        if (e.region().isPresent()) {
            return "Say --region %s.".formatted(e.region().get());
        }
        if (e.remedy().isPresent()) {
            return e.remedy().get();
        }
        if (e.code().equals(S3Failure.NO_CREDENTIALS)) {
            return "Give Sluice's machine a role, or name a key pair with --access-key-id and --secret-key-file.";
        }
        return switch (e.status()) {
            case 0 -> "Check --endpoint and --region, and that this machine may connect to it.";
            case FORBIDDEN ->
                "Give %s to the user or role whose credentials Sluice has, and check the credentials."
                        .formatted(InitFiles.POLICY);
            case NOT_FOUND -> "Make the bucket, or correct --bucket.";
            default -> "Check --endpoint, --region and --bucket.";
        };
    }

    private static String oneLine(@Nullable String text) {
        return String.valueOf(text).lines().findFirst().orElse("");
    }
}
