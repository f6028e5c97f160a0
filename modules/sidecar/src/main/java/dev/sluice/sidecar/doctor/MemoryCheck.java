package dev.sluice.sidecar.doctor;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/// Whether the budget fits into what the JVM and the control group allow.
///
/// @param budget  bytes of `memory.budget`
/// @param direct  bytes that the JVM allows outside the heap
/// @param heap    bytes that the heap may grow to
/// @param cgroups `/sys/fs/cgroup`, or what stands in for it
public record MemoryCheck(long budget, long direct, long heap, Path cgroups) {

    /// What the client's own buffers take beside the budget.
    private static final long BUFFERS = 64L << 20;

    /// Code, threads and the like.
    private static final long JVM = 128L << 20;

    /// As this process was started, on this machine.
    public static MemoryCheck ofThisProcess(long budget) {
        return new MemoryCheck(budget, allowedByJvm(), Runtime.getRuntime().maxMemory(), Path.of("/sys/fs/cgroup"));
    }

    /// What -XX:MaxDirectMemorySize says; as much as the heap, where it says nothing.
    private static long allowedByJvm() {
        long bytes = Long.parseLong(ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class)
                .getVMOption("MaxDirectMemorySize")
                .getValue());
        return bytes == 0 ? Runtime.getRuntime().maxMemory() : bytes;
    }

    public List<DoctorFinding> findings() {
        return List.of(jvm(), controlGroup());
    }

    /// Whether the JVM allows the budget. Where it does not, a backup would end with the process.
    public DoctorFinding jvm() {
        String evidence = String.format(
                Locale.ROOT,
                "the budget is %d MiB, and the JVM allows %d MiB outside the heap",
                budget >> 20,
                direct >> 20);
        return budget + BUFFERS > direct
                ? DoctorFinding.fail(
                        "memory-jvm",
                        evidence,
                        String.format(
                                Locale.ROOT,
                                "Start with -XX:MaxDirectMemorySize=%dm, or lower memory.budget to %dMiB.",
                                (budget + BUFFERS) >> 20,
                                Math.max(16, (direct - BUFFERS) >> 20)))
                : DoctorFinding.ok("memory-jvm", evidence);
    }

    private DoctorFinding controlGroup() {
        long limit = limit();
        long most = budget + BUFFERS + heap + JVM;
        String evidence = String.format(
                Locale.ROOT,
                "at most %d MiB are used: budget, buffers, a heap of %d MiB, and the JVM itself",
                most >> 20,
                heap >> 20);
        if (limit == Long.MAX_VALUE) {
            return DoctorFinding.ok("memory-limit", evidence + "; there is no limit");
        }
        String limited = evidence + String.format(Locale.ROOT, "; the control group's limit is %d MiB", limit >> 20);
        String fix = String.format(
                Locale.ROOT,
                "Raise the container's limit to %dMi, or lower memory.budget by %dMiB.",
                most >> 20,
                (most - limit) >> 20);
        if (budget + BUFFERS > limit) {
            return DoctorFinding.fail("memory-limit", limited, fix);
        }
        return most > limit
                ? DoctorFinding.warn("memory-limit", limited, fix)
                : DoctorFinding.ok("memory-limit", limited);
    }

    /// Version 2's file, or version 1's.
    private long limit() {
        for (String file : List.of("memory.max", "memory/memory.limit_in_bytes")) {
            try {
                String text = Files.readString(cgroups.resolve(file)).strip();
                long bytes = text.equals("max") ? Long.MAX_VALUE : Long.parseLong(text);
                // Version 1 says "none" by a number that no machine has.
                return bytes > 1L << 50 ? Long.MAX_VALUE : bytes;
            } catch (IOException | NumberFormatException e) {
                // The other version, or no control groups at all.
            }
        }
        return Long.MAX_VALUE;
    }
}
