package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import dev.sluice.sidecar.notify.SmtpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.Executors;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Receivers of every kind and programs around a backup, from one configuration file, with the program as it is
/// packaged: a backup that its program before does not let begin, and one that is taken.
@Timeout(300)
class NotifiedProgramIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "Notified!1";
    private static final String SECRET = "a-secret-of-the-webhook";

    @TempDir
    Path directory;

    private final List<Request> requests = new CopyOnWriteArrayList<>();

    private record Request(String path, Map<String, List<String>> headers, String body) {

        String header(String name) {
            return headers.get(name).getFirst();
        }
    }

    private HttpServer receiver() throws IOException {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
        server.createContext("/", exchange -> {
            try (exchange) {
                requests.add(new Request(
                        exchange.getRequestURI().getPath(),
                        Map.copyOf(exchange.getRequestHeaders()),
                        new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8)));
                exchange.sendResponseHeaders(204, -1);
            }
        });
        server.start();
        return server;
    }

    /// A program that keeps what it gets, a line for each run.
    ///
    /// @param last its last command
    private Path script(String name, String last) throws IOException {
        Path script = Files.writeString(
                directory.resolve(name),
                "#!/bin/sh\nprintf '%%s\\n' \"$(cat)\" >> '%s/%s.json'\n%s\n".formatted(directory, name, last));
        return Files.setPosixFilePermissions(script, PosixFilePermissions.fromString("rwx------"));
    }

    private List<JsonNode> lines(String file) throws IOException {
        Path path = directory.resolve(file);
        return Files.exists(path)
                ? Files.readAllLines(path).stream()
                        .map(line -> JsonMapper.shared().readTree(line))
                        .toList()
                : List.of();
    }

    private List<Request> at(String path) {
        return requests.stream().filter(request -> request.path().equals(path)).toList();
    }

    private static List<String> each(List<JsonNode> documents, String member) {
        return documents.stream().map(one -> one.get(member).asString()).toList();
    }

    private void configure(Site site, HttpServer http, SmtpServer mail) throws IOException {
        String url = "http://127.0.0.1:" + http.getAddress().getPort();
        Path before = script("before", "[ ! -e '%s/broken' ]".formatted(directory));
        Path after = script("after", "");
        Path pager = script("pager", "");
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: prod-1 }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                http: { listen: "127.0.0.1:0" }
                policies:
                  - databases: [Sales]
                    full: "0 1 1 1 *"
                    before: { program: %s }
                    after: { program: %s }
                notify:
                  - { name: on-call, webhook: { url: "%s/hook", secret: %s } }
                  - name: dba-mail
                    email:
                      server: "smtp://127.0.0.1:%d"
                      from: sluice@example.com
                      to: [dba@example.com]
                      user: %s
                      password: %s
                      ca: %s
                  - { name: alive, heartbeat: { url: "%s/beat" }, databases: [Sales] }
                  - { name: pager, command: { program: %s } }
                """.formatted(
                        site.jdbcUrl(),
                        PASSWORD,
                        site.s3.endpoint(),
                        before,
                        after,
                        url,
                        SECRET,
                        mail.port(),
                        SmtpServer.USER,
                        SmtpServer.PASSWORD,
                        mail.ca(),
                        url,
                        pager));
    }

    @Test
    void everyReceiverIsTriedAndHearsOfAFailureAndOfItsEnd() throws Exception {
        HttpServer http = receiver();
        try (Site site = Site.start(directory, PASSWORD, "Sales=2MiB");
                SmtpServer mail =
                        SmtpServer.start(Files.createDirectories(directory.resolve("mail")), SmtpServer.Tls.STARTTLS)) {
            configure(site, http, mail);
            Files.createFile(directory.resolve("broken"));

            assertThat(site.done("notify", "test").out()).contains("4 tried, 0 failed.");
            assertThat(each(lines("pager.json"), "event")).containsExactly("test");
            assertThat(at("/beat")).hasSize(1);

            serve(site);

            List<JsonNode> told = lines("pager.json");
            assertThat(each(told, "event")).containsExactly("test", "failure", "resolved");
            assertThat(told.get(1).get("failure").asString()).isEqualTo("hook-failed");
            assertThat(told.get(1).get("database").asString()).isEqualTo("Sales");
            assertThat(at("/hook").stream().skip(1).map(Request::body))
                    .as("the webhook has the same documents, but for their ids")
                    .extracting(body ->
                            JsonMapper.shared().readTree(body).get("event").asString())
                    .containsExactly("failure", "resolved");
            Request signed = at("/hook").get(1);
            assertThat(signed.header("Sluice-signature"))
                    .isEqualTo("v1=" + hmac(signed.header("Sluice-timestamp") + "." + signed.body()));
            assertThat(at("/beat")).as("one test, and one good backup").hasSize(2);
            assertThat(mail.mails)
                    .hasSize(3)
                    .allSatisfy(one -> assertThat(one.tls()).isTrue());
            assertThat(mail.mails.get(1).head()).contains("[prod-1] Sales");
            assertThat(each(lines("before.json"), "hook")).containsOnly("before");
            assertThat(each(lines("after.json"), "outcome")).containsExactly("failed", "good");
        } finally {
            http.stop(0);
        }
    }

    /// The first full backup is taken at once, and a person asks for another one when the program before works again.
    private void serve(Site site) throws Exception {
        try (Program program = site.program("serve", "--json");
                HttpClient client = HttpClient.newHttpClient()) {
            await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
            String base =
                    JsonMapper.shared().readTree(program.out()).get("listening").asString();
            await().atMost(PATIENTLY)
                    .untilAsserted(() -> assertThat(each(lines("pager.json"), "event"))
                            .as(program.err())
                            .contains("failure"));
            Files.delete(directory.resolve("broken"));
            HttpRequest request = HttpRequest.newBuilder(URI.create(base + "/api/v1/jobs"))
                    .header("Content-Type", "application/json")
                    .POST(BodyPublishers.ofString("{\"database\": \"Sales\", \"type\": \"FULL\"}"))
                    .build();
            assertThat(client.send(request, BodyHandlers.ofString()).statusCode())
                    .isEqualTo(202);
            await().atMost(PATIENTLY)
                    .untilAsserted(() -> assertThat(each(lines("pager.json"), "event"))
                            .as(program.err())
                            .contains("resolved"));
            await().atMost(PATIENTLY)
                    .until(() -> at("/hook").size() == 3 && at("/beat").size() == 2);
            program.signal("TERM");
            assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
            assertThat(program.err()).doesNotContain(SECRET, SmtpServer.PASSWORD);
        }
    }

    private static String hmac(String text) throws Exception {
        Mac mac = Mac.getInstance("HmacSHA256");
        mac.init(new SecretKeySpec(SECRET.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
        return HexFormat.of().formatHex(mac.doFinal(text.getBytes(StandardCharsets.UTF_8)));
    }
}
