package dev.sluice.sidecar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// The packaged program with 256 MiB of heap, a backup, and clients that hold connections of every kind and
/// come again a second after they are cut. `-Dsluice.hostile.connections` says how many of each.
@Timeout(900)
class HostileLoadIT {

    private static final int CONNECTIONS = Integer.getInteger("sluice.hostile.connections", 300);
    private static final Duration PATIENTLY = Duration.ofMinutes(3);
    private static final Duration PROMPTLY = Duration.ofSeconds(10);
    private static final String POST =
            "POST /api/v1/jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n";

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

    @Test
    void backupsEndWellAndHealthAnswersWhateverClientsHold() throws Exception {
        Map<String, byte[]> kinds = new LinkedHashMap<>();
        kinds.put("silent", new byte[0]);
        kinds.put("half headers", "GET /health/live HTTP/1.1\r\nHost: local".getBytes(ISO_8859_1));
        kinds.put("huge headers", ("GET /health/live HTTP/1.1\r\nX: " + "x".repeat(370 << 10)).getBytes(ISO_8859_1));
        kinds.put("half bodies", (POST + "Content-Length: 60000\r\n\r\n" + " ".repeat(30_000)).getBytes(ISO_8859_1));
        kinds.put(
                "slow readers",
                "GET /openapi.json HTTP/1.1\r\nHost: localhost\r\n\r\n"
                        .repeat(100)
                        .getBytes(ISO_8859_1));
        try (Program program =
                Program.start(directory, "serve", "--embedded", "--embedded-size", "16MiB", "--port", "0", "--json")) {
            await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
            URI base = URI.create(
                    JsonMapper.shared().readTree(program.out()).get("listening").asString());
            await().atMost(PATIENTLY).until(() -> status(base, "/health/ready") == 200);

            for (Map.Entry<String, byte[]> kind : kinds.entrySet()) {
                Duration worst = backUpBeside(base, kind.getValue());

                System.out.printf(
                        Locale.ROOT,
                        "%d connections, %s: slowest health %d ms, peak resident %d MiB%n",
                        CONNECTIONS,
                        kind.getKey(),
                        worst.toMillis(),
                        program.peakResident() >> 20);
                assertThat(worst).as(kind.getKey()).isLessThan(PROMPTLY);
                assertThat(program.running()).as(kind.getKey()).isTrue();
            }

            assertThat(program.err()).doesNotContain("OutOfMemoryError").doesNotContain("\tat ");
            program.signal("TERM");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
        }
    }

    /// @return how long the slowest answer of health took, meanwhile and afterwards
    private Duration backUpBeside(URI base, byte[] sent) throws Exception {
        AtomicBoolean over = new AtomicBoolean();
        Duration worst = Duration.ZERO;
        try (ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            try {
                for (int i = 0; i < CONNECTIONS; i++) {
                    var _ = clients.submit(() -> hold(base.getPort(), sent, over));
                }
                String job = null;
                String state = "";
                long limit = System.nanoTime() + PATIENTLY.toNanos();
                while (!state.equals("good")) {
                    assertThat(System.nanoTime())
                            .as("backup, which is %s", state)
                            .isLessThan(limit);
                    long asked = System.nanoTime();
                    assertThat(status(base, "/health/live")).isEqualTo(200);
                    Duration took = Duration.ofNanos(System.nanoTime() - asked);
                    worst = took.compareTo(worst) > 0 ? took : worst;
                    job = job == null ? ask(base) : job;
                    state = job == null ? "" : state(base, job);
                    assertThat(state).isNotIn("failed", "cancelled", "unconfirmed");
                }
            } finally {
                over.set(true);
                sockets.forEach(HostileLoadIT::closeQuietly);
            }
        }
        assertThat(status(base, "/health/live")).isEqualTo(200);
        return worst;
    }

    private void hold(int port, byte[] sent, AtomicBoolean over) {
        while (!over.get()) {
            try (Socket socket = new Socket()) {
                sockets.add(socket);
                socket.setReceiveBufferSize(4 << 10);
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), 10_000);
                if (over.get()) {
                    return; // after the others were closed
                }
                socket.getOutputStream().write(sent);
                InputStream in = socket.getInputStream();
                while (in.read() >= 0 && !over.get()) {
                    Thread.sleep(50); // twenty bytes a second
                }
            } catch (IOException e) {
                // Cut: once more.
            } catch (InterruptedException e) {
                return;
            } finally {
                sockets.removeIf(Socket::isClosed);
            }
            // Without a pause the clients alone would keep this machine busy.
            LockSupport.parkNanos(Duration.ofSeconds(1).toNanos());
        }
    }

    private static void closeQuietly(Socket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // It is over in any case.
        }
    }

    private HttpRequest.Builder request(URI base, String path) {
        return HttpRequest.newBuilder(base.resolve(path)).timeout(PROMPTLY);
    }

    /// 0 for a connection that was refused.
    private int status(URI base, String path) throws InterruptedException {
        for (int i = 0; i < 3; i++) {
            try {
                return http.send(request(base, path).build(), BodyHandlers.discarding())
                        .statusCode();
            } catch (IOException e) {
                // As a probe, which asks again before it takes anything for dead.
            }
        }
        return 0;
    }

    /// The job, or null when it was not accepted.
    private String ask(URI base) throws InterruptedException {
        try {
            HttpResponse<String> answer = http.send(
                    request(base, "/api/v1/jobs")
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString("{\"database\": \"Sales\", \"type\": \"FULL\"}"))
                            .build(),
                    BodyHandlers.ofString());
            return answer.statusCode() == 202
                    ? answer.headers().firstValue("Location").orElseThrow()
                    : null;
        } catch (IOException e) {
            return null;
        }
    }

    private String state(URI base, String job) throws InterruptedException {
        try {
            HttpResponse<String> answer = http.send(request(base, job).build(), BodyHandlers.ofString());
            JsonNode json = JsonMapper.shared().readTree(answer.body());
            return answer.statusCode() == 200 ? json.get("state").asString() : "unknown";
        } catch (IOException e) {
            return "unknown";
        }
    }
}
