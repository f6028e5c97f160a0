package dev.sluice.benchmarks.compare;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What `benchmarks/compare` was asked for.
///
/// @param size     bytes for the fast clients (raw Netty, the floor, Sluice)
/// @param slowSize bytes for all others
record Options(
        List<Client> clients,
        List<String> schemes,
        List<String> directions,
        int runs,
        long size,
        long slowSize,
        int partSize,
        int parallel,
        int stripes,
        long budget,
        boolean memory,
        boolean aot,
        @Nullable Path json,
        @Nullable Path markdown,
        @Nullable Path plot) {

    private static final String USAGE = """
            benchmarks/compare [OPTION VALUE]…
              --quick                 2 GiB, 1 GiB for the slow clients, 3 runs
              --runs N                runs of every row, in turns (5)
              --size SIZE             for raw-netty, floor and sluice (20g)
              --slow-size SIZE        for the others (2g)
              --clients A,B           some of the rows
              --schemes http,https
              --directions upload,download
              --part-size SIZE        of raw-netty, floor and sluice (64m); 0 lets Sluice choose
              --parallel N            connections of raw-netty and floor (8)
              --stripes N             devices of sluice (1)
              --budget SIZE           sluice's memory (512m)
              --no-aot                start Java without a cache of loaded classes and profiles
              --memory                also print the peak of anonymous memory
              --json FILE  --markdown FILE  --plot FILE.png""";

    static Options parse(List<String> args) {
        if (args.contains("--help")) {
            System.out.println(USAGE);
            System.exit(0);
        }
        boolean quick = args.contains("--quick");
        String clients = value(args, "--clients", "");
        return new Options(
                clients.isEmpty() ? Client.usual() : named(clients),
                List.of(value(args, "--schemes", "http,https").split(",", -1)),
                List.of(value(args, "--directions", "upload,download").split(",", -1)),
                Integer.parseInt(value(args, "--runs", quick ? "3" : "5")),
                size(value(args, "--size", quick ? "2g" : "20g")),
                size(value(args, "--slow-size", quick ? "1g" : "2g")),
                (int) size(value(args, "--part-size", "64m")),
                Integer.parseInt(value(args, "--parallel", "8")),
                Integer.parseInt(value(args, "--stripes", "1")),
                size(value(args, "--budget", "512m")),
                args.contains("--memory"),
                !args.contains("--no-aot"),
                file(args, "--json"),
                file(args, "--markdown"),
                file(args, "--plot"));
    }

    private static List<Client> named(String names) {
        List<Client> clients = new ArrayList<>();
        for (String name : names.split(",", -1)) {
            clients.add(Arrays.stream(Client.values())
                    .filter(client -> client.label.equals(name))
                    .findFirst()
                    .orElseThrow(() -> new IllegalArgumentException("no client is called " + name)));
        }
        return clients;
    }

    private static @Nullable Path file(List<String> args, String option) {
        String value = value(args, option, "");
        return value.isEmpty() ? null : Path.of(value);
    }

    private static String value(List<String> args, String option, String otherwise) {
        int at = args.indexOf(option);
        return at < 0 ? otherwise : args.get(at + 1);
    }

    private static long size(String text) {
        char unit = text.charAt(text.length() - 1);
        return switch (unit) {
            case 'g' -> Long.parseLong(text.substring(0, text.length() - 1)) << 30;
            case 'm' -> Long.parseLong(text.substring(0, text.length() - 1)) << 20;
            default -> Long.parseLong(text);
        };
    }
}
