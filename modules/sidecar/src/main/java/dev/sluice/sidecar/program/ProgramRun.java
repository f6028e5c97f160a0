package dev.sluice.sidecar.program;

import dev.sluice.sidecar.log.Masking;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Runs a program of the configuration with a document on its standard input.
///
/// The program leads a process group of its own (`setsid`), so that its end by force reaches everything that it
/// has started, and nothing else. Where there is no `setsid`, the processes that descend from it are ended one
/// by one. A program that ends in time may leave processes behind; they are its own.
///
/// **Threading:** the thread that runs it waits; an interrupt ends the program by force.
///
/// @param limit of one run
public record ProgramRun(Path program, List<String> arguments, Duration limit) {

    private static final Logger log = LoggerFactory.getLogger(ProgramRun.class);

    /// A password of SQL Server may stand in Sluice's environment.
    private static final Set<String> INHERITED = Set.of("PATH", "HOME", "LANG", "LC_ALL", "TZ", "TMPDIR", "SystemRoot");

    private static final Path SETSID = Path.of("/usr/bin/setsid");
    private static final Path SHELL = Path.of("/bin/sh");
    private static final Duration ENDS = Duration.ofSeconds(5);
    private static final Duration OUTPUT_ENDS = Duration.ofMillis(500);
    private static final int KEPT_OUTPUT = 2048;
    private static final int LONGEST_LINE = 200;

    public ProgramRun {
        arguments = List.copyOf(arguments);
    }

    /// How a run came out.
    ///
    /// @param good   whether it ended in time, with exit code 0
    /// @param answer how it ended, and the first line that it has printed; without secrets
    public record Result(boolean good, String answer) {

        static Result failed(String answer) {
            return new Result(false, answer);
        }
    }

    /// @param document of less than 64 KiB, which a pipe takes without a reader
    public Result run(byte[] document) throws InterruptedException {
        boolean leads = Files.isExecutable(SETSID) && Files.isExecutable(SHELL);
        List<String> line = new ArrayList<>();
        if (leads) {
            line.add(SETSID.toString());
        }
        line.add(program.toString());
        line.addAll(arguments);
        ProcessBuilder builder =
                new ProcessBuilder(line).directory(new File("/")).redirectErrorStream(true);
        builder.environment().keySet().retainAll(INHERITED);
        if (!Files.isExecutable(program)) {
            // setsid would say so in its own words.
            return Result.failed("%s is not there, or may not be run by this user".formatted(program));
        }
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            return Result.failed(Masking.mask("cannot be started: " + e.getMessage()));
        }
        try {
            CompletableFuture<String> output = readInBackground(process.getInputStream());
            write(process.getOutputStream(), document);
            if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
                return Result.failed("did not end within %s ms, and was killed".formatted(limit.toMillis()));
            }
            int code = process.exitValue();
            String answer = String.format(Locale.ROOT, "exit code %d%s", code, firstLine(output));
            return new Result(code == 0, answer);
        } finally {
            end(process, leads);
        }
    }

    /// The document is smaller than a pipe, so this waits for no reader.
    private static void write(OutputStream input, byte[] document) {
        try (input) {
            input.write(document);
        } catch (IOException e) {
            // It need not read what it is told.
        }
    }

    /// Reads to the end, or the program would wait for a reader, and keeps the beginning. Ends with the pipe.
    private static CompletableFuture<String> readInBackground(InputStream output) {
        CompletableFuture<String> kept = new CompletableFuture<>();
        Thread.ofVirtual().name("sluice-program-output").start(() -> {
            byte[] beginning = new byte[0];
            try {
                beginning = output.readNBytes(KEPT_OUTPUT);
                output.skip(Long.MAX_VALUE);
            } catch (IOException e) {
                // The pipe was closed: there is no more.
            }
            kept.complete(new String(beginning, StandardCharsets.UTF_8));
        });
        return kept;
    }

    private static String firstLine(CompletableFuture<String> output) throws InterruptedException {
        try {
            String line = output.get(OUTPUT_ENDS.toMillis(), TimeUnit.MILLISECONDS)
                    .lines()
                    .findFirst()
                    .orElse("")
                    .strip();
            String masked = Masking.mask(line);
            return masked.isEmpty()
                    ? ""
                    : ": " + (masked.length() <= LONGEST_LINE ? masked : masked.substring(0, LONGEST_LINE) + "…");
        } catch (TimeoutException | ExecutionException e) {
            return ""; // what it left in the background still holds the pipe
        }
    }

    /// Does nothing to a program that has ended: its number stands for its group only as long as it lives.
    private static void end(Process process, boolean leads) {
        try {
            if (process.isAlive()) {
                if (leads) {
                    killGroup(process.pid());
                }
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
                if (!process.onExit()
                        .handle((_, _) -> true)
                        .completeOnTimeout(false, ENDS.toMillis(), TimeUnit.MILLISECONDS)
                        .join()) {
                    log.atWarn().addKeyValue("pid", process.pid()).log("a program was killed, and has not ended");
                }
            }
            process.getInputStream().close();
        } catch (IOException e) {
            log.atDebug().addKeyValue("cause", e.getMessage()).log("a program's output could not be closed");
        }
    }

    /// By the shell: Java can end a process, and no group. The group is gone when the shell is.
    private static void killGroup(long leader) throws IOException {
        Process kill = new ProcessBuilder(
                        SHELL.toString(), "-c", "kill -s KILL -- \"-$1\"", "sh", Long.toString(leader))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        kill.onExit()
                .completeOnTimeout(kill, ENDS.toMillis(), TimeUnit.MILLISECONDS)
                .join();
        kill.destroyForcibly();
    }
}
