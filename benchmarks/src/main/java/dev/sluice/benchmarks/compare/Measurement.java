package dev.sluice.benchmarks.compare;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/// One run of one client.
///
/// @param seconds    of the whole process, its start included
/// @param cpuSeconds user and system, of the process and all it started
/// @param peakRss    bytes of resident memory
/// @param peakAnon   bytes of it that are no file's and no shared memory's
/// @param written    bytes that it wrote to standard output
record Measurement(double seconds, double cpuSeconds, long peakRss, long peakAnon, long written) {
    private static final String MARK = "compare-time ";
    private static final long SAMPLE_MILLIS = 40;
    private static final int FEED = 1 << 20;

    /// Runs a client under bash, whose `time` counts what its children used.
    ///
    /// @param feed bytes for its standard input; what it writes to standard output is counted here, and dropped
    static Measurement of(Client.Start start, long feed, byte[] source, Path errors)
            throws IOException, InterruptedException {
        List<String> command =
                new ArrayList<>(List.of("bash", "-c", "TIMEFORMAT='" + MARK + "%R %U %S'; time \"$@\"", "bash"));
        command.addAll(start.command());
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(errors.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("AWS_") || name.startsWith("RCLONE_"));
        builder.environment().putAll(start.environment());
        Process process = builder.start();
        Thread feeder = Thread.ofPlatform().daemon().start(() -> feed(process.getOutputStream(), feed, source));
        LongAdder written = new LongAdder();
        Thread reader = Thread.ofPlatform().daemon().start(() -> drain(process.getInputStream(), written));
        long rss = 0;
        long anon = 0;
        while (!process.waitFor(SAMPLE_MILLIS, TimeUnit.MILLISECONDS)) {
            long sumRss = 0;
            long sumAnon = 0;
            for (long pid : descendants(process.pid())) {
                String status = read(Path.of("/proc/" + pid + "/status"));
                sumRss += field(status, "VmHWM:");
                sumAnon += field(status, "RssAnon:");
            }
            rss = Math.max(rss, sumRss);
            anon = Math.max(anon, sumAnon);
        }
        feeder.join();
        reader.join();
        String[] lines = Files.readString(errors).strip().split("\n", -1);
        String last = lines[lines.length - 1];
        if (process.exitValue() != 0 || !last.startsWith(MARK)) {
            throw new IOException(String.format(
                    Locale.ROOT,
                    "exit code %d of %s: %s",
                    process.exitValue(),
                    String.join(" ", start.command()),
                    String.join("\n", lines)));
        }
        String[] times = last.substring(MARK.length()).split(" ", -1);
        return new Measurement(
                Double.parseDouble(times[0]),
                Double.parseDouble(times[1]) + Double.parseDouble(times[2]),
                rss,
                anon,
                written.sum());
    }

    private static void drain(InputStream in, LongAdder written) {
        byte[] chunk = new byte[FEED];
        try (in) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                written.add(count);
            }
        } catch (IOException _) {
            // the client has gone; its exit code says why
        }
    }

    private static void feed(OutputStream out, long bytes, byte[] source) {
        try (out) {
            for (long sent = 0; sent < bytes; sent += FEED) {
                out.write(source, (int) (sent % source.length), (int) Math.min(FEED, bytes - sent));
            }
        } catch (IOException _) {
            // the client has gone; its exit code says why
        }
    }

    private static List<Long> descendants(long root) {
        List<Long> found = new ArrayList<>();
        Deque<Long> open = new ArrayDeque<>(List.of(root));
        while (!open.isEmpty()) {
            long pid = open.remove();
            for (String child : read(Path.of(String.format(Locale.ROOT, "/proc/%d/task/%d/children", pid, pid)))
                    .split(" ", -1)) {
                if (!child.isBlank()) {
                    found.add(Long.valueOf(child.strip()));
                    open.add(Long.valueOf(child.strip()));
                }
            }
        }
        return found;
    }

    private static long field(String status, String name) {
        return status.lines()
                .filter(line -> line.startsWith(name))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D+", "")) * 1024)
                .findFirst()
                .orElse(0);
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            return ""; // the process has ended meanwhile
        }
    }
}
