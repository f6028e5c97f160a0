package dev.sluice.benchmarks.fleet;

import dev.sluice.simulator.s3.EmbeddedS3;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/// `benchmarks/fleet`: `sluice fleet` over many servers with many databases each.
///
/// The bucket is that of the embedded S3, with every request so late; the program is a process of its own, as
/// `./sluice` starts it. Time and processor time are those of the whole process, its start included.
public final class FleetMeasurement {

    private final int servers;
    private final int databases;
    private final int runs;
    private final Duration latency;
    private final Path root;
    private final Path home;

    private FleetMeasurement(List<String> options, Path root, Path home) {
        this.servers = number(options, "--servers", 500);
        this.databases = number(options, "--databases", 40);
        this.runs = number(options, "--runs", 5);
        this.latency = Duration.ofMillis(number(options, "--latency", 20));
        this.root = root;
        this.home = home;
    }

    /// @param args the checkout, then options
    public static void main(String[] args) throws Exception {
        List<String> options = List.of(args);
        if (options.contains("--help")) {
            System.out.println("""
                    benchmarks/fleet [OPTION VALUE]…
                      --servers N     below one prefix (500)
                      --databases N   of each (40)
                      --latency MS    of each request (20)
                      --runs N        of each form (5)""");
            return;
        }
        Path home = Files.createTempDirectory("sluice-fleet-");
        try {
            new FleetMeasurement(options, Path.of(args[0]), home).run();
        } finally {
            try (Stream<Path> files = Files.walk(home)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
        System.exit(0); // the embedded server has threads of its own
    }

    private static int number(List<String> options, String name, int otherwise) {
        int at = options.indexOf(name);
        return at < 0 ? otherwise : Integer.parseInt(options.get(at + 1));
    }

    private void run() throws Exception {
        try (EmbeddedS3 s3 = EmbeddedS3.start(home.resolve("s3"), "backups");
                LateRelay relay = new LateRelay(s3.endpoint(), latency)) {
            fill();
            Files.writeString(home.resolve("fleet.yaml"), """
                    store:
                      bucket: backups
                      prefix: prod
                      endpoint: %s
                      credentials: { access-key-id: %s, secret-access-key: %s }
                    """.formatted(
                            relay.endpoint(), s3.accessKeyId(), s3.secretAccessKey()));
            System.out.printf(
                    Locale.ROOT,
                    "%d servers × %d databases, each request %d ms late%n%n| form | seconds | CPU s | requests | peak RSS MiB |%n|---|---|---|---|---|%n",
                    servers,
                    databases,
                    latency.toMillis());
            once(relay, List.of()); // a checkout's first start prepares the following ones
            report(relay, "table", List.of());
            report(relay, "`--wrong`", List.of("--wrong"));
            report(relay, "`--json`", List.of("--json"));
        }
    }

    private record Cost(double seconds, double cpu, long requests, double memory) {}

    private void report(LateRelay relay, String form, List<String> options) throws Exception {
        List<Cost> costs = new ArrayList<>();
        for (int i = 0; i < runs; i++) {
            costs.add(once(relay, options));
        }
        System.out.printf(
                Locale.ROOT,
                "| %s | %s | %s | %d | %s |%n",
                form,
                spread(costs.stream().map(Cost::seconds).toList(), "%.1f"),
                spread(costs.stream().map(Cost::cpu).toList(), "%.1f"),
                costs.getLast().requests(),
                spread(costs.stream().map(Cost::memory).toList(), "%.0f"));
    }

    /// The median, with the least and the most.
    private static String spread(List<Double> values, String form) {
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        return String.format(
                Locale.ROOT,
                form + " (" + form + "–" + form + ")",
                sorted.get(sorted.size() / 2),
                sorted.getFirst(),
                sorted.getLast());
    }

    /// By GNU time, which waits for the process and asks the kernel what it took.
    private Cost once(LateRelay relay, List<String> options) throws Exception {
        Path cost = home.resolve("cost");
        List<String> command = new ArrayList<>(List.of(
                "/usr/bin/time",
                "-o",
                cost.toString(),
                "-f",
                "%e %U %S %M",
                root.resolve("sluice").toString(),
                "fleet",
                "--config",
                home.resolve("fleet.yaml").toString()));
        command.addAll(options);
        long before = relay.requests();
        Process process = new ProcessBuilder(command)
                .redirectOutput(home.resolve("out").toFile())
                .redirectError(Redirect.INHERIT)
                .start();
        int code = process.waitFor();
        if (code != 3) {
            throw new IOException("one server is not well, so the exit code should be 3, and is " + code);
        }
        String said = Files.readString(home.resolve("out"));
        if (!said.contains("the last log backup failed")) {
            throw new IOException("what is wrong is not told: " + said);
        }
        List<String> lines = Files.readAllLines(cost, StandardCharsets.US_ASCII);
        String[] numbers = lines.getLast().split(" ", -1);
        return new Cost(
                Double.parseDouble(numbers[0]),
                Double.parseDouble(numbers[1]) + Double.parseDouble(numbers[2]),
                relay.requests() - before,
                Long.parseLong(numbers[3]) / 1024.0);
    }

    /// Summaries as `serve` writes them, and one backup's entry beside each, which is not to be read.
    private void fill() throws IOException {
        Instant now = Instant.now();
        for (int i = 0; i < servers; i++) {
            String name = String.format(Locale.ROOT, "sql-%04d", i);
            Path directory = home.resolve("s3/backups/prod").resolve(name);
            Files.createDirectories(directory.resolve("catalog/a-0123456789abcdef"));
            Files.writeString(directory.resolve("catalog/a-0123456789abcdef/x.json"), "{}");
            boolean bad = i == servers / 2;
            Files.writeString(directory.resolve("summary.json"), """
                    {
                      "schemaVersion" : 2,
                      "schemaMinor" : 0,
                      "sluiceVersion" : "1.0",
                      "server" : "%s",
                      "identity" : { "serverName" : "%s" },
                      "writtenAt" : "%s",
                      "interval" : 86400,
                      "unmet" : [ ],
                      "databases" : [ %s ],
                      "omitted" : 0,
                      "shared" : false
                    }""".formatted(
                            name,
                            name,
                            now,
                            IntStream.range(0, databases)
                                    .mapToObj(number -> database(number, bad && number == 0, now))
                                    .collect(Collectors.joining(", "))));
        }
    }

    private static String database(int number, boolean bad, Instant now) {
        String type = """
                {
                    "type" : "%s",
                    "last" : "%s",
                    "next" : "%s",
                    "failed" : %s
                  }""";
        return String.format(
                Locale.ROOT,
                """
                {
                  "name" : "Tenant%03d",
                  "condition" : "%s",
                  "problems" : [ %s ],
                  "earliest" : "%s",
                  "latest" : "%s",
                  "unconfirmed" : 0,
                  "types" : [ %s, %s, %s ],
                  "drill" : {
                    "outcome" : "SOUND",
                    "finishedAt" : "%s"
                  }
                }""",
                number,
                bad ? "FAILING" : "WELL",
                bad ? "\"Its state is bad: the last log backup failed.\"" : "",
                now.minus(Duration.ofDays(35)),
                now.minusSeconds(100),
                type.formatted("FULL", now.minus(Duration.ofDays(2)), now.plus(Duration.ofDays(5)), false),
                type.formatted("DIFFERENTIAL", now.minus(Duration.ofDays(1)), now.plus(Duration.ofDays(1)), false),
                type.formatted("LOG", now.minusSeconds(100), now.plusSeconds(200), bad),
                now.minus(Duration.ofDays(3)));
    }
}
