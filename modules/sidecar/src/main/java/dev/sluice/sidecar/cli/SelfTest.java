package dev.sluice.sidecar.cli;

import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunProgress;
import dev.sluice.engine.run.StartedRun;
import dev.sluice.engine.selftest.ClientProcesses;
import dev.sluice.engine.selftest.SelfTestObserver;
import dev.sluice.engine.selftest.SelfTestOrder;
import dev.sluice.engine.selftest.SelfTestReport;
import dev.sluice.engine.selftest.SelfTestStep;
import dev.sluice.engine.selftest.StepOutcome;
import dev.sluice.engine.sql.ServerMessage;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.ProgressDisplay;
import dev.sluice.sidecar.report.SelfTestDisplay;
import dev.sluice.sidecar.report.SelfTestFiles;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// `sluice prove --server`: says what it is about to do, asks, does it, and writes the report.
final class SelfTest {

    private static final long DEFAULT_BYTES = 64L << 20;

    private final Output output;
    private final CommonOptions common;
    private final SelfTestOptions options;
    private final ClientProcesses clients;
    private final Supplier<@Nullable Prompt> terminal;

    /// @param terminal gives null where there is none
    SelfTest(
            Output output,
            CommonOptions common,
            SelfTestOptions options,
            ClientProcesses clients,
            Supplier<@Nullable Prompt> terminal) {
        this.output = output;
        this.common = common;
        this.options = options;
        this.clients = clients;
        this.terminal = terminal;
    }

    /// @param started starts what the self-test works on
    int run(Supplier<Installation> started) {
        SelfTestOrder order = order();
        Prompt prompt = options.yes || common.json ? null : terminal.get();
        if (prompt == null && !options.yes) {
            throw new UsageError(
                    "prove --server asks before it begins, and there is no terminal to ask at",
                    "Read what it does in `sluice prove --help` and docs/self-test.md, and then say --yes.");
        }
        Installation installation = started.get();
        announce(order, installation);
        if (prompt != null) {
            confirm(prompt);
        }
        Path directory = options.report == null ? Path.of("") : options.report;
        SelfTestFiles files = new SelfTestFiles(directory.toAbsolutePath().normalize());
        SelfTestReport report;
        try (ProgressDisplay display = common.progress("self-test  ")) {
            StartedRun<SelfTestReport> run = installation
                    .engine()
                    .start(order, installation.surroundings(), clients, new Shown(output, display, files));
            report = Await.get(Mono.fromFuture(run.result(), true));
        }
        files.requireWritten();
        return told(report, files);
    }

    private SelfTestOrder order() {
        try {
            return new SelfTestOrder(
                    options.size == null ? DEFAULT_BYTES : options.size.bytes(), options.certificate, options.keep);
        } catch (IllegalArgumentException e) {
            throw new UsageError("--size: " + e.getMessage(), "Try --size 64MiB.");
        }
    }

    private void announce(SelfTestOrder order, Installation installation) {
        output.tell("On %s, as identity %s in bucket %s, this will:"
                .formatted(
                        installation.environment().server().address(),
                        installation.environment().identity(),
                        installation.environment().store().config().bucket()));
        for (SelfTestStep step : SelfTestStep.values()) {
            output.tell("  %-12s  %s".formatted(step.text(), step.what()));
        }
        output.tell(String.format(
                Locale.ROOT,
                "The scratch database gets %s of rows. At times there are two such databases on the server, and about ten backups"
                        + " of that size in the bucket. It changes no other database, no setting of the server and no backup that is"
                        + " there; msdb gets rows of its backups and restores.%s",
                ByteSize.format(order.bytes()),
                order.keep() ? " Its backups stay." : ""));
    }

    /// **Errors:** [OperationFailed] when the person types something else.
    static void confirm(Prompt prompt) {
        if (!"yes".equals(prompt.ask("Type yes to begin: "))) {
            throw new OperationFailed(
                    FailureId.CANCELLED, "Nothing was done", "what was typed", "Type yes, or say --yes.", null);
        }
    }

    private int told(SelfTestReport report, SelfTestFiles files) {
        Map<String, Object> document = new LinkedHashMap<>(SelfTestDisplay.document(report));
        document.put("files", files.written().stream().map(Path::toString).toList());
        output.document(document);
        report.left().forEach(left -> output.notice("sluice: " + left));
        if (report.standIn()) {
            output.tell("The server is Sluice's own stand-in: nothing in this report is a fact about SQL Server.");
        }
        output.tell("%s. Report: %s"
                .formatted(
                        report.sound()
                                ? "The self-test found nothing wrong"
                                : "The self-test found something in: "
                                        + String.join(", ", SelfTestDisplay.failedSteps(report)),
                        String.join(
                                ", ",
                                files.written().stream().map(Path::toString).toList())));
        return report.sound() ? Sluice.DONE : Sluice.ATTENTION;
    }

    /// Shows the steps, and writes the report after each of them.
    private record Shown(Output output, ProgressDisplay display, SelfTestFiles files) implements SelfTestObserver {

        @Override
        public void began(SelfTestStep step) {
            output.tell("step " + step.text());
        }

        @Override
        public void ended(SelfTestStep step, StepOutcome outcome) {
            switch (outcome) {
                case StepOutcome.Passed(var _, var evidence) -> evidence.forEach(line -> output.tell("  " + line));
                case StepOutcome.Failed(var _, var evidence, String what) -> {
                    evidence.forEach(line -> output.tell("  " + line));
                    Arrays.stream(what.split("\n")).forEach(line -> output.tell("  FOUND " + line));
                }
                case StepOutcome.Skipped(String why) -> output.tell("step %s left out: %s".formatted(step.text(), why));
            }
        }

        @Override
        public void found(Leftover leftover) {
            output.tell("database %s: %s".formatted(leftover.database(), leftover.text()));
        }

        @Override
        public void report(SelfTestReport report) {
            files.write(report);
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
