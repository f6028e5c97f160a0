package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.log.Logging;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.notify.Notifications;
import dev.sluice.sidecar.report.Output;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/// The receivers of the configuration's `notify`.
@Command(
        name = "notify",
        description = "Tries the receivers of notifications.",
        subcommands = NotifyCommand.Test.class,
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class NotifyCommand implements Runnable {

    @Spec
    @Nullable
    CommandSpec spec;

    @Override
    public void run() {
        if (spec != null) {
            throw new ParameterException(spec.commandLine(), "say what to do: sluice notify test");
        }
    }

    @Command(
            name = "test",
            description = {
                "Sends a test to every receiver that the configuration names, in one attempt each, and prints what each"
                        + " has answered. A heartbeat's service takes it for a good backup.",
                "Exit code 0 when every receiver has taken it, 1 when one has not."
            })
    static final class Test implements Callable<Integer> {
        @Mixin
        CommonOptions common = new CommonOptions();

        @Override
        public Integer call() throws InterruptedException {
            ConfigurationFile file = common.configuration();
            Masking.hide(file.secrets());
            Configuration configuration = file.configuration();
            Logging.apply(configuration.log(), Configuration.LogLevel.WARN);
            if (configuration.receivers().isEmpty()) {
                throw new UsageError(
                        "%s names no receiver".formatted(file.path()),
                        "Add one under notify:, as docs/notify.md shows.");
            }
            Output output = common.output();
            List<Notifications.TestResult> results = Notifications.test(
                    configuration.server().identity(), configuration.receivers(), InstantSource.system());
            for (Notifications.TestResult result : results) {
                output.tell("%-4s  %s: %s"
                        .formatted(result.delivered() ? "ok" : "fail", result.receiver(), result.answer()));
            }
            long failed = results.stream().filter(result -> !result.delivered()).count();
            output.tell(String.format(Locale.ROOT, "%d tried, %d failed.", results.size(), failed));
            output.document(Map.of("receivers", results));
            return failed == 0 ? Sluice.DONE : Sluice.FAILED;
        }
    }
}
