package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.sidecar.config.Secret;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Holds the way to verify a signature that `docs/notify.md` shows.
class WebhookSignatureTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("sluice.root", "../.."), "docs", "notify.md");
    private static final String SECRET = "an-example-of-a-secret";
    private static final String TIMESTAMP = "1772359320";
    private static final String BODY = "{\"version\":1}";

    @Test
    void theDocumentsExampleIsWhatIsSent() throws Exception {
        String signature = WebhookSignature.of(new Secret(SECRET), TIMESTAMP, BODY.getBytes(StandardCharsets.UTF_8));

        assertThat(signature).startsWith("v1=");
        assertThat(Files.readString(DOCUMENT)).contains("\n" + signature.substring(3) + "\n");
    }

    @Test
    void theDocumentsCommandFindsIt(@TempDir Path directory) throws Exception {
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/openssl")), "there is no openssl here");
        String document = Files.readString(DOCUMENT);
        int from = document.indexOf("$ (printf");
        List<String> block = document.substring(from + 2, document.indexOf("```", from))
                .lines()
                .toList();
        Path body = Files.writeString(directory.resolve("body.json"), BODY);
        ProcessBuilder shell = new ProcessBuilder("/bin/sh", "-c", block.getFirst())
                .directory(directory.toFile())
                .redirectErrorStream(true);
        shell.environment().put("SECRET", SECRET);
        shell.environment().put("TIMESTAMP", TIMESTAMP);

        Process process = shell.start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);

        assertThat(process.waitFor(30, TimeUnit.SECONDS)).isTrue();
        assertThat(body).exists();
        assertThat(printed.strip()).isEqualTo(block.get(1));
    }
}
