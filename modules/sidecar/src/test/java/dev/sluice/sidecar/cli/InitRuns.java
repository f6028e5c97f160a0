package dev.sluice.sidecar.cli;

import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// Runs of `sluice init` in a directory, with or without a user at the terminal.
abstract class InitRuns {

    @TempDir
    Path directory;

    final StringWriter out = new StringWriter();
    final StringWriter err = new StringWriter();
    final List<String> asked = new ArrayList<>();
    final List<String> hidden = new ArrayList<>();

    /// @param typed what a person types; null for no terminal
    int run(@Nullable List<String> typed, String... arguments) {
        Deque<String> lines = new ArrayDeque<>(typed == null ? List.of() : typed);
        Prompt prompt = typed == null
                ? null
                : new Prompt() {
                    @Override
                    public @Nullable String ask(String question) {
                        asked.add(question);
                        return lines.poll();
                    }

                    @Override
                    public @Nullable String askSecret(String question) {
                        hidden.add(question);
                        return lines.poll();
                    }
                };
        CommandLine line = Sluice.commandLine(new Shutdown(), new InitCommand(() -> prompt));
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        List<String> all = new ArrayList<>(List.of("init", "--dir", directory.toString()));
        all.addAll(Arrays.asList(arguments));
        return line.execute(all.toArray(String[]::new));
    }

    Configuration written() {
        return ConfigurationFile.read(
                        directory.resolve("sluice.yaml"), name -> name.equals("SQL_PASSWORD") ? "hunter2" : null)
                .configuration();
    }

    String text(String file) throws Exception {
        return Files.readString(directory.resolve(file));
    }

    List<String> files() throws Exception {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
