package dev.sluice.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;

/// All runs of one client in one direction over one scheme.
record Row(Client client, String scheme, String direction, long bytes, List<Measurement> runs) {
    private static final double GIB = 1L << 30;
    private static final double MIB = 1L << 20;

    Row(Client client, String scheme, String direction, long bytes) {
        this(client, scheme, direction, bytes, new ArrayList<>());
    }

    /// Over the runs.
    record Spread(double median, double min, double max) {
        static Spread of(List<Measurement> runs, ToDoubleFunction<Measurement> value) {
            double[] sorted = runs.stream().mapToDouble(value).sorted().toArray();
            int middle = sorted.length / 2;
            double median = sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
            return new Spread(median, sorted[0], sorted[sorted.length - 1]);
        }
    }

    Spread gibPerSecond() {
        return Spread.of(runs, run -> bytes / GIB / run.seconds());
    }

    Spread cpuSecondsPerGib() {
        return Spread.of(runs, run -> run.cpuSeconds() / (bytes / GIB));
    }

    Spread peakRssMiB() {
        return Spread.of(runs, run -> run.peakRss() / MIB);
    }

    Spread peakAnonMiB() {
        return Spread.of(runs, run -> run.peakAnon() / MIB);
    }
}
