package dev.sluice.sidecar.cli;

import dev.sluice.catalog.DrillDocument;
import dev.sluice.engine.prove.DrillObserver;
import dev.sluice.engine.prove.DrillResult;
import dev.sluice.engine.prove.DrillStep;
import dev.sluice.engine.prove.ProveOrder;
import dev.sluice.engine.prove.ProveOrder.Point;
import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.run.Counted;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.selftest.ClientProcesses;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.DrillDisplay;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.ProgressDisplay;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Whether backups can be restored, found out by restoring them.
@Command(
        name = "prove",
        description = {
            "Restores a database's backups under a scratch name, checks the result with DBCC CHECKDB, compares it, and"
                    + " drops it.",
            "With --server it proves the server itself: backups, restores, cancels and questions on a scratch database"
                    + " of its own."
        })
final class ProveCommand implements Callable<Integer> {

    private final Shutdown shutdown;
    private final Supplier<@Nullable Prompt> terminal;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Mixin
    SelfTestOptions selfTest = new SelfTestOptions();

    @Parameters(
            paramLabel = "DB",
            arity = "0..1",
            description = "The database whose backups are restored. Not with --server.")
    String database = "";

    @Option(
            names = "--to",
            paramLabel = "POINT",
            description = "Where the restore ends, as in `sluice restore`. Default: end.")
    @Nullable
    String to;

    @Option(
            names = "--random",
            description = "End at an instant that is drawn by chance, of all that can be restored. The seed is said.")
    boolean random;

    @Option(names = "--seed", paramLabel = "N", description = "Draw the same instant again. Implies --random.")
    @Nullable
    Long seed;

    ProveCommand(Shutdown shutdown) {
        this(shutdown, Prompt::ofTerminal);
    }

    /// @param terminal gives null where there is none
    ProveCommand(Shutdown shutdown, Supplier<@Nullable Prompt> terminal) {
        this.shutdown = shutdown;
        this.terminal = terminal;
    }

    @Override
    public Integer call() {
        if (selfTest.server) {
            return proveServer();
        }
        String alone = selfTest.givenWithoutServer();
        if (alone != null || database.isEmpty()) {
            throw new UsageError(
                    alone == null ? "prove is about a database, or about the server" : alone + " goes with --server",
                    "Name a database: sluice prove DB, or say sluice prove --server.");
        }
        if (to != null && (random || seed != null)) {
            throw new UsageError("a point is said or drawn: not both --to and --random", "Leave one of them away.");
        }
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        ProveOrder order = ProveOrder.of(database).to(point()).on(installation.proveServer());
        DrillResult result;
        try (ProgressDisplay display = common.progress("prove  ")) {
            result = Await.get(installation.engine().prove(order, new Shown(output, display)));
        }
        result.left().forEach(left -> output.notice("sluice: " + left));
        return told(output, result);
    }

    private int proveServer() {
        if (!database.isEmpty() || to != null || random || seed != null) {
            throw new UsageError(
                    "--server proves the server, and no backups that are there",
                    "Leave DB, --to, --random and --seed away.");
        }
        ClientProcesses clients = target.embedded
                ? ClientProcesses.none("the stand-in and Sluice are in one process")
                : new OwnProgram(common.config);
        return new SelfTest(common.output(), common, selfTest, clients, terminal)
                .run(() -> shutdown.guard(target.start(common.config)));
    }

    private Point point() {
        if (random || seed != null) {
            return new Point.Random(seed == null ? new SecureRandom().nextInt(Integer.MAX_VALUE) : seed);
        }
        return new Point.At(to == null ? "end" : to);
    }

    private static int told(Output output, DrillResult result) {
        DrillDocument drill = result.document();
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("drill", DrillDisplay.document(drill));
        document.put("left", result.left());
        drill.checks().forEach(output::tell);
        OperationFailed failure = result.failure();
        if (failure != null) {
            output.failure(failure, document);
            return failure.id().exitCode();
        }
        output.tell(String.format(
                Locale.ROOT,
                "Proved %s: drill %s found nothing wrong with %s, restored to %s.",
                drill.database(),
                drill.drillId(),
                Counted.of(drill.backups().size(), "backup"),
                drill.seed() == null
                        ? drill.point()
                        : String.format(Locale.ROOT, "%s (seed %d)", drill.point(), drill.seed())));
        output.document(document);
        return result.left().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
    }

    /// Shows the steps, and the bytes of the restore.
    private record Shown(Output output, ProgressDisplay display) implements DrillObserver {

        @Override
        public void began(DrillStep step) {
            output.tell("step " + step.text());
        }

        @Override
        public void drawn(Instant instant, long seed) {
            output.notice(String.format(Locale.ROOT, "sluice: restores to %s, drawn with --seed %d", instant, seed));
        }

        @Override
        public void found(Leftover leftover) {
            output.tell("database %s: %s".formatted(leftover.database(), leftover.text()));
        }

        @Override
        public void streaming(String id, RunProgress progress) {
            display.streaming(id, progress);
        }

        @Override
        public void said(ServerMessage message) {
            display.said(message);
        }
    }
}
