package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.s3.EmbeddedS3;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import tools.jackson.databind.json.JsonMapper;

/// The page of a fleet of 500 servers in a real browser, of the program as it is packaged, and without any SQL Server.
@Timeout(300)
class FleetPageIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final int SERVERS = 500;
    private static final int DATABASES = 40;

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private EmbeddedS3 s3;
    private Program program;
    private Browser browser;
    private String base;

    @BeforeEach
    void start() throws IOException {
        s3 = EmbeddedS3.start(directory.resolve("s3"), "backups");
        Instant now = Instant.now();
        for (int i = 0; i < SERVERS; i++) {
            boolean bad = i == 250;
            write(name(i), server(name(i), bad, now), i == 499 ? now.minus(Duration.ofHours(3)) : now);
        }
        Files.createDirectories(directory.resolve("s3/backups/prod/sql-old/catalog/a-0123456789abcdef"));
        Files.writeString(directory.resolve("s3/backups/prod/sql-old/catalog/a-0123456789abcdef/x.json"), "{}");
        Files.writeString(directory.resolve("sluice.yaml"), """
                store:
                  bucket: backups
                  prefix: prod
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                http: { token: "open sesame" }
                """.formatted(s3.endpoint()));
    }

    @AfterEach
    void stop() throws Exception {
        http.close();
        for (AutoCloseable one : new AutoCloseable[] {browser, program, s3}) {
            if (one != null) {
                one.close();
            }
        }
    }

    private static String name(int number) {
        return "sql-%03d".formatted(number);
    }

    private void write(String server, String json, Instant modified) throws IOException {
        Path file = directory.resolve("s3/backups/prod").resolve(server).resolve("summary.json");
        Files.createDirectories(file.getParent());
        Files.writeString(file, json);
        Files.setLastModifiedTime(file, FileTime.from(modified));
    }

    private static String server(String name, boolean bad, Instant now) {
        return """
                {"schemaVersion": 2, "schemaMinor": 0, "sluiceVersion": "1.0", "server": "%s", "identity": {"serverName": "%s"},
                 "writtenAt": "%s", "interval": 300, "unmet": [], "databases": [%s], "omitted": 0, "shared": false}
                """.formatted(
                        name,
                        name,
                        now,
                        IntStream.range(0, DATABASES)
                                .mapToObj(i -> database("Db%02d".formatted(i), bad && i == 0, now))
                                .collect(Collectors.joining(",")));
    }

    private static String database(String name, boolean bad, Instant now) {
        return """
                {"name": "%s", "condition": "%s", "problems": [%s], "earliest": "%s", "latest": "%s", "unconfirmed": 0,
                 "types": [{"type": "FULL", "last": "%s", "next": "%s", "failed": false},
                           {"type": "LOG", "last": "%s", "next": "%s", "failed": %s}],
                 "drill": {"outcome": "SOUND", "finishedAt": "%s"}}
                """.formatted(
                        name,
                        bad ? "FAILING" : "WELL",
                        bad ? "\"Its last log backup failed: <b>the disk</b> is full.\"" : "",
                        now.minus(Duration.ofDays(35)),
                        now.minusSeconds(200),
                        now.minus(Duration.ofDays(1)),
                        now.plus(Duration.ofDays(6)),
                        now.minusSeconds(200),
                        now.plusSeconds(100),
                        bad,
                        now.minus(Duration.ofDays(3)));
    }

    private void sees(String text) {
        await().atMost(PATIENTLY).untilAsserted(() -> assertThat(browser.text()).contains(text));
    }

    /// Light, dark, and as on a phone.
    private void pictures(String name) throws Exception {
        for (boolean dark : new boolean[] {false, true}) {
            browser.dark(dark);
            browser.picture("fleet-" + name + (dark ? "-dark" : "-light"));
        }
        browser.dark(false);
        browser.size(390, 844);
        browser.requireFitsInWidth(name + ", on a phone");
        browser.picture("fleet-" + name + "-phone");
        browser.size(1280, 900);
    }

    @Test
    void fiveHundredServersAreSeenWorstFirstFilteredAndOpened() throws Exception {
        program = Program.start(
                directory,
                Map.of("S3_KEY", s3.accessKeyId(), "S3_SECRET", s3.secretAccessKey()),
                "fleet",
                "--listen",
                "127.0.0.1:0",
                "--json");
        await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
        base = JsonMapper.shared().readTree(program.out()).get("listening").asString();
        browser = Browser.start(directory.resolve("profile"));
        browser.size(1280, 900);
        browser.open(base + "/");
        sees("Nothing is shown without the token.");
        browser.element("token").sendKeys("open sesame" + Keys.ENTER);

        sees("2 failing, 1 to look at, 498 well.");
        assertThat(browser.element("databases").getText()).isEqualTo("Databases: 1 failing, 0 to look at, 19999 well.");
        assertThat(browser.all("#rows > tr")).hasSize(SERVERS + 1);
        assertThat(browser.all("#rows > tr").get(0).getText())
                .contains("Failing", "sql-499", "no sign of life since", "silent, last");
        assertThat(browser.all("#rows > tr").get(1).getText()).contains("Failing", "sql-250", "40, 1 failing");
        assertThat(browser.all("#rows > tr").get(2).getText()).contains("Look at it", "sql-old", "none known");

        // By keyboard: a filter, the databases of one server, and back.
        browser.element("wrong").sendKeys(Keys.SPACE);
        assertThat(browser.element("filtered").getText()).isEqualTo("3 of 501");
        pictures("wrong");
        browser.element("filter").sendKeys("250");
        assertThat(browser.all("#rows > tr")).hasSize(1);
        WebElement button = browser.all("#rows button").getFirst();
        button.sendKeys(Keys.ENTER);
        sees("Its last log backup failed: <b>the disk</b> is full.");
        assertThat(button.getDomAttribute("aria-expanded")).isEqualTo("true");
        assertThat(browser.all("#rows table tbody tr")).hasSize(DATABASES);
        browser.requireAccessible("the databases of a server, light");
        browser.dark(true);
        browser.requireAccessible("the databases of a server, dark");
        pictures("databases");
        button.sendKeys(Keys.ENTER);
        assertThat(browser.all("#rows table")).isEmpty();
        assertThat(browser.focused()).isEqualTo(button);
        browser.element("filter").clear();
        browser.element("filter").sendKeys(" " + Keys.BACK_SPACE);
        browser.element("wrong").sendKeys(Keys.SPACE);
        assertThat(browser.all("#rows > tr")).hasSize(SERVERS + 1);
        pictures("all");
        assertThat(browser.complaints())
                .filteredOn(line -> !line.contains("401"))
                .isEmpty();

        HttpResponse<String> page = get("/", null);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'")
                .doesNotContain("unsafe");
        assertThat(page.body()).doesNotContain("http://", "https://", "style=", "onclick");
        assertThat(get("/api/v1/fleet", null).statusCode()).isEqualTo(401);
        assertThat(get("/api/v1/fleet/sql-nowhere", "open sesame").statusCode()).isEqualTo(404);
        s3.close();
        assertThat(get("/health/live", null).statusCode()).isEqualTo(200);
        program.signal("TERM");
        assertThat(program.exitCode(PATIENTLY)).isEqualTo(143);
    }

    private HttpResponse<String> get(String path, String token) throws Exception {
        HttpRequest.Builder request =
                HttpRequest.newBuilder(URI.create(base + path)).timeout(PATIENTLY);
        if (token != null) {
            request.header("Authorization", "Bearer " + token);
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }
}
