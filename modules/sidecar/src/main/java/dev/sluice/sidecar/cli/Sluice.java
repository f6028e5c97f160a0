package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.Misconfigured;
import dev.sluice.sidecar.config.Nearest;
import dev.sluice.sidecar.install.Version;
import dev.sluice.sidecar.report.Output;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/// `main`, and what the exit code will be.
@Command(
        name = "sluice",
        description = "Streams SQL Server backups through the Virtual Device Interface into S3, and back.",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND")
public final class Sluice implements Runnable {

    public static final int DONE = 0;
    public static final int FAILED = 1;
    public static final int ATTENTION = 3;

    /// As the start scripts have the JVM end: 128 and the number of SIGVTALRM, which nothing else sends.
    public static final int OUT_OF_MEMORY = 154;

    @CommandLine.Spec
    @Nullable
    CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(), "say what to do: sluice COMMAND");
    }

    /// Never returns: ends the process with the exit code.
    public static void main(String[] arguments) {
        Shutdown shutdown = new Shutdown();
        shutdown.install();
        int code;
        try {
            code = commandLine(shutdown).execute(arguments);
        } catch (Error e) {
            code = failed(e);
        }
        shutdown.closeAll();
        System.exit(code);
    }

    /// The JVM ends by itself when the heap is used up. Memory outside of it, and threads, are denied by an
    /// error alone.
    private static int failed(Error e) {
        System.err.println("sluice: " + e);
        if (e instanceof OutOfMemoryError) {
            Runtime.getRuntime().halt(OUT_OF_MEMORY);
        }
        return FAILED;
    }

    public static CommandLine commandLine(Shutdown shutdown) {
        return commandLine(shutdown, new InitCommand());
    }

    /// With an `init` that asks elsewhere than at the terminal.
    static CommandLine commandLine(Shutdown shutdown, InitCommand init) {
        CommandLine line = new CommandLine(new Sluice());
        boolean embedded = InstallationOption.canEmbed();
        if (embedded) {
            line.addSubcommand(new DemoCommand(shutdown));
        }
        line.addSubcommand(init);
        line.addSubcommand(new BackupCommand(shutdown));
        line.addSubcommand(new RestoreCommand(shutdown));
        line.addSubcommand(new ListCommand(shutdown));
        line.addSubcommand(new ShowCommand(shutdown));
        line.addSubcommand(new HistoryCommand(shutdown));
        line.addSubcommand(new FleetCommand(shutdown));
        line.addSubcommand(new VerifyCommand(shutdown));
        line.addSubcommand(new FetchCommand(shutdown));
        line.addSubcommand(new JoinCommand(shutdown));
        line.addSubcommand(new ProveCommand(shutdown));
        line.addSubcommand(new RecoverCommand(shutdown));
        line.addSubcommand(new PruneCommand(shutdown));
        line.addSubcommand(new DeleteCommand(shutdown));
        line.addSubcommand(new HoldCommand(shutdown));
        line.addSubcommand(new ReleaseCommand(shutdown));
        line.addSubcommand(PauseCommand.line(shutdown));
        line.addSubcommand(new ResumeCommand(shutdown));
        line.addSubcommand(ExportCommand.line(shutdown));
        line.addSubcommand(CatalogCommand.line(shutdown));
        line.addSubcommand(new ServeCommand(shutdown));
        line.addSubcommand(new ConfigCommand());
        line.addSubcommand(new DoctorCommand());
        line.addSubcommand(new NotifyCommand());
        if (embedded) {
            line.addSubcommand(SimulateCommand.line(shutdown));
        }
        line.addSubcommand(new HelpCommand());
        // As people write them, and as the configuration file has them.
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler((e, arguments) -> misused(e, arguments));
        line.setExecutionExceptionHandler((e, failed, _) -> failed(e, failed, shutdown));
        return line;
    }

    private static int misused(ParameterException e, String[] arguments) {
        PrintWriter err = e.getCommandLine().getErr();
        boolean json = Arrays.asList(arguments).contains("--json");
        StringBuilder hint = new StringBuilder(
                "see `%s --help`".formatted(e.getCommandLine().getCommandSpec().qualifiedName()));
        if (e instanceof UnmatchedArgumentException unmatched) {
            meant(unmatched).ifPresent(near -> hint.append("; did you mean %s?".formatted(near)));
        }
        new Output(e.getCommandLine().getOut(), err, json)
                .failure(FailureId.USAGE, String.valueOf(e.getMessage()), "command line", hint.toString());
        return FailureId.USAGE.exitCode();
    }

    /// picocli's own suggestions name some command for every word.
    private static Optional<String> meant(UnmatchedArgumentException e) {
        String word = e.getUnmatched().getFirst();
        CommandSpec command = e.getCommandLine().getCommandSpec();
        return Nearest.to(
                word,
                word.startsWith("-")
                        ? command.optionsMap().keySet()
                        : command.subcommands().keySet());
    }

    private static int failed(Exception e, CommandLine line, Shutdown shutdown) {
        if (shutdown.interrupted()) {
            // The JVM is ending with the signal's own exit code; what was cancelled is no news.
            return FAILED;
        }
        boolean json = line.getParseResult() != null
                && line.getParseResult().originalArgs().contains("--json");
        Output output = new Output(line.getOut(), line.getErr(), json);
        return switch (e) {
            case UsageError misuse -> {
                output.failure(FailureId.USAGE, String.valueOf(misuse.getMessage()), "command line", misuse.hint());
                yield FailureId.USAGE.exitCode();
            }
            case Misconfigured mistakes -> {
                output.failure(mistakes);
                yield FailureId.CONFIGURATION.exitCode();
            }
            default -> {
                OperationFailed failure = Failures.of(e);
                output.failure(failure);
                if (failure.id() == FailureId.UNEXPECTED && Boolean.getBoolean("sluice.stacktrace")) {
                    output.trace(e);
                }
                yield failure.id().exitCode();
            }
        };
    }
}
