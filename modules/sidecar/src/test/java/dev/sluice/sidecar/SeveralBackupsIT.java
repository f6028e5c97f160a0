package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/// Several databases by one command.
@Timeout(300)
class SeveralBackupsIT {

    private static final String PASSWORD = "Several!1";

    @TempDir
    Path directory;

    @Test
    void eachDatabaseIsBackedUpAndWhatFailsOrIsLeftOutIsSaid() throws Exception {
        try (Site site = Site.start(
                directory, PASSWORD, "Sales=2MiB", "--database", "SalesStaging=2MiB", "--database", "Ware=2MiB")) {
            site.configure("""
                    server: { url: "%s", user: sa, password: "%s", identity: one }
                    vdi: { provider: simulator, library: "${SLUICE_VDI_LIBRARY}" }
                    store:
                      bucket: backups
                      endpoint: %s
                      credentials: { access-key-id: "${S3_KEY}", secret-access-key: "${S3_SECRET}" }
                    memory: { budget: 32MiB }
                    """.formatted(site.jdbcUrl(), PASSWORD, site.s3.endpoint()));

            JsonNode some = site.done("backup", "Sales*", "!SalesStaging", "Ware", "--json")
                    .json();
            assertThat(some.at("/backups")
                            .valueStream()
                            .map(one -> one.get("database").asString()))
                    .containsExactly("Sales", "Ware");
            assertThat(some.at("/failed").isEmpty()).isTrue();

            Site.Ended told = site.run("backup", "Ware", "Nowhere", "Sales");
            assertThat(told.code()).as(told.err()).isEqualTo(3);
            assertThat(told.out()).contains("Backed up Sales: ", "Backed up Ware: ");
            assertThat(told.err()).contains("Nowhere was not backed up", "no-such-database");

            // The chain of logs begins with a full backup, that of model too.
            site.done("backup", "--all");
            JsonNode logs =
                    site.done("backup", "--all", "--type", "log", "--json").json();
            assertThat(logs.at("/backups")
                            .valueStream()
                            .map(one -> one.get("database").asString()))
                    .contains("Sales", "Ware")
                    .doesNotContain("master", "tempdb");
            assertThat(logs.at("/leftOut")
                            .valueStream()
                            .map(one -> one.get("database").asString()))
                    .contains("master");

            Site.Ended none = site.run("backup", "Nothing*", "--json");
            assertThat(none.code()).isEqualTo(1);
            assertThat(none.json().at("/error/id").asString()).isEqualTo("no-such-database");
            assertThat(site.run("backup", "--all", "--type", "tail").code()).isEqualTo(2);
            assertThat(site.run("backup").err()).contains("no database is named");
        }
    }
}
