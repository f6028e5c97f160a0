package dev.sluice.sidecar;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import tools.jackson.databind.json.JsonMapper;

/// A process that runs one command of the built program after the other; see [ResidentProgram].
final class Commands implements AutoCloseable {

    private final Process process;
    private final Writer commands;
    private final BufferedReader answers;

    private Commands(Process process) {
        this.process = process;
        this.commands = process.outputWriter(StandardCharsets.UTF_8);
        this.answers = process.inputReader(StandardCharsets.UTF_8);
    }

    static Commands start(Path directory, Map<String, String> environment) throws IOException {
        List<String> command = Program.java(directory, Program.JAR);
        String jar = Program.JAR.toAbsolutePath().normalize().toString();
        // The jar comes first, so that its AOT cache serves here too.
        command.addAll(List.of("-cp", jar + ":" + testClasses(), ResidentProgram.class.getName()));
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(directory.toFile())
                .redirectError(directory.resolve("resident.err").toFile());
        builder.environment().putAll(environment);
        return new Commands(builder.start());
    }

    private static Path testClasses() {
        try {
            return Path.of(Commands.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    Site.Ended run(Duration limit, String... arguments) throws Exception {
        commands.write(JsonMapper.shared().writeValueAsString(arguments) + "\n");
        commands.flush();
        String line = CompletableFuture.supplyAsync(this::answer).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        return JsonMapper.shared().readValue(line, Site.Ended.class);
    }

    private String answer() {
        try {
            String line = answers.readLine();
            if (line == null) {
                throw new AssertionError("the process ended in the middle of a command");
            }
            return line;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        process.destroyForcibly().onExit().orTimeout(10, TimeUnit.SECONDS).join();
    }
}
