package dev.sluice.benchmarks.many;

import dev.sluice.benchmarks.compare.Certificate;
import dev.sluice.benchmarks.compare.ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.SQLException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// `benchmarks/many-databases`: `sluice serve` takes a log backup of each database every minute.
///
/// The program, the simulator and the S3 server are three processes of one machine. The S3 server answers over https,
/// each request 20 ms late. Between two backups of a database one transaction changes one of its pages. At the end it
/// asks for what a person and Prometheus look at.
public final class ManyDatabases {
    private static final String PASSWORD = "Many#Databases1";
    private static final Duration FULL_BACKUPS = Duration.ofMinutes(15);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration MINUTE = Duration.ofMinutes(1);
    private static final double NANOS_PER_MILLI = 1e6;
    private static final int LOOK_TIMES = 20;
    private static final List<String> LOOKS = List.of(
            "/metrics",
            "/api/v1/status",
            "/api/v1/history/days",
            "/api/v1/history?limit=1000",
            "/api/v1/backups?database=Tenant001");

    private final int databases;
    private final int minutes;
    private final int running;
    private final Duration latency;
    private final Path root;
    private final Path home;
    private final Path shared;

    /// @param root   the checkout
    /// @param home   for files of this run
    /// @param shared for virtual devices
    private ManyDatabases(List<String> options, Path root, Path home, Path shared) {
        this.databases = number(options, "--databases", 300);
        this.minutes = number(options, "--minutes", 30);
        this.running = number(options, "--running", 2);
        this.latency = Duration.ofMillis(number(options, "--latency", 20));
        this.root = root;
        this.home = home;
        this.shared = shared;
    }

    /// @param args the checkout, then options
    public static void main(String[] args) throws Exception {
        List<String> options = List.of(args);
        if (options.contains("--help")) {
            System.out.println("""
                    benchmarks/many-databases [OPTION VALUE]…
                      --databases N   with a log backup every minute each (300)
                      --minutes N     to measure, after a first one that does not count (30)
                      --running N     schedule.running, the backups at once (2)
                      --latency MS    of each request to S3 (20)""");
            return;
        }
        Path home = Files.createTempDirectory("sluice-many-");
        Path shared = Files.createTempDirectory(Path.of("/dev/shm"), "sluice-many-");
        try {
            new ManyDatabases(options, Path.of(args[0]), home, shared).run();
        } finally {
            delete(home);
            delete(shared);
        }
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder())
                    .forEach(file -> file.toFile().delete());
        }
    }

    private static int number(List<String> options, String name, int otherwise) {
        int at = options.indexOf(name);
        return at < 0 ? otherwise : Integer.parseInt(options.get(at + 1));
    }

    private void run() throws Exception {
        Certificate.create(home);
        try (ServerProcess s3 = ServerProcess.distant(home, latency);
                Program simulator = Program.simulator(root, home, shared, PASSWORD, names());
                Program serve = Program.serve(root, home, configuration(s3, simulator), simulator);
                Workload workload = new Workload(simulator.said("jdbcUrl"), names())) {
            Metrics begun = awaitFullBackups(serve);
            System.err.printf(Locale.ROOT, "%d full backups are there%n", begun.good("full"));
            Thread.ofPlatform().daemon().name("workload").start(workload);
            measure(serve, simulator);
            look(serve);
        }
    }

    /// What the status page, Prometheus and a person ask for, while backups go on.
    private static void look(Program serve) throws IOException {
        for (String path : LOOKS) {
            List<Program.Answer> answers = new ArrayList<>();
            for (int i = 0; i < LOOK_TIMES; i++) {
                answers.add(serve.ask(path));
            }
            answers.sort(Comparator.comparingLong(Program.Answer::nanos));
            System.out.printf(
                    Locale.ROOT,
                    "%-45s %6d KiB %6.0f ms (the slowest of %d: %.0f)%n",
                    path,
                    answers.getLast().bytes() >> 10,
                    answers.get(LOOK_TIMES / 2).nanos() / NANOS_PER_MILLI,
                    LOOK_TIMES,
                    answers.getLast().nanos() / NANOS_PER_MILLI);
        }
    }

    private List<String> names() {
        return IntStream.rangeClosed(1, databases)
                .mapToObj(number -> String.format(Locale.ROOT, "Tenant%03d", number))
                .toList();
    }

    private String configuration(ServerProcess s3, Program simulator) throws IOException {
        return String.format(
                Locale.ROOT,
                """
                server: { url: "%s", user: sa, password: "%s", identity: many }
                vdi: { provider: simulator, library: "%s" }
                store:
                  bucket: backups
                  region: us-east-1
                  endpoint: "%s"
                  ca: "%s"
                  credentials: { access-key-id: any, secret-access-key: any }
                schedule: { running: %d }
                http: { listen: "127.0.0.1:%d" }
                policies:
                  - databases: ["Tenant*"]
                    full: "0 0 1 1 *"
                    log: "* * * * *"
                """,
                simulator.said("jdbcUrl"),
                PASSWORD,
                simulator.said("vdiLibrary"),
                s3.endpoint("https"),
                home.resolve("ca.pem"),
                running,
                Program.freePort());
    }

    private Metrics awaitFullBackups(Program serve) throws IOException, InterruptedException {
        long end = System.nanoTime() + FULL_BACKUPS.toNanos();
        while (System.nanoTime() < end) {
            Thread.sleep(LOOK);
            Metrics metrics = serve.metrics();
            if (metrics.good("full") >= databases) {
                return metrics;
            }
        }
        throw new IOException("the first full backups took longer than " + FULL_BACKUPS);
    }

    /// A line for each minute, and a summary that leaves the first minute out.
    private void measure(Program serve, Program simulator) throws IOException, InterruptedException {
        System.out.printf(
                "%6s %8s %8s %9s %9s %7s %7s %7s%n",
                "minute", "logs", "failed", "CPU s/log", "requests", "age s", "RSS", "anon");
        List<Minute> all = new ArrayList<>();
        Metrics last = serve.metrics();
        double lastCpu = serve.cpuSeconds();
        double simulatorCpu = simulator.cpuSeconds();
        for (int minute = 0; minute <= minutes; minute++) {
            Thread.sleep(MINUTE);
            Metrics now = serve.metrics();
            double cpu = serve.cpuSeconds();
            Minute one = new Minute(
                    now.good("log") - last.good("log"),
                    now.failed() - last.failed(),
                    cpu - lastCpu,
                    now.requests() - last.requests(),
                    now.oldestLog(),
                    serve.memory("VmRSS"),
                    serve.memory("RssAnon"));
            System.out.printf(
                    Locale.ROOT,
                    "%6d %8d %8d %9.3f %9.1f %7.0f %7d %7d%n",
                    minute,
                    one.logs,
                    one.failed,
                    one.cpu / Math.max(1, one.logs),
                    one.requests / (double) Math.max(1, one.logs),
                    one.age,
                    one.rss >> 20,
                    one.anon >> 20);
            if (minute > 0) {
                all.add(one);
            } else {
                simulatorCpu = simulator.cpuSeconds();
            }
            last = now;
            lastCpu = cpu;
        }
        long logs = all.stream().mapToLong(Minute::logs).sum();
        System.out.printf(
                Locale.ROOT,
                "%d databases, %d at once, %d ms: %.0f log backups a minute (%d to %d), %d failed, %.3f CPU s each"
                        + " (the simulator: %.3f), %.1f requests each, the oldest was %.0f s old, at most %d MiB resident%n",
                databases,
                running,
                latency.toMillis(),
                logs / (double) minutes,
                all.stream().mapToLong(Minute::logs).min().orElse(0),
                all.stream().mapToLong(Minute::logs).max().orElse(0),
                all.stream().mapToLong(Minute::failed).sum(),
                all.stream().mapToDouble(Minute::cpu).sum() / logs,
                (simulator.cpuSeconds() - simulatorCpu) / logs,
                all.stream().mapToLong(Minute::requests).sum() / (double) logs,
                all.stream().mapToDouble(Minute::age).max().orElse(0),
                all.stream().mapToLong(Minute::rss).max().orElse(0) >> 20);
    }

    /// What one minute has brought.
    ///
    /// @param age  seconds since the oldest of the last log backups ended
    /// @param rss  bytes of resident memory at its end
    private record Minute(long logs, long failed, double cpu, long requests, double age, long rss, long anon) {}

    /// One changed page in each database, round and round.
    private static final class Workload implements Runnable, AutoCloseable {
        private final Connection connection;
        private final List<String> databases;
        private volatile boolean closed;

        Workload(String url, List<String> databases) throws SQLException {
            this.connection = DriverManager.getConnection(url, "sa", PASSWORD);
            this.databases = databases;
        }

        @Override
        public void run() {
            Duration pause = MINUTE.dividedBy(databases.size());
            try (PreparedStatement change = connection.prepareStatement(
                    "EXEC sluice_workload @database = ?, @transactions = 1, @changes = 1, @seed = ?")) {
                for (int round = 0; ; round++) {
                    for (String database : databases) {
                        change.setString(1, database);
                        change.setInt(2, round);
                        change.execute();
                        Thread.sleep(pause);
                    }
                }
            } catch (SQLException | InterruptedException e) {
                // Without changes the log backups would be smaller ones.
                if (!closed) {
                    System.err.println("the workload has ended: " + e);
                }
            }
        }

        @Override
        public void close() throws SQLException {
            closed = true;
            connection.close();
        }
    }
}
