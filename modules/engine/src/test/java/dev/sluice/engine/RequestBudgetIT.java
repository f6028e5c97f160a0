package dev.sluice.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.OwnerDocument;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.chain.ChainPolicy;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.FaultyProxy.Script;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Requests to S3 cost time and money. A small log backup in steady state needs five, each after the answer to the
/// one before it, and their order is what a crash at any instant relies on.
@Timeout(180)
class RequestBudgetIT {

    private static final Logger log = LoggerFactory.getLogger(RequestBudgetIT.class);

    private static final Pattern REQUEST =
            Pattern.compile("(?<method>[A-Z]+) /sluice(/test/test/(?<directory>[a-z]+)[/.])?(?<rest>\\S*) .*");

    /// What a small log backup needs, in this order: the pending document before the first byte, the data, the
    /// pending document with all sums before SQL Server is told, the entry, and only then no pending document.
    private static final List<String> NEEDED =
            List.of("PUT pending", "PUT data", "PUT pending", "PUT catalog", "DELETE pending");

    @TempDir
    Path directory;

    /// A backup's requests, in the order in which they were made.
    private static List<String> requests(FaultyProxy link) {
        log.info(
                "requests: {}",
                link.requests().stream().map(FaultyProxy.Request::line).toList());
        return link.requests().stream()
                .map(FaultyProxy.Request::head)
                .map(RequestBudgetIT::inShort)
                .toList();
    }

    private static String inShort(String head) {
        Matcher request = REQUEST.matcher(head.lines().findFirst().orElse(""));
        if (!request.matches()) {
            return head;
        }
        String directory = request.group("directory");
        String rest = request.group("rest");
        boolean part = rest.contains("uploads") || rest.contains("uploadId");
        return request.group("method") + " " + (directory == null ? rest : directory) + (part ? " of an upload" : "");
    }

    @Test
    void aSmallLogBackupInSteadyStateNeedsFiveRequestsOneAfterTheOther() throws Exception {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        try (FaultyProxy link = new FaultyProxy(s3.endpoint());
                Installation installation =
                        Installation.start(s3, link.endpoint(), 64L << 20, o -> o.withDatabase("Sales", 2 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            for (int round = 0; round < 3; round++) {
                installation.work("Sales", round);
                link.follow(Script.passing());

                BackupResult result = installation.backup(BackupRequest.log("Sales"));

                assertThat(requests(link)).as("log backup %d", round + 1).isEqualTo(NEEDED);
                assertThat(result.chain()).isEmpty();
            }
            // In the bucket is what this process believes to be there.
            assertThat(installation.engine.chain("Sales").block(Installation.SOON))
                    .isEmpty();
            BackupDocument last = installation.entries("Sales").getLast();
            installation.engine.verify(last, RunObserver.SILENT).block(Installation.SOON);
        }
    }

    @Test
    void aLogBackupBesideCopyOnlyFullBackupsNeedsNoMore() throws Exception {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        try (FaultyProxy link = new FaultyProxy(s3.endpoint());
                Installation installation =
                        Installation.start(s3, link.endpoint(), 64L << 20, o -> o.withDatabase("Sales", 2 << 20))) {
            // Another program's, with which the log chain begins.
            new Engine(installation.besides("other"))
                    .backup(BackupRequest.full("Sales", 1), RunObserver.SILENT)
                    .block(Installation.SOON);
            installation.backup(BackupRequest.full("Sales", 1)
                    .withCopyOnly(true)
                    .withOptions(BackupOptions.DEFAULT.withChain(ChainPolicy.IGNORE)));
            BackupRequest log =
                    BackupRequest.log("Sales").withOptions(BackupOptions.DEFAULT.withChain(ChainPolicy.REPORT_LOG));
            installation.work("Sales", 1);
            installation.backup(log);
            installation.work("Sales", 2);
            link.follow(Script.passing());

            BackupResult second = installation.backup(log);

            assertThat(requests(link)).isEqualTo(NEEDED);
            assertThat(second.chain()).isEmpty();
        }
    }

    /// Another process, or a person, may remove what this one has seen.
    @Test
    void whatIsRemovedFromTheBucketMeanwhileIsNoticedAfterTheNextRecover() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 2 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            installation.work("Sales", 1);
            BackupResult removed = installation.backup(BackupRequest.log("Sales"));
            installation.work("Sales", 2);
            installation.backup(BackupRequest.log("Sales"));
            installation.store.delete(removed.key().key()).block(Installation.SOON);

            installation.recover();
            installation.work("Sales", 3);
            BackupResult next = installation.backup(BackupRequest.log("Sales"));

            assertThat(next.chain()).extracting(ChainFinding::kind).containsExactly(ChainFinding.Kind.FOREIGN_LOG);
        }
    }

    @Test
    void aDirectoryThatAnotherServerHasMeanwhileIsNotWrittenToAfterTheNextRecover() throws Exception {
        try (Installation installation = Installation.start(directory, o -> o.withDatabase("Sales", 2 << 20))) {
            installation.backup(BackupRequest.full("Sales", 1));
            Catalog catalog = installation.engine.environment().catalog();
            OwnerDocument owner = catalog.owner().block(Installation.SOON);
            installation.store.delete(catalog.keys().owner()).block(Installation.SOON);
            catalog.claim(new OwnerDocument(
                            owner.schemaVersion(),
                            owner.server(),
                            owner.claimedAt(),
                            new ServerIdentity("OTHER", null, "other", List.of())))
                    .block(Installation.SOON);

            assertThatThrownBy(installation::recover).hasMessageContaining("belongs to another server (OTHER");
            assertThatThrownBy(() -> installation.backup(BackupRequest.log("Sales")))
                    .hasMessageContaining("belongs to another server (OTHER");
        }
    }

    /// Every object says what it is a part of, also the one that a multipart upload makes.
    @Test
    void everyObjectSaysWhatAnEntryCanBeMadeOf() throws Exception {
        EmbeddedS3 s3 = EmbeddedS3.start(directory, "sluice");
        String name = "Größe & 売上";
        try (FaultyProxy link = new FaultyProxy(s3.endpoint());
                Installation installation =
                        Installation.start(s3, link.endpoint(), 128L << 20, o -> o.withDatabase(name, 40 << 20))) {
            BackupDocument full = installation
                    .backup(BackupRequest.full(name, 2).withCopyOnly(true))
                    .document();

            List<Map<String, String>> said = link.requests().stream()
                    .map(FaultyProxy.Request::head)
                    .filter(head -> head.startsWith("PUT ") || head.startsWith("POST "))
                    .map(RequestBudgetIT::metadata)
                    .filter(metadata -> !metadata.isEmpty())
                    .toList();
            assertThat(said).extracting(metadata -> metadata.get("stripe")).containsExactlyInAnyOrder("1/2", "2/2");
            assertThat(said)
                    .allSatisfy(metadata -> assertThat(metadata)
                            .containsEntry("backup", full.backupId())
                            .containsEntry("server", "test")
                            .containsEntry("database", "Gr%C3%B6%C3%9Fe%20%26%20%E5%A3%B2%E4%B8%8A")
                            .containsEntry("type", "full")
                            .containsEntry("copy-only", "true")
                            .containsEntry("started", full.startedAt().toString())
                            .containsEntry("version", full.sluiceVersion())
                            .hasSize(8));
        }
    }

    private static Map<String, String> metadata(String head) {
        Map<String, String> said = new TreeMap<>();
        Pattern.compile("(?im)^x-amz-meta-sluice-([a-z-]+): *([^\r]*)")
                .matcher(head)
                .results()
                .forEach(line -> said.put(line.group(1), line.group(2)));
        return said;
    }
}
