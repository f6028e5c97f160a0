package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.jna.ScriptedServer.Outcome;
import dev.sluice.vdi.jna.ScriptedServer.Script;
import java.nio.file.Path;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Client and server in processes of their own: a client in C++, which knows nothing of Java and checks every
/// byte, and one in Java.
class SeparateProcessesIT {

    @RegisterExtension
    final Simulator simulator = new Simulator();

    @TempDir
    Path workingDirectory = Path.of("");

    private ChildProcess cpp(Object... arguments) throws Exception {
        Object[] command = new Object[arguments.length + 1];
        command[0] = Simulator.built("vdi-client");
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        return ChildProcess.start(simulator.directory(), workingDirectory, command);
    }

    @Test
    void walksThroughTheStatesWithoutAServer() throws Exception {
        try (ChildProcess client = cpp("transitions", "states")) {
            assertThat(client.exitCode()).isZero();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3})
    void backsUpToAClientInCpp(int devices) throws Exception {
        Script script = Script.backup("cpp-backup", devices, 5 << 20, 128 << 10);
        try (ChildProcess client = cpp("backup", script.setName(), devices)) {
            client.awaitLine("created");

            Outcome outcome = new ScriptedServer(simulator.server().newServerSet(), script).run();

            assertThat(outcome.codes()).isEmpty();
            assertThat(client.exitCode()).isZero();
        }
    }

    @Test
    void restoresFromAClientInCpp() throws Exception {
        Script script = Script.restore("cpp-restore", 2, 5 << 20, 128 << 10);
        try (ChildProcess client = cpp("restore", script.setName(), 2)) {
            client.awaitLine("created");

            Outcome restored = new ScriptedServer(simulator.server().newServerSet(), script).run();

            assertThat(restored.codes()).isEmpty();
            assertThat(client.exitCode()).isZero();
        }
    }

    @Test
    void isAbortedByAClientInCpp() throws Exception {
        Script script = Script.backup("cpp-abort", 2, Long.MAX_VALUE / 2, 64 << 10);
        try (ChildProcess client = cpp("abort", script.setName(), 2)) {
            client.awaitLine("created");

            Outcome outcome = new ScriptedServer(simulator.server().newServerSet(), script).run();

            assertThat(outcome.codes()).isNotEmpty().containsOnly(CompletionCode.ERROR_OPERATION_ABORTED);
            assertThat(client.exitCode()).isZero();
        }
    }

    /// Close unmaps the memory at once, as SQL Server's library does: so the Java side must never access a buffer
    /// afterwards.
    @Test
    void aStalePointerIsASegmentationFault() throws Exception {
        try (ChildProcess client = cpp("stale", "stale")) {
            client.awaitLine("created");
            FutureTask<Outcome> server = CrossProcessIT.start(new ScriptedServer(
                    simulator.server().newServerSet(), Script.backup("stale", 1, Long.MAX_VALUE / 2, 64 << 10))::run);

            assertThat(client.exitCode()).isEqualTo(128 + 11);
            assertThat(server.get(10, TimeUnit.SECONDS).good()).isFalse();
        }
    }

    @Test
    void backsUpFromOneJavaProcessToAnother() throws Exception {
        Path library = Simulator.built("libsqlvdi.so");
        try (ChildProcess client =
                ChildProcess.java(simulator.directory(), workingDirectory, ClientProcess.class, library, "java", 4)) {
            client.awaitLine("created");
            try (ChildProcess server = ChildProcess.java(
                    simulator.directory(),
                    workingDirectory,
                    ServerProcess.class,
                    "java",
                    4,
                    8 << 20,
                    1 << 20,
                    "backup")) {
                assertThat(server.exitCode()).isZero();
                assertThat(client.exitCode()).isZero();
            }
        }
    }
}
