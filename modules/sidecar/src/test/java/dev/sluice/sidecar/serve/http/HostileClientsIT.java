package dev.sluice.sidecar.serve.http;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.serve.Client;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.ServiceIT;
import dev.sluice.sidecar.serve.ServiceSettings;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What anyone who can connect may send, over raw sockets: refused or cut, and health answers.
@Timeout(120)
class HostileClientsIT {

    private static final String JOBS = "POST /api/v1/jobs HTTP/1.1\r\nContent-Type: application/json\r\n";

    @TempDir
    static Path directory;

    private static EmbeddedForTests installation;
    private static Service service;

    private final List<Socket> open = new ArrayList<>();

    @BeforeAll
    static void start() throws Exception {
        installation = EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20));
        service = Service.start(
                installation.engine(),
                new ServiceSettings(ServiceIT.policies(null, "0 1 1 1 *", null), installation::request, null),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system());
        try (Client client = new Client(service.port(), null)) {
            await().atMost(Duration.ofMinutes(1))
                    .until(() -> client.get("/health/ready").statusCode() == 200);
        }
    }

    @AfterAll
    static void stop() {
        service.close();
        installation.close();
    }

    private Socket send(String request) throws IOException {
        Socket socket = new Socket();
        open.add(socket);
        socket.setReceiveBufferSize(4 << 10);
        socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), service.port()), 10_000);
        socket.setSoTimeout(20_000);
        socket.getOutputStream().write(request.getBytes(ISO_8859_1));
        return socket;
    }

    /// The status; 0 when the connection was closed without one.
    private int status(String request) throws IOException {
        try (Socket socket = send(request)) {
            String line = new String(socket.getInputStream().readNBytes(12), ISO_8859_1);
            return line.isEmpty() ? 0 : Integer.parseInt(line.substring(9));
        } catch (SocketException e) {
            return 0; // reset
        }
    }

    private static String get(String path, String... headers) {
        return "GET %s HTTP/1.1\r\n%s\r\n\r\n".formatted(path, String.join("\r\n", headers));
    }

    private void closeAll() throws IOException {
        for (Socket socket : open) {
            socket.close();
        }
        open.clear();
    }

    @Test
    void whatIsNoProperRequestOrComesFromAnotherOriginIsRefused() throws Exception {
        String own = "Host: 127.0.0.1:" + service.port();
        Map<String, Integer> expected = new LinkedHashMap<>();
        for (String path : List.of("/metrics", "/api/v1/jobs", "/api/v1/backups", "/health/live", "/nothing")) {
            int found = path.equals("/nothing") ? 404 : 200;
            boolean open = path.equals("/health/live");
            expected.put(get(path, own), found);
            expected.put(get(path, "Accept: *"), 400);
            expected.put(get(path, own, own), 400);
            expected.put(get(path, own, "host: evil.example"), 400);
            expected.put(get(path, "Host:"), 400);
            expected.put(get(path, "Host: a b"), 400);
            expected.put("GET " + path + " HTTP/1.0\r\n\r\n", 400);
            expected.put(get(path, own, "Sec-Fetch-Site: none"), found);
            expected.put(get(path, own, "Sec-Fetch-Site: same-origin"), found);
            expected.put(get(path, own, "Sec-Fetch-Site: cross-site"), open ? 200 : 403);
            expected.put(get(path, own, "Sec-Fetch-Site: same-site"), open ? 200 : 403);
            expected.put(get(path, own, "Sec-Fetch-Site: none", "Sec-Fetch-Site: cross-site"), open ? 200 : 403);
            expected.put(get(path, own, "Origin: http://evil.example"), open ? 200 : 403);
            expected.put(get(path, own, "Origin: null"), open ? 200 : 403);
            expected.put(get(path, own, "Origin: http://127.0.0.1:" + service.port()), found);
            expected.put(get(path, "Host: evil.example"), open ? 200 : 403);
            expected.put(get(path, own, "X: " + "x".repeat(HttpLimits.HEADER)), 0);
        }
        String chunked = JOBS + own + "\r\nTransfer-Encoding: chunked\r\n\r\n";
        expected.put(chunked + "FFFFFFFFF\r\n{}\r\n0\r\n\r\n", 400);
        expected.put(chunked + "FFFFFFFF\r\n{}\r\n0\r\n\r\n", 400);
        expected.put(chunked + "2\r\n{}\r\n0\r\n\r\n", 400);
        expected.put(JOBS + own + "\r\nContent-Length: 2\r\n\r\n{}", 400);
        expected.put(JOBS + own + "\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{} ", 400);
        expected.put(JOBS + own + "\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400);
        expected.put(
                "GET /health/live HTTP/1.1\r\n" + own + "\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFF\r\n", 200);
        expected.put("no request\r\n\r\n", 400);

        SoftAssertions all = new SoftAssertions();
        for (Map.Entry<String, Integer> one : expected.entrySet()) {
            String shown = one.getKey().substring(0, Math.min(200, one.getKey().length()));
            all.assertThat(status(one.getKey())).as(shown).isEqualTo(one.getValue());
        }
        all.assertAll();
        try (Client client = new Client(service.port(), null)) {
            assertThat(client.metric("mssql_backup_http_refused_total{reason=\"bad-request\"}"))
                    .isPositive();
            assertThat(client.metric("mssql_backup_http_refused_total{reason=\"forbidden\"}"))
                    .isPositive();
        }
    }

    /// The JDK has read its properties: they were said before the first server of this process.
    @Test
    void whoSendsNothingOrHalfARequestIsCutWithinSeconds() throws Exception {
        String own = "Host: localhost\r\n";
        long began = System.nanoTime();
        List<Socket> slow = List.of(
                send(""),
                send("GET /health/li"),
                send("GET /health/live HTTP/1.1\r\nHost: local"),
                send(JOBS + own + "Content-Length: 100\r\n\r\n{"),
                send(JOBS + own + "Transfer-Encoding: chunked\r\n\r\n10\r\n{"));

        for (Socket socket : slow) {
            assertThat(socket.getInputStream().read()).isEqualTo(-1);
        }

        assertThat(Duration.ofNanos(System.nanoTime() - began))
                .isBetween(Duration.ofSeconds(HttpLimits.REQUEST - 1), Duration.ofSeconds(HttpLimits.REQUEST + 7));
        closeAll();
    }

    @Test
    void healthIsAnsweredWhileOthersHoldMorePlacesThanThereAre() throws Exception {
        String own = "Host: localhost\r\n";
        Map<String, String> kinds = new LinkedHashMap<>();
        kinds.put("silent", "");
        kinds.put("half headers", "GET /health/live HTTP/1.1\r\nHost: local");
        kinds.put("half bodies", JOBS + own + "Content-Length: 100\r\n\r\n{");
        kinds.put("slow readers", ("GET /openapi.json HTTP/1.1\r\n" + own + "\r\n").repeat(200));
        kinds.put("slow readers of metrics", ("GET /metrics HTTP/1.1\r\n" + own + "\r\n").repeat(100));
        for (Map.Entry<String, String> kind : kinds.entrySet()) {
            for (int i = 0; i < HttpFront.PLACES + 40; i++) {
                send(kind.getValue());
            }
            for (String path : List.of("/health/live", "/health/ready", "/metrics")) {
                long asked = System.nanoTime();
                // Ready is what the service says of itself; of metrics there are only so many at once.
                assertThat(status(get(path, "Host: localhost")))
                        .as("%s beside %s", path, kind.getKey())
                        .isIn(200, path.equals("/health/live") ? 200 : 503);
                assertThat(Duration.ofNanos(System.nanoTime() - asked))
                        .as(kind.getKey())
                        .isLessThan(Duration.ofSeconds(5));
            }
            closeAll();
            await().atMost(Duration.ofMinutes(1)).until(() -> status(get("/metrics", "Host: localhost")) == 200);
        }
    }

    @Test
    void connectionsLeaveDescriptorsForBackups() {
        assertThat(HttpLimits.connections(1_024)).isEqualTo(512);
        assertThat(HttpLimits.connections(20_000)).isEqualTo(10_000);
        assertThat(HttpLimits.connections(Integer.MAX_VALUE)).isEqualTo(10_000);
        assertThat(
                        HttpLimits.descriptors(
                                "Limit        Soft Limit   Hard Limit   Units\nMax open files            1024                 4096                 files\n"))
                .isEqualTo(1_024);
        assertThat(HttpLimits.descriptors(
                        "Max open files            unlimited            unlimited            files\n"))
                .isEqualTo(Integer.MAX_VALUE);
    }
}
