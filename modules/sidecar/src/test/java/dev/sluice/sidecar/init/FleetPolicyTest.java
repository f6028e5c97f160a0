package dev.sluice.sidecar.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.engine.fleet.FleetCheck;
import dev.sluice.engine.fleet.FleetDifference;
import dev.sluice.engine.fleet.FleetReader;
import dev.sluice.engine.fleet.FleetServer;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.simulator.s3.EmbeddedS3;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// The rights in `docs/fleet.md` suffice for `sluice fleet`, and reach no backup.
@Timeout(60)
class FleetPolicyTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("sluice.root", "../.."), "docs", "fleet.md");
    private static final Duration SOON = Duration.ofSeconds(20);

    @TempDir
    Path directory;

    private static String policy() throws Exception {
        String page = Files.readString(DOCUMENT);
        int begin = page.indexOf("```json\n") + "```json\n".length();
        return page.substring(begin, page.indexOf("```", begin));
    }

    private static S3Store store(URI endpoint, EmbeddedS3 s3) {
        return S3Store.open(new StoreConfig(
                endpoint,
                "us-east-1",
                "backups",
                "prod/",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5))));
    }

    private static SummaryDocument summary(String server, String broker) {
        return new SummaryDocument(
                "1.0",
                server,
                new ServerIdentity("SQL-" + broker, null, broker, List.of()),
                Instant.EPOCH,
                Duration.ofMinutes(5),
                List.of(),
                List.of(),
                0,
                true);
    }

    @Test
    void theRightsOfThePageSufficeAndReachNoBackup() throws Exception {
        try (EmbeddedS3 s3 = EmbeddedS3.start(directory, "backups");
                S3Store direct = store(s3.endpoint(), s3);
                GuardedBucket bucket = new GuardedBucket(s3);
                S3Store store = store(bucket.endpoint(), s3)) {
            Catalog group = new Catalog(direct, new Keys("group"));
            group.summaries().write(summary("group", "b1")).block(SOON);
            group.summaries().writeOfReplica(summary("group", "b2")).block(SOON);
            String entry = "old/catalog/a-0123456789abcdef/x.json";
            direct.put(entry, "{}".getBytes(StandardCharsets.UTF_8)).block(SOON);
            bucket.guardBy(IamPolicy.parse(policy()));

            List<FleetServer> servers = new FleetReader(store).read(_ -> true).servers();

            assertThat(servers)
                    .extracting(FleetServer::life)
                    .containsExactly(FleetServer.Life.UNKNOWN, FleetServer.Life.ALIVE);
            assertThat(servers).extracting(FleetServer::server).containsExactly("old", "group");
            // HeadBucket names no prefix; a listing takes its place.
            assertThat(bucket.denied()).allMatch(denied -> denied.startsWith("HeadBucket"));
            assertThat(new FleetCheck(store).differences(servers.getLast(), Instant.now()))
                    .noneMatch(FleetDifference::wrong);
            assertThat(IamPolicy.parse(policy())
                            .allows(new IamPolicy.Need("s3:GetObject", "arn:aws:s3:::backups/prod/" + entry, null)))
                    .as("a backup's entry")
                    .isFalse();
        }
    }
}
