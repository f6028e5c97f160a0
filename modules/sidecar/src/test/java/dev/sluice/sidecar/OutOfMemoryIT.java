package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.cli.Sluice;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The packaged program, started as an installation starts it, with too little memory for what it does.
@Timeout(300)
class OutOfMemoryIT {

    @TempDir
    Path directory;

    @Test
    void aJvmThatRunsOutOfMemoryEndsWithACodeOfItsOwn() throws Exception {
        Path home = directory.resolve("home");
        Path script = Files.createDirectories(home.resolve("bin")).resolve("sluice");
        Files.copy(Path.of("../../infra/launcher/sluice"), script);
        assertThat(script.toFile().setExecutable(true)).isTrue();
        for (String part : new String[] {"sluice.jar", "lib", "embedded"}) {
            Files.createSymbolicLink(
                    home.resolve(part), Program.JAR.resolveSibling(part).toAbsolutePath());
        }
        ProcessBuilder builder = new ProcessBuilder(script.toString(), "backup", "Sales", "--embedded", "--json")
                .directory(directory.toFile())
                .redirectOutput(directory.resolve("out").toFile())
                .redirectError(directory.resolve("err").toFile());
        builder.environment().put("SLUICE_JAVA_HOME", System.getProperty("java.home"));
        builder.environment().put("SLUICE_JVM_FLAGS", "-XX:MaxMetaspaceSize=16m");
        Process process = builder.start();
        try {
            assertThat(process.waitFor(4, TimeUnit.MINUTES)).isTrue();
            assertThat(process.exitValue())
                    .as(Files.readString(directory.resolve("err")))
                    .isEqualTo(Sluice.OUT_OF_MEMORY);
            assertThat(directory.resolve("err")).content().contains("java.lang.OutOfMemoryError: Metaspace");
            assertThat(directory.resolve("out")).isEmptyFile();
        } finally {
            process.destroyForcibly();
        }
    }
}
