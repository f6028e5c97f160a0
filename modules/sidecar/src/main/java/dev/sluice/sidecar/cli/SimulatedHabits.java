package dev.sluice.sidecar.cli;

import dev.sluice.simulator.server.ServerHabits;
import dev.sluice.simulator.server.ServerSwitch;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Option;

/// What the stand-in for SQL Server answers where the documents leave it open.
final class SimulatedHabits {

    @Option(
            names = "--outstanding",
            paramLabel = "N",
            description = "Commands that a device holds at once, as --switch outstanding=N. Default: 4.")
    int outstanding = ServerHabits.DEFAULT.media().outstanding();

    @Option(
            names = "--switch",
            paramLabel = "NAME=VALUE",
            description = "What the server does where Microsoft's documents leave it open, see below. Repeatable.")
    List<String> switches = new ArrayList<>();

    ServerHabits habits() {
        if (outstanding < 1) {
            throw new UsageError(
                    String.format(Locale.ROOT, "--outstanding %d: a device holds at least one command", outstanding),
                    "Try 4.");
        }
        ServerHabits habits = set(ServerHabits.DEFAULT, "outstanding=" + outstanding);
        for (String written : switches) {
            habits = set(habits, written);
        }
        return habits;
    }

    private static ServerHabits set(ServerHabits habits, String written) {
        try {
            return ServerSwitch.set(habits, written);
        } catch (IllegalArgumentException e) {
            throw new UsageError(
                    "--switch %s: %s".formatted(written, e.getMessage()),
                    "`sluice simulate --help` lists all of them, and docs/simulator.md says what they mean.");
        }
    }

    /// For the end of the help.
    static List<String> help() {
        List<String> lines = new ArrayList<>(List.of("", "Switches, the usual value first (docs/simulator.md):"));
        for (ServerSwitch one : ServerSwitch.all()) {
            lines.add("  " + one.form());
        }
        return lines;
    }
}
