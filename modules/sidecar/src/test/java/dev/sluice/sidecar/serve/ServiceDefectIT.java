package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.serve.http.HttpApi;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// An error that no schedule can go on after: told by health, and the end of the service.
@Timeout(120)
class ServiceDefectIT {

    @TempDir
    Path directory;

    @Test
    void anErrorInTheScheduleIsNoSilentEndOfIt() throws Exception {
        AtomicBoolean broken = new AtomicBoolean();
        try (EmbeddedForTests installation =
                        EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20));
                Service service = Service.start(
                        installation.engine(),
                        new ServiceSettings(ServiceIT.policies(null, "0 1 1 1 *", null), installation::request, null),
                        HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                        () -> {
                            if (broken.get() && Thread.currentThread().getName().equals("sluice-schedule")) {
                                throw new StackOverflowError("for a test");
                            }
                            return Instant.now();
                        });
                Client client = new Client(service.port(), null)) {
            assertThat(client.get("/health/live").statusCode()).isEqualTo(200);
            CompletableFuture<Throwable> defect = CompletableFuture.supplyAsync(service::awaitDefect);

            broken.set(true);

            await().atMost(Duration.ofMinutes(1))
                    .until(() -> client.get("/health/live").statusCode() == 503);
            assertThat(client.json("/health/live").get("status").asString()).isEqualTo("DOWN");
            assertThat(defect.get(1, TimeUnit.MINUTES)).isInstanceOf(StackOverflowError.class);
        }
    }
}
