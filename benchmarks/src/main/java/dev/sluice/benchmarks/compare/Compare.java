package dev.sluice.benchmarks.compare;

import dev.sluice.benchmarks.nulls3.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/// `benchmarks/compare`: one table from one interleaved run. See `benchmarks/README.md`.
public final class Compare {
    private static final long GIB = 1L << 30;
    private static final int SLOW_PART = 16 << 20;
    private static final int SLOW_PARALLEL = 4;

    /// What a training run moves: enough for the code that matters to run often.
    private static final long TRAINING = 2 * GIB;

    private static final long SLOW_TRAINING = GIB / 2;
    private static final Duration COUNTED = Duration.ofSeconds(2);

    private final Options options;
    private final Path home;
    private final byte[] source = new byte[Content.PERIOD];

    private Compare(Options options, Path home) {
        this.options = options;
        this.home = home;
        Content.pattern().get(source);
    }

    /// @param args see [Options]
    public static void main(String[] args) throws IOException, InterruptedException {
        Options options = Options.parse(List.of(args));
        Path home = Files.createTempDirectory("sluice-compare-");
        try {
            new Compare(options, home).run();
        } finally {
            try (Stream<Path> files = Files.walk(home)) {
                files.sorted(Comparator.reverseOrder())
                        .forEach(file -> file.toFile().delete());
            }
        }
    }

    private void run() throws IOException, InterruptedException {
        Certificate.create(home);
        List<Row> rows = new ArrayList<>();
        for (String direction : options.directions()) {
            for (String scheme : options.schemes()) {
                for (Client client : options.clients()) {
                    if (client.available() && client.over(scheme)) {
                        rows.add(new Row(client, scheme, direction, client.fast ? options.size() : options.slowSize()));
                    }
                }
            }
        }
        options.clients().stream()
                .filter(client -> !client.available())
                .forEach(client -> System.err.println("skipped: " + client.label + " is not on the PATH"));
        List<Row> failed = new ArrayList<>();
        try (ServerProcess server = ServerProcess.start(home)) {
            if (options.aot()) {
                train(server, rows);
            }
            for (int run = 1; run <= options.runs(); run++) {
                for (Row row : rows) {
                    if (!failed.contains(row) && !measure(server, row, run)) {
                        failed.add(row);
                    }
                }
            }
        }
        rows.removeAll(failed);
        String table = Report.markdown(rows);
        System.out.println(table);
        if (options.memory()) {
            rows.forEach(row -> System.out.printf(
                    Locale.ROOT,
                    "peak anonymous memory, %s %s %s: %.0f MiB%n",
                    row.client().label,
                    row.direction(),
                    row.scheme(),
                    row.peakAnonMiB().max()));
        }
        if (options.json() != null) {
            Report.json(rows, options.json());
        }
        if (options.markdown() != null) {
            Files.writeString(options.markdown(), table);
        }
        if (options.plot() != null) {
            Report.plot(rows, options.plot());
        }
    }

    /// Every client in Java gets what Sluice's image brings along: a cache of loaded classes and profiles, made by a
    /// run that is not counted.
    private void train(ServerProcess server, List<Row> rows) throws InterruptedException {
        for (Row row : rows) {
            Client client = row.client();
            Path cache = cache(row);
            if (client.tool || Files.exists(cache)) {
                continue;
            }
            long bytes = client.fast ? TRAINING : SLOW_TRAINING;
            Client.Start start = client.start(
                    row.direction(), job(server, client, "http", bytes), home, List.of("-XX:AOTCacheOutput=" + cache));
            try {
                Measurement.of(start, 0, source, home.resolve("errors"));
            } catch (IOException e) {
                System.err.printf("no cache for %s %s: %s%n", client.label, row.direction(), e.getMessage());
            }
        }
    }

    private Path cache(Row row) {
        return home.resolve("%s-%s.aot".formatted(row.client().label, row.direction()));
    }

    private Job job(ServerProcess server, Client client, String scheme, long bytes) {
        return new Job(
                server.endpoint(scheme),
                bytes,
                client.fast ? options.partSize() : SLOW_PART,
                client.fast ? options.parallel() : SLOW_PARALLEL,
                client.sluice() ? options.stripes() : 1,
                options.budget());
    }

    /// Runs a row's client once more with each of both sizes; a client that fails is left out, with what it said.
    private boolean measure(ServerProcess server, Row row, int run) throws IOException, InterruptedException {
        Client client = row.client();
        try {
            Measurement measured = run(server, row, row.bytes());
            Measurement small = run(server, row, row.smallBytes());
            row.runs().add(measured);
            row.smallRuns().add(small);
            System.err.printf(
                    Locale.ROOT,
                    "run %d  %-8s %-5s %-21s %6.2f GiB/s  %6.2f CPU s/GiB  %5d MiB (anonymous %d); %.2f CPU s for a %dth%n",
                    run,
                    row.direction(),
                    row.scheme(),
                    client.label,
                    row.bytes() / (double) GIB / measured.seconds(),
                    measured.cpuSeconds() / (row.bytes() / (double) GIB),
                    measured.peakRss() >> 20,
                    measured.peakAnon() >> 20,
                    small.cpuSeconds(),
                    Row.FRACTION);
            return true;
        } catch (IOException e) {
            System.err.printf(
                    "left out: %s %s over %s: %s%n", client.label, row.direction(), row.scheme(), e.getMessage());
            return false;
        }
    }

    private Measurement run(ServerProcess server, Row row, long bytes) throws IOException, InterruptedException {
        Client client = row.client();
        boolean upload = row.direction().equals("upload");
        Job job = job(server, client, row.scheme(), bytes);
        Path cache = cache(row);
        List<String> jvm = Files.exists(cache) ? List.of("-XX:AOTCache=" + cache) : List.of();
        String counter = upload ? "stored" : "sent";
        long before = server.count(counter);
        Measurement measured = Measurement.of(
                client.start(row.direction(), job, home, jvm),
                client.tool && upload ? bytes : 0,
                source,
                home.resolve("errors"));
        // Sluice leaves out what does not fill a transfer of each stripe.
        long least = bytes - (client.sluice() ? (long) job.stripes() * MediaServer.TRANSFER : 0);
        long moved = await(server, counter, before, least);
        if (moved < least) {
            throw new IOException(String.format(
                    Locale.ROOT, "it ended well, and the server has %s %d bytes of %d", counter, moved, bytes));
        }
        if (client.tool && !upload && measured.written() != bytes) {
            throw new IOException(String.format(
                    Locale.ROOT, "it ended well, and has written %d bytes of %d", measured.written(), bytes));
        }
        return measured;
    }

    /// The server counts what it has sent just after the client has got it.
    private static long await(ServerProcess server, String counter, long before, long least)
            throws IOException, InterruptedException {
        long end = System.nanoTime() + COUNTED.toNanos();
        long moved = server.count(counter) - before;
        while (moved < least && System.nanoTime() < end) {
            Thread.sleep(10);
            moved = server.count(counter) - before;
        }
        return moved;
    }
}
