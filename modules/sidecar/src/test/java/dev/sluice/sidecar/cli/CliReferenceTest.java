package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.AutoComplete;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/// Holds `docs/cli.md`, the man pages in `infra/man` and the completion for bash in `infra/completion` against the
/// commands. `-Dsluice.docs.write=true` writes all of them anew.
class CliReferenceTest {

    private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));
    private static final Path DOCUMENT = ROOT.resolve("docs/cli.md");
    private static final Path PAGES = ROOT.resolve("infra/man");
    private static final Path COMPLETION = ROOT.resolve("infra/completion/sluice");

    private static final String INTRODUCTION = """
            # Commands

            Every command with every option, as `--help` prints them. Written by `CliReferenceTest` with `-Dsluice.docs.write=true`; the same test
            writes the man pages in `infra/man`. `demo`, `simulate` and `--embedded` are only where the simulator is installed, and that is never in
            production.

            Exit codes: 0 done, 1 the operation failed, 2 wrong usage or configuration, 3 done but something needs attention, 130 and 143 interrupted, 154
            Java ran out of memory.
            """;

    private static final CommandLine SLUICE = Sluice.commandLine(new Shutdown());

    @Test
    void theDocumentSaysWhatTheCommandsSay() throws Exception {
        StringBuilder text = new StringBuilder(INTRODUCTION);
        for (CommandSpec command : commands()) {
            text.append('\n').append(section(command));
        }
        if (Boolean.getBoolean("sluice.docs.write")) {
            Files.writeString(DOCUMENT, text);
            return;
        }

        assertThat(Files.readString(DOCUMENT)).isEqualTo(text.toString());
    }

    @Test
    void theManPagesSayWhatTheCommandsSay() throws Exception {
        Map<String, String> pages = new TreeMap<>();
        for (CommandSpec command : commands()) {
            pages.put(pageName(command) + ".1", page(command));
        }
        if (Boolean.getBoolean("sluice.docs.write")) {
            Files.createDirectories(PAGES);
            for (String name : written()) {
                Files.delete(PAGES.resolve(name));
            }
            for (Map.Entry<String, String> page : pages.entrySet()) {
                Files.writeString(PAGES.resolve(page.getKey()), page.getValue());
            }
            return;
        }

        assertThat(written()).containsExactlyElementsOf(pages.keySet());
        for (Map.Entry<String, String> page : pages.entrySet()) {
            assertThat(PAGES.resolve(page.getKey())).content().isEqualTo(page.getValue());
        }
    }

    /// What is installed has no stand-ins.
    @Test
    void theCompletionKnowsTheCommandsOfAnInstallation() throws Exception {
        CommandLine installed = Sluice.commandLine(new Shutdown());
        installed.getCommandSpec().removeSubcommand("demo");
        installed.getCommandSpec().removeSubcommand("simulate");
        String script = AutoComplete.bash("sluice", installed);
        if (Boolean.getBoolean("sluice.docs.write")) {
            Files.createDirectories(COMPLETION.getParent());
            Files.writeString(COMPLETION, script);
            return;
        }

        assertThat(COMPLETION).content().isEqualTo(script);
    }

    @Test
    void everyCommandAndOptionHasADescription() {
        for (CommandSpec command : commands()) {
            assertThat(command.usageMessage().description())
                    .as(command.qualifiedName())
                    .isNotEmpty();
            for (ArgSpec each : arguments(command)) {
                assertThat(each.description())
                        .as("%s %s", command.qualifiedName(), each.paramLabel())
                        .isNotEmpty();
            }
        }
    }

    private static List<String> written() throws IOException {
        try (Stream<Path> files = Files.list(PAGES)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /// Each command before its subcommands.
    private static List<CommandSpec> commands() {
        List<CommandSpec> commands = new ArrayList<>();
        collect(SLUICE, commands);
        return commands;
    }

    private static void collect(CommandLine command, List<CommandSpec> commands) {
        commands.add(command.getCommandSpec());
        command.getSubcommands().values().forEach(sub -> collect(sub, commands));
    }

    private static List<ArgSpec> arguments(CommandSpec command) {
        List<ArgSpec> arguments = new ArrayList<>(command.positionalParameters());
        command.options().stream().filter(option -> !option.hidden()).forEach(arguments::add);
        return arguments;
    }

    private static String name(ArgSpec argument, String separator) {
        if (!(argument instanceof OptionSpec option)) {
            return argument.paramLabel();
        }
        List<String> names = new ArrayList<>(List.of(option.names()));
        if (option.negatable()) {
            names.add(option.longestName().replaceFirst("--", "--no-"));
        }
        String value = option.arity().max() == 0
                ? ""
                : option.arity().min() == 0 ? "[=" + option.paramLabel() + "]" : " " + option.paramLabel();
        return String.join(separator, names) + value;
    }

    private static String synopsis(CommandSpec command) {
        return new Help(command, Help.defaultColorScheme(Help.Ansi.OFF))
                .synopsis(0)
                .strip();
    }

    private static String description(String... lines) {
        return String.join(" ", lines).strip();
    }

    // ---- Markdown ----

    private static String section(CommandSpec command) {
        StringBuilder text = new StringBuilder("## `%s`\n\n%s\n\n```\n%s\n```\n"
                .formatted(
                        command.qualifiedName(),
                        cell(description(command.usageMessage().description())),
                        synopsis(command)));
        if (!command.subcommands().isEmpty()) {
            text.append("\n| Command | |\n|---|---|\n");
            command.subcommands()
                    .forEach((name, sub) -> text.append("| `%s` | %s |\n"
                            .formatted(
                                    name,
                                    cell(description(
                                            sub.getCommandSpec().usageMessage().description())))));
        }
        text.append("\n| Option | |\n|---|---|\n");
        for (ArgSpec each : arguments(command)) {
            text.append("| `%s` | %s |\n".formatted(cell(name(each, ", ")), cell(description(each.description()))));
        }
        return text.toString();
    }

    private static String cell(String text) {
        return text.replace("|", "\\|").replace("<", "&lt;").replace("*", "\\*");
    }

    // ---- roff ----

    private static String pageName(CommandSpec command) {
        return command.qualifiedName().replace(' ', '-');
    }

    private static String page(CommandSpec command) {
        String about = description(command.usageMessage().description());
        StringBuilder text = new StringBuilder();
        text.append(".\\\" Written by CliReferenceTest; see docs/cli.md.\n");
        text.append(".TH \"%s\" \"1\" \"\" \"Sluice\" \"Sluice\"\n"
                .formatted(pageName(command).toUpperCase(Locale.ROOT)));
        text.append(
                ".SH NAME\n%s \\- %s\n".formatted(roff(pageName(command)), roff(about.replaceFirst("\\.( .*|$)", ""))));
        text.append(".SH SYNOPSIS\n.nf\n%s\n.fi\n".formatted(roff(synopsis(command))));
        text.append(".SH DESCRIPTION\n");
        Arrays.stream(command.usageMessage().description())
                .forEach(line -> text.append(roff(line)).append("\n.br\n"));
        if (!command.subcommands().isEmpty()) {
            text.append(".SH COMMANDS\n");
            command.subcommands()
                    .forEach((_, sub) -> text.append(".TP\n\\fB%s\\fR(1)\n%s\n"
                            .formatted(
                                    roff(pageName(sub.getCommandSpec())),
                                    roff(description(
                                            sub.getCommandSpec().usageMessage().description())))));
        }
        text.append(".SH OPTIONS\n");
        for (ArgSpec each : arguments(command)) {
            text.append(
                    ".TP\n\\fB%s\\fR\n%s\n".formatted(roff(name(each, ", ")), roff(description(each.description()))));
        }
        text.append(".SH EXIT STATUS\n");
        text.append(
                "0 done, 1 the operation failed, 2 wrong usage or configuration, 3 done but something needs attention,"
                        + " 130 and 143 interrupted, 154 Java ran out of memory.\n");
        if (command.parent() != null) {
            text.append(".SH SEE ALSO\n\\fB%s\\fR(1)\n".formatted(roff(pageName(command.parent()))));
        }
        return text.toString();
    }

    /// A line that begins with a dot or an apostrophe would be a request to the formatter.
    private static String roff(String text) {
        String escaped = text.replace("\\", "\\e").replace("-", "\\-").replace("'", "\\(aq");
        return escaped.startsWith(".") ? "\\&" + escaped : escaped;
    }
}
