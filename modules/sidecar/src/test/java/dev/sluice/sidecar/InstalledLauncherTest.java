package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What the script of an installation starts Java with, told by something that is taken for a Java.
class InstalledLauncherTest {

    @TempDir
    Path directory;

    private Path script;

    @BeforeEach
    void install() throws IOException {
        script = program("home/bin/sluice", Files.readString(Path.of("../../infra/launcher/sluice")));
        program("home/jre/bin/java", "#!/bin/sh\numask\nprintf '%s\\n' \"$@\"\n");
    }

    @Test
    void theJvmMayUseTheBudgetAndSomethingBeside() throws Exception {
        assertThat(launch("list")).contains("-Xmx256m", "-XX:MaxDirectMemorySize=1280m");

        Path block = Files.writeString(
                directory.resolve("block.yaml"),
                "store:\n  budget: 7GiB\nmemory: # bytes\n  # budget: 3GiB\n  budget: 2GiB # for 16 stripes\n");
        Path flow = Files.writeString(directory.resolve("flow.yaml"), "memory: { budget: 64MiB }\n");

        assertThat(launch("backup", "--config", block.toString(), "Sales")).contains("-XX:MaxDirectMemorySize=2816m");
        assertThat(launch("--config=" + flow, "list")).contains("-XX:MaxDirectMemorySize=832m");
    }

    @Test
    void archiveAndNativeLibrariesAreUsedWhereTheyAreInstalled() throws Exception {
        assertThat(launch("list"))
                .noneMatch(flag -> flag.contains("AOTCache")
                        || flag.contains("SharedArchiveFile")
                        || flag.contains("jna.boot")
                        || flag.contains("java.library.path"));

        program("home/sluice.jsa", "");
        program("home/native/libjnidispatch.so", "");

        Path home = directory.resolve("home").toRealPath();
        assertThat(launch("list"))
                .contains(
                        "-XX:SharedArchiveFile=" + home + "/sluice.jsa",
                        "-Djna.boot.library.path=" + home + "/native",
                        "-Djna.nounpack=true",
                        "-Djava.library.path=" + home + "/native");
    }

    @Test
    void withoutItsStubJnaUnpacksItsOwn() throws Exception {
        Files.createDirectories(directory.resolve("home/native"));

        assertThat(launch("list"))
                .anyMatch(flag -> flag.startsWith("-Djava.library.path="))
                .noneMatch(flag -> flag.contains("jna.boot") || flag.contains("nounpack"));
    }

    @Test
    void whatEndsBeforeTheSecondCompilerPaysDoesWithoutIt() throws Exception {
        for (String reads : List.of(
                "list", "show", "config", "doctor", "fleet", "history", "hold", "pause", "--help", "--version")) {
            assertThat(launch(reads)).as(reads).contains("-XX:TieredStopAtLevel=1");
        }
        assertThat(launch("backup", "list")).contains("-XX:TieredStopAtLevel=1");
        for (String moves : List.of("restore", "verify", "fetch", "serve", "prune")) {
            assertThat(launch(moves, "list")).as(moves).doesNotContain("-XX:TieredStopAtLevel=1");
        }
    }

    /// They are computed in Java.
    @Test
    void aBackupWhoseChecksumsAreVerifiedInFlightHasTheSecondCompiler() throws Exception {
        Path file = directory.resolve("sluice.yaml");
        Files.writeString(file, "backup:\n  # verify-in-flight: true\n  verify-in-flight: false\n");
        assertThat(launch("backup", "--config", file.toString())).contains("-XX:TieredStopAtLevel=1");

        Files.writeString(file, "backup: { stripes: 2, verify-in-flight: true }\n");
        assertThat(launch("backup", "--config", file.toString())).doesNotContain("-XX:TieredStopAtLevel=1");
    }

    @Test
    void whatTheJvmWarnsOfIsNoAnswerOfACommand() throws Exception {
        List<String> flags = launch("list", "--json");

        assertThat(flags)
                .containsSubsequence("-Xlog:disable", "-Xlog:all=warning,aot=off,cds=off:stderr:uptime,level,tags");
    }

    /// awk takes such a name for an assignment, and would read the terminal instead.
    @Test
    void aFileWithAnEqualsSignInItsNameIsAFile() throws Exception {
        Files.writeString(directory.resolve("env=prod.yaml"), "memory:\n  budget: 64MiB\n");

        assertThat(launch("list", "--config", "env=prod.yaml")).contains("-XX:MaxDirectMemorySize=832m");
        assertThat(launch("list", "--config=env=prod.yaml")).contains("-XX:MaxDirectMemorySize=832m");
    }

    @Test
    void whatIsAskedReachesTheProgramAsItWasWritten() throws Exception {
        List<String> said = launch("backup", "--config", "no such file.yaml", "a b", "*");

        assertThat(said.getFirst()).as("umask").isEqualTo("0007");
        assertThat(said.subList(said.size() - 5, said.size()))
                .containsExactly("backup", "--config", "no such file.yaml", "a b", "*");
    }

    @Test
    void aJvmThatRunsOutOfMemoryIsEndedByASignal() throws Exception {
        assertThat(launch("list")).contains("-XX:OnOutOfMemoryError=kill -VTALRM %p", "-XX:+ExitOnOutOfMemoryError");
    }

    /// To the first process of a container signals do nothing by themselves, so Java must not be it.
    @Test
    void asTheFirstProcessOfAContainerTheScriptHandsSignalsOnAndEndsAsJavaDoes() throws Exception {
        assertThat(asFirstProcess("kill -VTALRM $$; sleep 30")).isEqualTo(154);
        assertThat(asFirstProcess("trap 'exit 143' TERM; kill -TERM 1; while :; do sleep 0.1; done"))
                .isEqualTo(143);
        assertThat(asFirstProcess("trap 'exit 7' HUP; kill -HUP 1; while :; do sleep 0.1; done"))
                .isEqualTo(7);
        assertThat(asFirstProcess("exit 3")).isEqualTo(3);
    }

    private int asFirstProcess(String java) throws IOException, InterruptedException {
        program("home/jre/bin/java", "#!/bin/sh\n" + java + "\n");
        assumeTrue(runs("unshare", "--pid", "--fork", "--kill-child", "true") == 0, "no namespaces without root");
        // Tests that run in the background may have been started with these signals ignored, which no shell can undo.
        return runs(
                "env",
                "--default-signal=HUP,INT,TERM",
                "unshare",
                "--pid",
                "--fork",
                "--kill-child",
                script.toString(),
                "serve");
    }

    private static int runs(String... command) throws IOException, InterruptedException {
        Process process;
        try {
            process = new ProcessBuilder(command)
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
        } catch (IOException e) {
            return -1; // there is no such command
        }
        try {
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            return process.exitValue();
        } finally {
            process.destroyForcibly();
        }
    }

    private Path program(String name, String text) throws IOException {
        Path file = directory.resolve(name);
        Files.createDirectories(file.getParent());
        Files.writeString(file, text);
        return Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    private List<String> launch(String... arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(script.toString()));
        command.addAll(List.of(arguments));
        ProcessBuilder builder =
                new ProcessBuilder(command).directory(directory.toFile()).redirectErrorStream(true);
        builder.environment()
                .keySet()
                .removeAll(List.of(
                        "SLUICE_AOT",
                        "SLUICE_CONFIG",
                        "SLUICE_HOME",
                        "SLUICE_JAVA_HOME",
                        "SLUICE_JVM_FLAGS",
                        "SLUICE_UMASK"));
        Process process = builder.start();
        try {
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(process.exitValue()).as(said).isZero();
            return said.lines().toList();
        } finally {
            process.destroyForcibly();
        }
    }
}
