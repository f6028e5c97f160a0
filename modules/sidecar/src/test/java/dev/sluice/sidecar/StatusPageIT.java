package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.sidecar.history.HistoryForTests;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.Keys;
import org.openqa.selenium.WebElement;
import tools.jackson.databind.json.JsonMapper;

/// The status page in a real browser, of the program as it is packaged.
///
/// `-Dsluice.page.databases=200` is the full number of databases of the last test.
@Timeout(600)
class StatusPageIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String PASSWORD = "Status!1";
    private static final String TOKEN = "open sesame";
    private static final int MANY = Integer.getInteger("sluice.page.databases", 12);

    @TempDir
    Path directory;

    private final HttpClient http = HttpClient.newHttpClient();
    private Site site;
    private FaultyProxy proxy;
    private Program program;
    private Browser browser;
    private String base;

    @AfterEach
    void stop() throws Exception {
        http.close();
        for (AutoCloseable one : new AutoCloseable[] {browser, program, proxy, site}) {
            if (one != null) {
                one.close();
            }
        }
    }

    private void start(String policies, String http, String... databases) throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=24MiB", databases);
        proxy = new FaultyProxy(site.s3.endpoint());
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: prod-1 }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                http: { listen: "127.0.0.1:0"%s }
                policies:%s
                """.formatted(site.jdbcUrl(), PASSWORD, proxy.endpoint(), http, policies));
        program = site.program("serve", "--json");
        await().atMost(PATIENTLY).until(() -> program.out().contains("\n") || !program.running());
        base = JsonMapper.shared().readTree(program.out()).get("listening").asString();
        browser = Browser.start(directory.resolve("profile"));
        browser.size(1280, 900);
        browser.open(base + "/");
    }

    private HttpResponse<String> send(String method, String path, String body) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(base + path))
                .timeout(PATIENTLY)
                .header("Authorization", "Bearer " + TOKEN)
                .method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofString(body));
        if (body != null) {
            request.header("Content-Type", "application/json");
        }
        return http.send(request.build(), BodyHandlers.ofString());
    }

    private void sees(String text) {
        await().atMost(PATIENTLY).untilAsserted(() -> assertThat(browser.text()).contains(text));
    }

    /// The bucket refuses to remove what lies below this directory. The page says so, and the keyboard is on the
    /// button again, which a person can press once more.
    private void isRefusedAndKeepsTheKeyboard(String below, String button) {
        proxy.follow((request, _) ->
                request.is("DELETE", below) ? Reaction.Answer.error(403, "AccessDenied") : Reaction.Fault.NONE);
        browser.all("[%s]".formatted(button)).getFirst().sendKeys(Keys.ENTER);
        if (button.equals("data-release")) {
            browser.accept();
        }
        await().atMost(PATIENTLY)
                .until(() -> !browser.element("trouble").getText().isEmpty());
        assertThat(browser.focused().getDomAttribute(button))
                .as("where the keyboard is")
                .isNotNull();
        assertThat(browser.focused().isEnabled()).isTrue();
        proxy.follow(FaultyProxy.Script.passing());
    }

    @Test
    void theTokenOpensThePageAndItShowsWhatCanBeRestoredAndWhatIsWrong() throws Exception {
        start(" [{ databases: [Sales, Ware], full: \"0 1 1 1 *\", log: \"0 1 1 1 *\" }]", ", token: " + TOKEN);
        sees("The service shows nothing without its token.");
        browser.requireAccessible("without its token");
        browser.picture("without-token");

        browser.element("token").sendKeys("another" + Keys.ENTER);
        sees("The service shows nothing without its token.");
        browser.element("token").sendKeys(TOKEN + Keys.ENTER);

        // Ware is named by a policy, and is not on the server.
        sees("1 failing, 0 to look at, 1 well.");
        assertThat(browser.all("tbody tr")).hasSize(2);
        assertThat(browser.all("tbody tr").getFirst().getText()).contains("Failing", "Ware", "It is not there");
        assertThat(browser.all("tbody tr").getLast().getText()).contains("Well", "Sales", "full");
        pictures("failing");
        site.sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = 1");
        assertThat(send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"LOG\"}")
                        .statusCode())
                .isEqualTo(202);
        await().atMost(PATIENTLY)
                .untilAsserted(() ->
                        assertThat(browser.all("tbody tr").getLast().getText()).doesNotContain("log never"));
        restoreByKeyboard();
        assertThat(browser.complaints())
                .filteredOn(line -> !line.contains("401"))
                .isEmpty();
    }

    /// As a person without a mouse plans a restore: to the button, into the panel, and back.
    private void restoreByKeyboard() throws Exception {
        WebElement button = browser.all("button[data-database=Sales]").getFirst();
        button.sendKeys(Keys.ENTER);
        assertThat(browser.focused().getText()).isEqualTo("Restore Sales");
        String window = browser.element("window").getText();
        assertThat(window).startsWith("Any instant from ");
        browser.element("name").clear();
        browser.element("name").sendKeys("Sales of yesterday");
        assertThat(browser.element("command").getText())
                .isEqualTo("sluice restore Sales --to end --as 'Sales of yesterday'");
        browser.element("instant-range").sendKeys(Keys.HOME, Keys.ARROW_RIGHT);
        assertThat(browser.element("command").getText())
                .matches("sluice restore Sales --to [-0-9]{10}T[:.0-9]{12}Z --as 'Sales of yesterday'");

        browser.element("check").sendKeys(Keys.ENTER);

        sees("2 backups, ");
        assertThat(browser.element("plan").getText()).contains("met: ").doesNotContain("unmet");
        pictures("restoring");
        browser.element("close").sendKeys(Keys.ENTER);
        assertThat(browser.focused().getText()).contains("Restore");
    }

    /// Light, dark, and as on a phone; each must be accessible.
    private void pictures(String name) throws Exception {
        for (boolean dark : new boolean[] {false, true}) {
            browser.dark(dark);
            browser.requireAccessible(name + (dark ? ", dark" : ", light"));
            browser.picture(name + (dark ? "-dark" : "-light"));
        }
        browser.dark(false);
        browser.size(390, 844);
        browser.requireAccessible(name + ", on a phone");
        browser.requireFitsInWidth(name + ", on a phone");
        browser.picture(name + "-phone");
        browser.size(1280, 900);
    }

    /// By eye and by ear: the chart has a text, and its numbers open by keyboard and stay open.
    @Test
    void theLastTwoWeeksAreSeenAtAGlance() throws Exception {
        Path history = directory.resolve("s3/backups/prod-1/history");
        HistoryForTests.writeTwoWeeks(history, "Sales");
        start(" [{ databases: [Sales, Ware], full: \"0 1 1 1 *\" }]", ", token: " + TOKEN);
        sees("The service shows nothing without its token.");
        browser.element("token").sendKeys(TOKEN + Keys.ENTER);
        sees("1 failing, 0 to look at, 1 well.");
        await().atMost(PATIENTLY).until(() -> browser.all("#rows svg").size() == 1);
        LocalDate today = LocalDate.now(ZoneOffset.UTC);

        String heard = browser.all("#rows svg").getFirst().getDomAttribute("aria-label");
        assertThat(heard)
                .startsWith("full or differential backups on 1")
                .contains(" of 14 days, at most 25 min and 10.0 GiB a day")
                .endsWith("failures on %s, %s".formatted(today.minusDays(9), today.minusDays(4)));
        assertThat(browser.all("#rows svg .cross")).hasSize(2);
        assertThat(browser.all("#rows svg .took").size()).isBetween(12, 13);
        assertThat(browser.all("tbody tr").getFirst().getText())
                .contains("Ware")
                .contains("nothing yet");

        browser.all("#rows summary").getFirst().sendKeys(Keys.ENTER);
        await().atMost(PATIENTLY)
                .until(() -> !browser.all("#rows details table tbody tr").isEmpty());
        assertThat(browser.all("#rows details table").getFirst().getText())
                .contains(today.minusDays(4).toString(), "24", "3");
        pictures("history");
        browser.size(390, 1500);
        browser.picture("history-phone-whole");
        browser.size(1280, 900);

        // The row is drawn anew when the backup has ended: what was open stays open, and keeps the keyboard.
        browser.all("#rows summary").getFirst().sendKeys("");
        String before = browser.all("#rows details").getFirst().getText();
        browser.later(Duration.ofMinutes(1));
        assertThat(send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}")
                        .statusCode())
                .isEqualTo(202);
        await().atMost(PATIENTLY)
                .untilAsserted(() -> assertThat(
                                browser.all("#rows details[open]").getFirst().getText())
                        .isNotEqualTo(before));
        assertThat(browser.focused().getTagName()).isEqualTo("summary");

        Files.write(history.resolve(today + "_01J00000000000000000000001.jsonl.gz"), new byte[] {1});
        browser.later(Duration.ofMinutes(1));
        assertThat(send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}")
                        .statusCode())
                .isEqualTo(202);
        await().atMost(PATIENTLY)
                .untilAsserted(() -> assertThat(browser.element("past-trouble").getText())
                        .contains("A part of the history cannot be read", "is damaged"));
        assertThat(browser.complaints())
                .filteredOn(line -> !line.contains("401"))
                .isEmpty();
    }

    @Test
    void aClickOnCancelEndsTheRun() throws Exception {
        start(" [{ databases: [Sales], full: \"0 1 1 1 *\" }]", ", token: " + TOKEN);
        sees("The service shows nothing without its token.");
        browser.element("token").sendKeys(TOKEN + Keys.ENTER);
        sees("The database is well.");
        pictures("healthy");
        CountDownLatch reached = new CountDownLatch(1);
        CountDownLatch goOn = new CountDownLatch(1);
        proxy.follow(BackupStep.PART_NOT_YET_SENT.trap(() -> {
            reached.countDown();
            return !isReleased(goOn);
        }));
        try {
            String job = send("POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\"}")
                    .headers()
                    .firstValue("Location")
                    .orElseThrow();
            assertThat(reached.await(PATIENTLY.toSeconds(), TimeUnit.SECONDS)).isTrue();
            sees("full backup of Sales");
            await().atMost(PATIENTLY)
                    .until(() -> !browser.all("#activity progress").isEmpty());
            sees("waits most for");
            browser.requireAccessible("while a backup runs");
            browser.picture("running");

            browser.all("#activity button").getFirst().click();
            browser.accept();

            await().atMost(PATIENTLY)
                    .until(() -> List.of("cancelling", "cancelled").contains(state(job)));
            goOn.countDown();
            await().atMost(PATIENTLY).until(() -> state(job).equals("cancelled"));
            sees("Nothing is under way.");
        } finally {
            goOn.countDown();
        }
        aRestoreIsSeenAndCancelled();
    }

    private void aRestoreIsSeenAndCancelled() throws Exception {
        proxy.follow((_, _) -> Reaction.Fault.NONE);
        site.sql("EXEC sluice_fault @fault = 'stall', @value = 4194304, @statement = 'restore'");
        String job = send("POST", "/api/v1/restores", "{\"database\": \"Sales\", \"to\": \"end\", \"as\": \"Copy\"}")
                .headers()
                .firstValue("Location")
                .orElseThrow();
        sees("restore of Sales as Copy");
        await().atMost(PATIENTLY).until(() -> !browser.all("#activity progress").isEmpty());
        browser.requireAccessible("while a restore runs");
        browser.picture("restoring");

        browser.all("#activity button").getFirst().click();
        browser.accept();

        await().atMost(PATIENTLY).until(() -> state(job).equals("cancelled"));
        sees("Nothing is under way.");
    }

    private static boolean isReleased(CountDownLatch latch) {
        try {
            return latch.await(PATIENTLY.toSeconds(), TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private String state(String job) throws Exception {
        return JsonMapper.shared()
                .readTree(send("GET", job, null).body())
                .get("state")
                .asString();
    }

    @Test
    void aDatabaseIsPausedAndResumedByKeyboard() throws Exception {
        start(" [{ databases: [Sales], full: \"0 1 1 1 *\" }]", ", token: " + TOKEN);
        sees("The service shows nothing without its token.");
        browser.element("token").sendKeys(TOKEN + Keys.ENTER);
        sees("The database is well.");

        browser.all("button[data-pause=Sales]").getFirst().sendKeys(Keys.ENTER);
        assertThat(browser.focused().getText()).isEqualTo("Pause Sales");
        browser.element("pause-reason").sendKeys("storage is moved");
        browser.element("pause-start").sendKeys(Keys.ENTER);

        sees("0 failing, 1 to look at, 0 well.");
        assertThat(browser.element("paused").getText()).contains("Sales", "storage is moved", "ends in 4 h");
        assertThat(browser.all("tbody tr").getFirst().getText()).contains("full", "paused, ends in 4 h");
        browser.requireAccessible("paused");
        isRefusedAndKeepsTheKeyboard("/pauses/", "data-resume");
        browser.focused().sendKeys(Keys.ENTER);
        sees("The database is well.");
        assertThat(browser.all("#paused li")).isEmpty();
        await().atMost(PATIENTLY).until(() -> browser.focused().getText().equals("Databases"));
        assertThat(browser.complaints())
                .filteredOn(line -> !line.contains("401") && !line.contains("/api/v1/pauses/"))
                .isEmpty();
    }

    @Test
    void aBackupIsHeldAndReleasedByKeyboard() throws Exception {
        start(" [{ databases: [Sales], full: \"0 1 1 1 *\" }]", ", token: " + TOKEN);
        sees("The service shows nothing without its token.");
        browser.element("token").sendKeys(TOKEN + Keys.ENTER);
        sees("The database is well.");
        assertThat(browser.element("held-section").isDisplayed()).isFalse();

        browser.all("button[data-hold=Sales]").getFirst().sendKeys(Keys.ENTER);
        assertThat(browser.focused().getText()).isEqualTo("Hold a backup of Sales");
        await().atMost(PATIENTLY).until(() -> browser.element("hold-start").isEnabled());
        assertThat(browser.all("#hold-backup option"))
                .singleElement()
                .satisfies(option -> assertThat(option.getText()).matches("full, [-0-9]{10} [:0-9]{5} UTC, .* MiB"));
        // As the browser's own date field takes it: month, day and year.
        LocalDate day = LocalDate.now(ZoneOffset.UTC).plusDays(9);
        browser.element("hold-until")
                .sendKeys(DateTimeFormatter.ofPattern("MMddyyyy", Locale.ROOT).format(day));
        browser.element("hold-reason").sendKeys("lawsuit 7");
        pictures("holding");
        browser.element("hold-lock").sendKeys(Keys.SPACE);
        browser.element("hold-start").sendKeys(Keys.ENTER);
        // This bucket has no Object Lock, and the hold stands.
        await().atMost(PATIENTLY)
                .untilAsserted(() -> assertThat(browser.element("hold-trouble").getText())
                        .contains("stands, but", "objects are not locked"));
        browser.element("hold-lock").sendKeys(Keys.SPACE);
        browser.element("hold-start").sendKeys(Keys.ENTER);

        await().atMost(PATIENTLY).until(() -> !browser.element("hold").isDisplayed());
        assertThat(browser.focused().getDomAttribute("data-hold")).isEqualTo("Sales");
        assertThat(browser.element("held").getText())
                .contains("full backup of Sales", "lawsuit 7")
                .containsPattern("ends in (9|10) days");
        assertThat(browser.all("tbody tr").getFirst().getText()).contains("1 backup is held");
        pictures("held");

        isRefusedAndKeepsTheKeyboard("/holds/", "data-release");
        browser.focused().sendKeys(Keys.ENTER);
        browser.accept();
        await().atMost(PATIENTLY).until(() -> browser.all("#held li").isEmpty());
        await().atMost(PATIENTLY).until(() -> browser.focused().getText().equals("Databases"));
        assertThat(browser.all("tbody tr").getFirst().getText()).doesNotContain("held");
        assertThat(browser.complaints())
                .filteredOn(line -> !line.contains("401") && !line.contains("503") && !line.contains("/api/v1/holds/"))
                .isEmpty();
    }

    @Test
    void withoutAPolicyThePageSaysWhatIsMissing() throws Exception {
        start(" []", "");

        sees("No policy takes a database yet.");
        sees("Without a token this page shows, and changes nothing.");
        pictures("empty");
        HttpResponse<String> page = send("GET", "/", null);
        assertThat(page.headers().firstValue("Content-Security-Policy").orElseThrow())
                .contains("default-src 'none'", "frame-ancestors 'none'")
                .doesNotContain("unsafe");
        assertThat(page.body()).doesNotContain("http://", "https://", "style=", "onclick");
        assertThat(browser.complaints()).isEmpty();
    }

    @Test
    void manyDatabasesAreFilteredByTheirNames() throws Exception {
        start(
                " [{ databases: [\"Db*\"], full: \"0 1 1 1 *\" }]",
                "",
                IntStream.rangeClosed(1, MANY)
                        .boxed()
                        .flatMap(i -> List.of("--database", "Db%03d=1MiB".formatted(i)).stream())
                        .toArray(String[]::new));

        await().atMost(Duration.ofMinutes(8))
                .untilAsserted(() -> assertThat(browser.element("summary").getText())
                        .isEqualTo("All %d databases are well.".formatted(MANY)));
        assertThat(browser.all("tbody tr")).hasSize(MANY);
        pictures("many");
        browser.element("filter").sendKeys("db00");
        assertThat(browser.all("tbody tr")).hasSize(9);
        assertThat(browser.element("filtered").getText()).isEqualTo("9 of " + MANY);
    }
}
