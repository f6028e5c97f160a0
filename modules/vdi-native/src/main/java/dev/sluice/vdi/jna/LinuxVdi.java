package dev.sluice.vdi.jna;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// `libsqlvdi.so`, which SQL Server on Linux brings along.
public final class LinuxVdi implements NativeVdi {

    /// The environment variable that names the library.
    public static final String LIBRARY_VARIABLE = "SLUICE_VDI_LIBRARY";

    /// The path at which SQL Server's packages and images install it.
    ///
    /// **Source:** "SQL Server on Linux VDI client SDK specification".
    public static final Path USUAL_PLACE = Path.of("/opt/mssql/lib/libsqlvdi.so");

    private static final String FILE_NAME = "libsqlvdi.so";
    private static final String LOADER_VARIABLE = "LD_LIBRARY_PATH";

    private static final int PROBE = 200;
    private static final Duration PROBE_LIMIT = Duration.ofSeconds(2);

    private final LinuxSymbols symbols;
    private final Path library;
    private final String foundBy;

    private LinuxVdi(LinuxSymbols symbols, Path library, String foundBy) {
        this.symbols = symbols;
        this.library = library;
        this.foundBy = foundBy;
    }

    /// Loads the library and finds every function in it.
    ///
    /// If the caller gives a path, only that one is tried. Otherwise the first usable one of these is taken:
    /// [#LIBRARY_VARIABLE], [#USUAL_PLACE], the folders of LD_LIBRARY_PATH. A folder stands for the `libsqlvdi.so`
    /// in it.
    ///
    /// **Errors:** [VdiUnavailableException].
    public static LinuxVdi open(@Nullable Path library) {
        return open(library, System.getenv());
    }

    static LinuxVdi open(@Nullable Path explicit, Map<String, String> environment) {
        Map<Path, String> candidates = new LinkedHashMap<>();
        if (explicit != null) {
            candidates.put(explicit, "configured");
        } else {
            String named = environment.getOrDefault(LIBRARY_VARIABLE, "");
            if (!named.isEmpty()) {
                candidates.put(Path.of(named), LIBRARY_VARIABLE);
            }
            candidates.putIfAbsent(USUAL_PLACE, "usual place");
            for (String folder : environment.getOrDefault(LOADER_VARIABLE, "").split(":", -1)) {
                if (!folder.isEmpty()) {
                    candidates.putIfAbsent(Path.of(folder, FILE_NAME), LOADER_VARIABLE);
                }
            }
        }
        List<String> tried = new ArrayList<>();
        for (var candidate : candidates.entrySet()) {
            Path path = inFolder(candidate.getKey().toAbsolutePath());
            try {
                return new LinuxVdi(load(path), path, candidate.getValue());
            } catch (UnsatisfiedLinkError e) {
                tried.add("%s (%s): %s".formatted(path, candidate.getValue(), e.getMessage()));
            }
        }
        throw new VdiUnavailableException(
                ("SQL Server's VDI library cannot be used. Tried %s. Give its path (vdi.library, or the variable %s); if a "
                                + "library that it needs is missing, add SQL Server's library folder to LD_LIBRARY_PATH")
                        .formatted(String.join("; ", tried), LIBRARY_VARIABLE));
    }

    private static Path inFolder(Path path) {
        return Files.isDirectory(path) ? path.resolve(FILE_NAME) : path;
    }

    private static LinuxSymbols load(Path path) {
        if (!Files.exists(path)) {
            throw new UnsatisfiedLinkError("there is no such file");
        }
        if (!Files.isReadable(path)) {
            throw new UnsatisfiedLinkError("this account may not read it");
        }
        return LinuxSymbols.load(path);
    }

    public Path library() {
        return library;
    }

    @Override
    public Supplier<ClientVirtualDeviceSet> clientSets(@Nullable String instance) {
        if (instance != null && !instance.isEmpty()) {
            throw new VdiUnavailableException(
                    "instance \"%s\" is configured, but SQL Server on Linux has only the default instance"
                            .formatted(instance));
        }
        return () -> new NativeDeviceSet(() -> new LinuxCalls(symbols), null, NativeDeviceSet.PATIENCE);
    }

    @Override
    public String description() {
        return "libsqlvdi.so from %s (%s)".formatted(library, foundBy);
    }

    /// Finds out whether the library counts time-outs in milliseconds or in seconds, which its documents leave
    /// open. It waits on a set that no statement uses, for at most a few seconds. Nothing in this module depends
    /// on the answer; it is for diagnostics.
    ///
    /// **Errors:** [dev.sluice.vdi.VirtualDeviceException] when the library cannot create a set.
    public TimeoutUnit measureTimeoutUnit() {
        LinuxCalls calls = new LinuxCalls(symbols);
        OpenDeviceSet openSet = new OpenDeviceSet(
                calls,
                null,
                "sluice-probe-" + UUID.randomUUID(),
                Layout.write(VDConfig.request(1, Features.LIKE_PIPE)));
        int created = openSet.create();
        if (created != HResults.NOERROR) {
            openSet.over();
            throw HResults.failure("Create of a set to measure the unit of time-outs", created);
        }
        FutureTask<Integer> probe =
                new FutureTask<>(() -> calls.getConfiguration(new SetCalls.Timeout(PROBE), openSet.config));
        Thread.ofPlatform().daemon().name("sluice-vdi-probe").start(probe);
        TimeoutUnit unit = outcome(probe);
        if (!probe.isDone()) {
            calls.signalAbort();
            outcome(probe);
        }
        if (probe.isDone() && openSet.endSegments()) {
            HResults.check("Close of the probe", calls.close());
            openSet.over();
        }
        return unit;
    }

    private static TimeoutUnit outcome(FutureTask<Integer> probe) {
        boolean interrupted = false;
        long deadline = System.nanoTime() + PROBE_LIMIT.toNanos();
        try {
            while (true) {
                try {
                    int result = probe.get(deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
                    return HResults.is(result, VdError.TIMEOUT) ? TimeoutUnit.MILLISECONDS : TimeoutUnit.UNKNOWN;
                } catch (InterruptedException e) {
                    interrupted = true;
                } catch (TimeoutException e) {
                    return TimeoutUnit.LONGER_THAN_MILLISECONDS;
                } catch (ExecutionException e) {
                    return TimeoutUnit.UNKNOWN;
                }
            }
        } finally {
            if (interrupted) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /// The unit of the library's time-outs.
    public enum TimeoutUnit {
        /// As the documentation says.
        MILLISECONDS,
        /// Not milliseconds. They are seconds if Microsoft's sample is right.
        LONGER_THAN_MILLISECONDS,
        /// The wait ended for another reason than its time-out.
        UNKNOWN
    }
}
