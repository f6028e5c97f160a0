package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Retention, holds and deletion as people run them: programs, a configuration, a server process, a bucket.
@Timeout(600)
class RetentionProgramIT {

    private static final String PASSWORD = "Another!1";

    @TempDir
    Path directory;

    private Site site;

    @BeforeEach
    void start() throws Exception {
        site = Site.start(directory, PASSWORD, "Sales=1MiB");
        site.configure("""
                server: { url: "%s", user: sa, password: "%s", identity: one }
                vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                store:
                  bucket: backups
                  endpoint: %s
                  credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                  object-lock: { mode: governance, days: 35 }
                memory: { budget: 64MiB }
                schedule: { time-zone: America/New_York }
                policies:
                  - databases: ["*"]
                    full: "0 1 * * *"
                    keep: { weeks: 1, months: 2, years: 1 }
                """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint()));
    }

    @AfterEach
    void stop() throws Exception {
        if (site != null) {
            site.close();
        }
    }

    private String backUp(String type) throws Exception {
        site.sql("EXEC sluice_workload @database = N'Sales', @transactions = 5, @seed = 1");
        return site.done("backup", "Sales", "--type", type, "--json")
                .json()
                .get("backupId")
                .asString();
    }

    private List<String> listed() throws Exception {
        List<String> ids = new ArrayList<>();
        site.run("list", "--json")
                .json()
                .get("backups")
                .forEach(row -> ids.add(row.get("id").asString()));
        return ids;
    }

    private static String error(Site.Ended ended) throws Exception {
        return ended.json().at("/error/id").asString();
    }

    @Test
    void thePoliciesCalendarDecidesAndItsReasonsAreShown() throws Exception {
        String first = backUp("full");
        String second = backUp("full");

        JsonNode plan = site.done("prune", "--dry-run", "--json").json().at("/databases/0");
        Site.Ended said = site.done("prune", "Sales", "--dry-run", "--keep-weeks", "3", "--keep-full", "2");
        Site.Ended nothing = site.run("prune", "Sales", "--keep-years", "0");
        site.done("prune");

        assertThat(plan.at("/backups/0/kept").asBoolean()).isFalse();
        assertThat(plan.at("/backups/0/reason").asString())
                .isEqualTo("not among the last full backups of 1 weeks, the last full backups of 2 months and the last"
                        + " full backups of 1 years");
        assertThat(plan.at("/backups/1/kept").asBoolean()).isTrue();
        assertThat(said.out()).contains(first).contains("0 of 2 backups would go");
        assertThat(nothing.code()).isEqualTo(2);
        assertThat(listed()).containsExactly(second);
    }

    @Test
    void aHeldBackupStaysIsListedAndGoesWhenItWasReleased() throws Exception {
        String full = backUp("full");
        String log = backUp("log");
        String newest = backUp("full");
        String tomorrow = LocalDate.now(ZoneOffset.UTC).plusDays(2).toString();

        JsonNode held = site.done("hold", log, "--until", tomorrow, "--reason", "audit", "--json")
                .json();
        site.done("prune");
        JsonNode listed = site.done("list", "--json").json();
        Site.Ended lines = site.done("list");
        Site.Ended shown = site.done("show", full);
        Site.Ended deleted = site.run("delete", log, "--yes", "--json");
        Site.Ended past = site.run("hold", log, "--until", "2020-02-30T");
        Site.Ended gone = site.run("hold", log, "--until", "2020-02-28");

        assertThat(held.get("backups").size()).isEqualTo(2);
        // The end of that day in the zone of the schedule.
        assertThat(held.get("until").asString())
                .startsWith(LocalDate.parse(tomorrow).plusDays(1).toString())
                .matches(".*T0[45]:00:00Z");
        assertThat(listed.get("backups").size()).isEqualTo(3);
        assertThat(listed.at("/backups/1/hold/reason").asString()).isEqualTo("audit");
        assertThat(listed.at("/backups/0/hold/backup").asString()).isEqualTo(log);
        assertThat(listed.at("/backups/2/hold").isNull()).isTrue();
        assertThat(lines.out()).contains("held until").contains("needed by " + log);
        assertThat(shown.out()).contains("needed by " + log + ", which is held until");
        assertThat(error(deleted)).isEqualTo("held");
        assertThat(past.code()).isEqualTo(2);
        assertThat(gone.code()).isEqualTo(2);

        site.done("release", log.substring(0, 20));
        assertThat(error(site.run("release", log, "--json"))).isEqualTo("not-held");
        site.done("prune");
        assertThat(listed()).containsExactly(newest);
    }

    @Test
    void aDeletionSaysWhatIsLostAsksAndDeletesTheLastChainToo() throws Exception {
        String full = backUp("full");
        String log = backUp("log");

        Site.Ended unasked = site.run("delete", full);
        Site.Ended both = site.run("delete", full, "--database", "Sales", "--yes");
        Site.Ended some = site.run("delete", full.substring(0, 20), "--yes");
        JsonNode plan = site.done("delete", full, "--dry-run", "--json").json();
        JsonNode shown = site.done("show", full, "--json").json();
        assertThat(listed()).containsExactly(full, log);
        String held = backUp("full");
        site.done("hold", held);
        Site.Ended all = site.run("delete", "--database", "Sales", "--yes", "--json");

        assertThat(shown.at("/lockedUntil").asString())
                .isEqualTo(plan.at("/goes/0/lockedUntil").asString());
        assertThat(Instant.parse(shown.at("/lockedUntil").asString()))
                .isAfter(Instant.now().plus(Duration.ofDays(34)));
        assertThat(unasked.code()).isEqualTo(2);
        assertThat(unasked.err()).contains("--yes");
        assertThat(both.code()).isEqualTo(2);
        assertThat(some.code()).isEqualTo(2);
        assertThat(plan.at("/stranded/0").asString()).isEqualTo(log);
        assertThat(plan.get("lost").size()).isEqualTo(1);
        assertThat(plan.get("restorableAfterwards").asBoolean()).isFalse();
        assertThat(plan.get("deleted").asInt()).isZero();
        assertThat(all.code()).as("what is held stays").isEqualTo(3);
        assertThat(all.json().get("deleted").asInt()).isEqualTo(2);
        assertThat(listed()).containsExactly(held);

        site.done("release", held);
        assertThat(site.done("delete", held, "--yes").out()).contains("1 backup deleted");
        assertThat(listed()).isEmpty();
    }

    @Test
    void aPauseIsEnteredListedAndEnded() throws Exception {
        Site.Ended endless = site.run("pause", "Sal*");
        Site.Ended tooLong = site.run("pause", "--all", "--for", "31d");
        Site.Ended unknown = site.run("pause", "--policy", "nightly", "--for", "1h");
        JsonNode paused = site.done(
                        "pause", "Sal*", "--for", "2h", "--types", "full,log", "--reason", "a move", "--json")
                .json();
        JsonNode listed = site.done("pause", "list", "--json").json();

        assertThat(endless.code()).isEqualTo(2);
        assertThat(endless.err()).contains("the pause has no end", "--for 2h");
        assertThat(tooLong.code()).isEqualTo(2);
        assertThat(tooLong.err()).contains("at most 30 days");
        assertThat(unknown.code()).isEqualTo(2);
        assertThat(unknown.err()).contains("no policy has the name 'nightly'");
        assertThat(paused.at("/types").toString()).isEqualTo("[\"full\",\"log\"]");
        assertThat(listed.at("/pauses/0")).isEqualTo(paused);
        assertThat(Instant.parse(paused.get("until").asString()))
                .isBetween(
                        Instant.now().plus(Duration.ofMinutes(115)),
                        Instant.now().plus(Duration.ofMinutes(121)));

        Site.Ended other = site.run("resume", "Sales");
        assertThat(other.code()).isEqualTo(1);
        assertThat(other.err())
                .contains("There is no pause of Sales", paused.get("id").asString(), "not-paused");
        assertThat(site.done("resume", "sal*").out()).contains("is not paused by it any more");
        assertThat(site.done("pause", "list").out()).contains("Nothing is paused.");
    }
}
