package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import com.deque.html.axecore.results.Results;
import com.deque.html.axecore.results.Rule;
import com.deque.html.axecore.selenium.AxeBuilder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.logging.Level;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.openqa.selenium.By;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeDriverService;
import org.openqa.selenium.chrome.ChromeOptions;
import org.openqa.selenium.logging.LogEntry;
import org.openqa.selenium.logging.LogType;
import org.openqa.selenium.logging.LoggingPreferences;

/// A headless Chromium with a profile of its own.
///
/// It takes pictures into `target/pictures` of the module, for people to look at.
final class Browser implements AutoCloseable {

    private final ChromeDriver driver;
    private final Path pictures;

    private Browser(ChromeDriver driver, Path pictures) {
        this.driver = driver;
        this.pictures = pictures;
    }

    /// Skips the test, visibly, where Chromium or its driver is not installed.
    static Browser start(Path profile) throws IOException {
        Optional<Path> chromium = program("chromium");
        Optional<Path> chromedriver = program("chromedriver");
        if (chromium.isEmpty() || chromedriver.isEmpty()) {
            Assumptions.abort("chromium and chromedriver are not installed (Debian: chromium, chromium-driver)");
        }
        ChromeOptions options = new ChromeOptions();
        options.setBinary(chromium.get().toString());
        options.addArguments(
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-dev-shm-usage",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--no-proxy-server",
                "--user-data-dir=" + profile);
        LoggingPreferences logs = new LoggingPreferences();
        logs.enable(LogType.BROWSER, Level.ALL);
        options.setCapability("goog:loggingPrefs", logs);
        ChromeDriverService service = new ChromeDriverService.Builder()
                .usingDriverExecutable(chromedriver.get().toFile())
                .usingAnyFreePort()
                .build();
        ChromeDriver driver = new ChromeDriver(service, options);
        driver.manage().timeouts().implicitlyWait(Duration.ZERO);
        return new Browser(driver, Files.createDirectories(Path.of("target", "pictures")));
    }

    private static Optional<Path> program(String name) {
        return Stream.of("/usr/bin", "/usr/local/bin", "/snap/bin")
                .map(directory -> Path.of(directory, name))
                .filter(Files::isExecutable)
                .findFirst();
    }

    void open(String address) {
        driver.get(address);
    }

    /// The element with this id.
    WebElement element(String id) {
        return driver.findElement(By.id(id));
    }

    List<WebElement> all(String selector) {
        return driver.findElements(By.cssSelector(selector));
    }

    /// What a reader sees of the page.
    String text() {
        return driver.findElement(By.tagName("body")).getText();
    }

    void accept() {
        driver.switchTo().alert().accept();
    }

    /// Where the keyboard is.
    WebElement focused() {
        return driver.switchTo().activeElement();
    }

    /// Lets the page believe that so much time has passed.
    void later(Duration time) {
        driver.executeScript(
                "const now = performance.now.bind(performance); performance.now = () => now() + " + time.toMillis());
    }

    void dark(boolean dark) {
        driver.executeCdpCommand(
                "Emulation.setEmulatedMedia",
                Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
    }

    void size(int width, int height) {
        driver.executeCdpCommand(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", width < 600));
    }

    void picture(String name) throws IOException {
        Files.write(pictures.resolve(name + ".png"), driver.getScreenshotAs(OutputType.BYTES));
    }

    /// By the rules of axe-core: contrast, names, roles, headings, landmarks and the rest. What they found is kept
    /// beside the pictures, with what they leave to a person to look at.
    void requireAccessible(String what) throws IOException {
        Results found = new AxeBuilder().analyze(driver);
        Files.writeString(
                pictures.resolve("accessibility.txt"),
                String.format(
                        Locale.ROOT,
                        "%s: %d rules of axe-core %s hold, %d are broken, %d to be looked at %s%n",
                        what,
                        found.getPasses().size(),
                        found.getTestEngine().getVersion(),
                        found.getViolations().size(),
                        found.getIncomplete().size(),
                        found.getIncomplete().stream().map(Rule::getId).toList()),
                StandardOpenOption.CREATE,
                StandardOpenOption.APPEND);
        assertThat(found.getViolations())
                .as(what)
                .extracting(Rule::getId, rule -> rule.getNodes().getFirst().getHtml())
                .isEmpty();
    }

    /// A page that is wider than its window must be pushed aside to be read.
    void requireFitsInWidth(String what) {
        Object over = driver.executeScript(
                "return document.documentElement.scrollWidth - document.documentElement.clientWidth");
        assertThat(((Number) over).intValue()).as(what).isZero();
    }

    /// What the page's script and the policy of its content complained about.
    List<String> complaints() {
        return driver.manage().logs().get(LogType.BROWSER).getAll().stream()
                .filter(entry -> entry.getLevel().intValue() >= Level.WARNING.intValue())
                .map(LogEntry::getMessage)
                .toList();
    }

    @Override
    public void close() {
        driver.quit();
    }
}
