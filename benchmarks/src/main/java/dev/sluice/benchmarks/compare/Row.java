package dev.sluice.benchmarks.compare;

import java.util.ArrayList;
import java.util.List;
import java.util.function.ToDoubleFunction;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;

/// All runs of one client in one direction over one scheme.
///
/// @param bytes     of a run
/// @param runs      of that size
/// @param smallRuns of a [#FRACTION]th of it, one beside each of the others
record Row(
        Client client,
        String scheme,
        String direction,
        long bytes,
        List<Measurement> runs,
        List<Measurement> smallRuns) {
    static final int FRACTION = 4;

    private static final double GIB = 1L << 30;
    private static final double MIB = 1L << 20;

    Row(Client client, String scheme, String direction, long bytes) {
        this(client, scheme, direction, bytes, new ArrayList<>(), new ArrayList<>());
    }

    long smallBytes() {
        return bytes / FRACTION;
    }

    /// Over the runs.
    record Spread(double median, double min, double max) {
        static Spread of(List<Measurement> runs, ToDoubleFunction<Measurement> value) {
            return of(runs.stream().mapToDouble(value));
        }

        static Spread of(DoubleStream values) {
            double[] sorted = values.sorted().toArray();
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

    /// What one more GiB costs: the slope of the line through a run and the smaller one beside it.
    Spread marginalCpuSecondsPerGib() {
        return Spread.of(IntStream.range(0, runs.size()).mapToDouble(this::marginal));
    }

    /// What a run costs that moves nothing: where that line begins.
    Spread fixedCpuSeconds() {
        return Spread.of(IntStream.range(0, runs.size())
                .mapToDouble(run -> runs.get(run).cpuSeconds() - marginal(run) * bytes / GIB));
    }

    private double marginal(int run) {
        return (runs.get(run).cpuSeconds() - smallRuns.get(run).cpuSeconds()) / ((bytes - smallBytes()) / GIB);
    }

    Spread peakRssMiB() {
        return Spread.of(runs, run -> run.peakRss() / MIB);
    }

    Spread peakAnonMiB() {
        return Spread.of(runs, run -> run.peakAnon() / MIB);
    }
}
