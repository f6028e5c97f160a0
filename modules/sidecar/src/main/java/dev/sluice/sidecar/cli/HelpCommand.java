package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.config.Nearest;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Shows the help of a command, as many programs do. picocli's own command for it knows no commands of commands.
@Command(name = "help", description = "Shows the help of a command as its --help does, or without one all commands.")
final class HelpCommand implements Callable<Integer> {

    @Spec
    @Nullable
    CommandSpec spec;

    @Parameters(
            paramLabel = "COMMAND",
            arity = "0..*",
            description = "The command, and the command within it if it has some, as in catalog rebuild.")
    List<String> words = List.of();

    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "Show this help and exit.")
    boolean help;

    @Override
    public Integer call() {
        CommandLine own = Objects.requireNonNull(spec, "options are read after the command line was parsed")
                .commandLine();
        CommandLine shown = own.getParent();
        for (String word : words) {
            CommandLine next = shown.getSubcommands().get(word);
            if (next == null) {
                String above = shown.getCommandSpec().qualifiedName();
                throw new UsageError(
                        "%s has no command %s".formatted(above, word),
                        Nearest.to(word, shown.getSubcommands().keySet())
                                .map("Did you mean %s?"::formatted)
                                .orElse("See `%s --help`.".formatted(above)));
            }
            shown = next;
        }
        shown.usage(own.getOut());
        return Sluice.DONE;
    }
}
