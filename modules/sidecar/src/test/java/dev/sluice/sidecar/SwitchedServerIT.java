package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// `sluice prove --server` against `sluice simulate --switch …`: what a switch sets is what the self-test sees,
/// through the native library and from process to process.
@Timeout(900)
class SwitchedServerIT {

    private static final String PASSWORD = "Another!1";

    /// A whole self-test, and a minute in which the server may notice a death.
    private static final Duration PATIENTLY = Duration.ofMinutes(8);

    @TempDir
    Path directory;

    private Site site;

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            // What a killed client leaves is swept by the next one of its name, which there is none of here.
            try (Stream<Path> left = Files.list(site.shared())) {
                for (Path socket : left.toList()) {
                    Files.deleteIfExists(socket);
                }
            }
            site.close();
        }
    }

    private Map<String, String> answers(String... switches) throws Exception {
        site = Site.start(
                directory,
                PASSWORD,
                "Sales=1MiB",
                Stream.of(switches).flatMap(one -> Stream.of("--switch", one)).toArray(String[]::new));
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: sql-prod-7 }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                memory: { budget: 64MiB }
                """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint()));
        try (Program program = site.program("prove", "--server", "--yes", "--size", "1MiB", "--report", "report")) {
            assertThat(program.exitCode(PATIENTLY))
                    .as(program.out() + program.err())
                    .isIn(0, 3);
        }
        Map<String, String> answers = new HashMap<>();
        for (JsonNode one : report().get("questions")) {
            answers.put(one.get("question").asString(), one.path("observed").asString("nothing"));
        }
        return answers;
    }

    private JsonNode report() throws IOException {
        try (Stream<Path> files = Files.list(directory.resolve("report"))) {
            Path json = files.filter(file -> file.toString().endsWith(".json"))
                    .findFirst()
                    .orElseThrow();
            return JsonMapper.shared().readTree(Files.readString(json));
        }
    }

    @Test
    void whatSwitchesSetIsSeen() throws Exception {
        Map<String, String> answers = answers(
                "client-death=seen-late",
                "all-devices-open=protocol",
                "clears-errors=false",
                "completes=one-after-another",
                "after-reads=flush",
                "device-names=known-when-server-opens",
                "opens-after=400",
                "outstanding=2",
                "echoes-request=false",
                "held-command=does-not-count");

        assertThat(answers.get("Q2")).contains("a known name VD_E_PROTOCOL");
        assertThat(answers.get("Q8")).contains("come no other commands");
        assertThat(answers.get("Q12")).contains("VD_E_INVALID at first");
        // Three seconds, or more where the machine is busy.
        assertThat(answers.get("Q14"))
                .contains("the session lives, the statement fails with", "3013 (severity 16) within")
                .doesNotContain("3013 (severity 16) within a second");
        assertThat(answers.get("Q19")).isEqualTo("2 with 80 buffers");
        assertThat(answers.get("Q21")).contains("is taken out");
        assertThat(answers.get("Q25")).contains("held for 3 s goes on");
        assertThat(answers.get("Q27")).contains("Flush");
    }

    /// Takes two minutes, in which the server is given the time to notice: `-Dsluice.long=true`.
    @Test
    @EnabledIfSystemProperty(named = "sluice.long", matches = "true")
    void aDeathThatIsNeverSeenIsEndedByKill() throws Exception {
        Map<String, String> answers = answers("client-death=unseen");

        assertThat(answers.get("Q14"))
                .contains(
                        "the statement does not end within 60 seconds; after KILL the statement fails with 3204",
                        "the session is still there after 60 seconds; after KILL it is gone",
                        "; a backup afterwards is good");
        assertThat(report().at("/steps/death/outcome").asString()).isEqualTo("passed");
    }
}
