package dev.sluice.sidecar.cli;

import dev.sluice.engine.selftest.ClientProcesses;
import dev.sluice.engine.selftest.DoomedClient;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// This program again, in a process of its own: the same Java with the same flags, the same classes, the same
/// environment and the same configuration.
final class OwnProgram implements ClientProcesses {

    private final @Nullable Path config;

    /// @param config as it was named on the command line; null for the one that is found
    OwnProgram(@Nullable Path config) {
        this.config = config;
    }

    private static Optional<Path> java() {
        Path programs = Path.of(System.getProperty("java.home", ""), "bin");
        return Stream.of("java", "java.exe")
                .map(programs::resolve)
                .filter(Files::isExecutable)
                .findFirst();
    }

    private static String classes() {
        return System.getProperty("java.class.path", "");
    }

    @Override
    public Optional<String> missing() {
        return java().isPresent() && !classes().isEmpty()
                ? Optional.empty()
                : Optional.of("this program cannot start itself again: there is no java in "
                        + Path.of(System.getProperty("java.home", ""), "bin"));
    }

    @Override
    public Process start(DoomedClient.Order order) throws IOException {
        Path java = java().orElseThrow(() -> new IOException("there is no java"));
        List<String> command = new ArrayList<>();
        command.add(java.toString());
        command.addAll(flags());
        command.addAll(List.of("-cp", classes(), DoomedClientProgram.class.getName()));
        command.add(config == null ? "" : config.toString());
        command.addAll(order.words());
        return new ProcessBuilder(command).redirectErrorStream(true).start();
    }

    /// Those of this process, without agents: a debugger's port is taken. A jar's manifest grants native access
    /// only to the program that is started by `-jar`.
    private static List<String> flags() {
        List<String> flags =
                new ArrayList<>(ManagementFactory.getRuntimeMXBean().getInputArguments());
        flags.removeIf(flag -> flag.startsWith("-javaagent") || flag.startsWith("-agent") || flag.startsWith("-Xrun"));
        flags.add("--enable-native-access=ALL-UNNAMED");
        return flags;
    }
}
