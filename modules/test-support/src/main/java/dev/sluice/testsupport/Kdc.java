package dev.sluice.testsupport;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Assumptions;

/// A domain for tests: MIT's own KDC as a process without rights, on a free port of 127.0.0.1, with all its
/// files in one directory.
///
/// **Ownership:** the caller that starts it closes it.
///
/// **Threading:** one thread at a time.
public final class Kdc implements AutoCloseable {

    public static final String REALM = "SLUICE.TEST";

    private static final List<String> PROGRAMS = List.of("krb5kdc", "kdb5_util", "kadmin.local");
    private static final Duration STARTS_WITHIN = Duration.ofSeconds(20);
    private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

    private final Path directory;
    private final int port;
    private @Nullable Process process;

    private Kdc(Path directory, int port) {
        this.directory = directory;
        this.port = port;
    }

    /// Skips the test, visibly, where Debian's packages krb5-kdc and krb5-admin-server are missing.
    public static void assumeInstalled() {
        List<String> missing =
                PROGRAMS.stream().filter(name -> find(name) == null).toList();
        Assumptions.assumeTrue(missing.isEmpty(), "not installed: " + String.join(", ", missing));
    }

    /// Creates the realm and starts its KDC.
    ///
    /// @param directory an empty one
    /// @param longest   life of a ticket. Clocks may differ by 5 s, and for so much longer a ticket is taken
    public static Kdc start(Path directory, Duration longest) throws IOException, InterruptedException {
        Kdc kdc = new Kdc(directory, freePort());
        kdc.configure(longest);
        kdc.run("kdb5_util", "create", "-s", "-W", "-r", REALM, "-P", "no secret");
        kdc.resume();
        return kdc;
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, LOOPBACK)) {
            return socket.getLocalPort();
        }
    }

    private void configure(Duration longest) throws IOException {
        Files.writeString(krb5Conf(), String.format(Locale.ROOT, """
                        [libdefaults]
                          default_realm = %1$s
                          dns_lookup_kdc = false
                          dns_lookup_realm = false
                          rdns = false
                          udp_preference_limit = 1
                          clockskew = 5
                        [realms]
                          %1$s = {
                            kdc = 127.0.0.1:%2$d
                          }
                        """, REALM, port));
        Files.writeString(
                directory.resolve("kdc.conf"),
                String.format(Locale.ROOT, """
                        [realms]
                          %1$s = {
                            database_name = %2$s/principal
                            key_stash_file = %2$s/stash
                            acl_file = %2$s/kadm5.acl
                            kdc_listen = 127.0.0.1:%3$d
                            kdc_tcp_listen = 127.0.0.1:%3$d
                            max_life = %4$ds
                            max_renewable_life = 0s
                            default_principal_flags = +preauth
                          }
                        [logging]
                          kdc = FILE:%2$s/kdc.log
                        """, REALM, directory, port, longest.toSeconds()));
    }

    /// Kerberos' configuration for clients.
    public Path krb5Conf() {
        return directory.resolve("krb5.conf");
    }

    /// Everything that the KDC has logged: a line for each request.
    public String log() throws IOException {
        Path log = directory.resolve("kdc.log");
        return Files.exists(log) ? Files.readString(log) : "";
    }

    /// Creates an account with a random key.
    ///
    /// @param name without the realm
    public void account(String name) throws IOException, InterruptedException {
        admin("addprinc -randkey " + name);
    }

    /// Writes the account's present key into a new file.
    public Path keytab(String name, String file) throws IOException, InterruptedException {
        Path keytab = directory.resolve(file);
        admin("ktadd -norandkey -k %s %s".formatted(keytab, name));
        return keytab;
    }

    /// Gives the account another key, so that keytabs of before are useless.
    public void changeKey(String name) throws IOException, InterruptedException {
        admin("cpw -randkey " + name);
    }

    /// A command of `kadmin.local`.
    public void admin(String command) throws IOException, InterruptedException {
        run("kadmin.local", "-r", REALM, "-q", command);
    }

    /// Ends the KDC as a crash does; the realm stays.
    public void stop() throws InterruptedException {
        Process running = process;
        if (running != null) {
            running.destroyForcibly();
            if (!running.waitFor(STARTS_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
                throw new IllegalStateException("the KDC does not end: " + running);
            }
            process = null;
        }
    }

    /// Starts the KDC again, on the same port.
    public void resume() throws IOException, InterruptedException {
        Process started = builder("krb5kdc", "-n", "-r", REALM).start();
        process = started;
        long deadline = System.nanoTime() + STARTS_WITHIN.toNanos();
        while (true) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(LOOPBACK, port), 1_000);
                return;
            } catch (IOException e) {
                if (!started.isAlive() || System.nanoTime() > deadline) {
                    stop();
                    throw new IOException("the KDC did not start: " + output(), e);
                }
            }
            Thread.sleep(Duration.ofMillis(20));
        }
    }

    private void run(String... command) throws IOException, InterruptedException {
        Process running = builder(command).start();
        if (!running.waitFor(STARTS_WITHIN.toSeconds(), TimeUnit.SECONDS)) {
            running.destroyForcibly();
            throw new IOException("%s did not end".formatted(String.join(" ", command)));
        }
        String said = output();
        // kadmin.local ends with 0 whatever its commands came to.
        if (running.exitValue() != 0 || said.contains(" while ")) {
            throw new IOException("%s failed: %s".formatted(String.join(" ", command), said));
        }
    }

    private String output() {
        try {
            return Files.readString(directory.resolve("output"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private ProcessBuilder builder(String... command) throws IOException {
        List<String> words = new ArrayList<>(List.of(command));
        Path program = find(command[0]);
        if (program == null) {
            throw new IOException("%s is not installed".formatted(command[0]));
        }
        words.set(0, program.toString());
        ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
        builder.redirectOutput(directory.resolve("output").toFile());
        builder.environment().put("KRB5_CONFIG", krb5Conf().toString());
        builder.environment()
                .put("KRB5_KDC_PROFILE", directory.resolve("kdc.conf").toString());
        return builder;
    }

    private static @Nullable Path find(String program) {
        return Stream.concat(Stream.of(System.getenv("PATH").split(":", -1)), Stream.of("/usr/sbin", "/usr/local/sbin"))
                .map(place -> Path.of(place, program))
                .filter(Files::isExecutable)
                .findFirst()
                .orElse(null);
    }

    @Override
    public void close() {
        try {
            stop();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
