package dev.sluice.sidecar.serve;

import static dev.sluice.sidecar.cli.RuledSite.OTHER;
import static dev.sluice.sidecar.cli.RuledSite.SALES;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import dev.sluice.catalog.BackupType;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.recovery.RecoveryReport;
import dev.sluice.engine.recovery.RecoveryReport.Decision;
import dev.sluice.engine.recovery.RecoveryReport.Finding;
import dev.sluice.engine.retention.KeepRule;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.retention.RetentionRule;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.sidecar.cli.RuledSite;
import dev.sluice.sidecar.cli.RuledSite.Reply;
import dev.sluice.sidecar.cli.RuledSite.Request;
import dev.sluice.sidecar.cli.RuledSite.Told;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.http.HttpApi;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;

/// A refusal of one object is none of all others.
///
/// What each use case asks of the bucket is recorded first. Then every single request of it is answered with
/// 403, 404, 400 or something that is no document, one at a time, in a bucket that is the same each time:
/// whatever does not need that object goes on, what is said names its key, and nothing goes that would not have
/// gone. Which of these answers a request gets, a seed decides; `-Dsluice.long=true` gives it each of them.
@Timeout(600)
class RefusedObjectsIT {

    private static final org.slf4j.Logger log = LoggerFactory.getLogger(RefusedObjectsIT.class);
    private static final Duration PATIENTLY = Duration.ofMinutes(1);
    private static final boolean LONG = Boolean.getBoolean("sluice.long");
    private static final long SEED = Long.getLong("sluice.seed", System.nanoTime());
    private static final Random RANDOM = new Random(SEED);
    private static final Pattern ULID = Pattern.compile("[0-9A-HJKMNP-TV-Z]{26}");

    @TempDir
    static Path directory;

    private static RuledSite site;

    @BeforeAll
    static void start() throws Exception {
        site = RuledSite.start(directory);
    }

    @AfterAll
    static void stop() {
        site.close();
    }

    /// One request, answered so.
    private record Case(Request request, Reply reply) {

        boolean asks(String operation, String key) {
            return request.operation().equals(operation) && request.key().equals(key);
        }

        boolean isAbout(String part) {
            return request.key().contains(part);
        }

        /// Where HeadBucket is forbidden, a listing of the prefix tells the same.
        boolean isStoodInFor() {
            return request.operation().equals("HeadBucket") && reply == Reply.FORBIDDEN;
        }

        /// To delete what is not there is no failure, and nobody needs to hear of it.
        boolean isHeard() {
            boolean deletes = request.operation().startsWith("Delete")
                    || request.operation().startsWith("Abort")
                    || request.operation().equals("ListParts");
            return !(deletes && reply == Reply.ABSENT) && !isStoodInFor();
        }
    }

    private static List<Case> cases(String useCase) {
        List<Request> requests = site.requests();
        List<Case> cases = new ArrayList<>();
        for (Request request : requests) {
            // An answer 200 of which no body is read is the right answer.
            List<Reply> replies = Stream.of(Reply.values())
                    .filter(reply -> reply != Reply.NO_DOCUMENT || request.hasBody())
                    .toList();
            for (Reply reply : LONG ? replies : List.of(replies.get(RANDOM.nextInt(replies.size())))) {
                cases.add(new Case(request, reply));
            }
        }
        log.info("{}: {} requests, {} cases, seed {}", useCase, requests.size(), cases.size(), SEED);
        assertThat(cases).as(useCase).hasSizeGreaterThan(LONG ? 20 : 5);
        assertThat(requests).extracting(Request::operation).contains("ListObjectsV2", "GetObject");
        return cases;
    }

    private static void set(Case one) throws Exception {
        site.reset();
        site.answer(one.request().only(), one.reply());
    }

    private static String owner() {
        return site.keys().owner();
    }

    private static Set<String> ids(String text) {
        return ULID.matcher(text).results().map(MatchResult::group).collect(Collectors.toSet());
    }

    private static void saysSo(Case one, String text) {
        if (one.isHeard()) {
            assertThat(text)
                    .as("what is said of %s", one)
                    .contains(one.request().named());
        }
    }

    // ---- recover ----

    @Test
    void recoverDecidesAboutEverythingElse() throws Exception {
        site.reset();
        RecoveryReport usual = site.engine().recover().block(PATIENTLY);
        Set<String> goes = site.gone();
        assertThat(decisions(usual))
                .containsEntry(site.left, Decision.COMMITTED)
                .containsEntry(site.good, Decision.COMMITTED)
                .containsEntry(site.bad, Decision.DELETED);
        List<Case> cases = cases("recover");
        byte[] owner = site.bytes(owner());

        for (Case one : cases) {
            set(one);
            String said;
            Map<String, Decision> decided;
            try {
                RecoveryReport report = site.engine().recover().block(PATIENTLY);
                said = report.toString();
                decided = decisions(report);
                assertThat(report.needsAttention()).as("%s", one).isEqualTo(one.isHeard());
            } catch (OperationFailed e) {
                assertThat(one.request().key()).as(e.toString()).isEqualTo(owner());
                said = e.getMessage() + e.what();
                decided = Map.of();
            }
            saysSo(one, said);
            assertThat(goes).as("%s", one).containsAll(site.gone());
            assertThat(site.bytes(owner())).as("%s", one).isEqualTo(owner);
            for (String id : List.of(site.left, site.good, site.bad)) {
                if (!concerns(one, id)) {
                    assertThat(decided)
                            .as("%s", one)
                            .containsEntry(id, decisions(usual).get(id));
                }
            }
            if (one.request().key().equals(owner())) {
                assertThat(site.gone()).as("%s", one).isEmpty();
            }
        }
    }

    private static Map<String, Decision> decisions(RecoveryReport report) {
        Map<String, Decision> decisions = new HashMap<>();
        for (Finding finding : report.findings()) {
            decisions.put(finding.backupId(), finding.decision());
        }
        return decisions;
    }

    private static boolean concerns(Case one, String pending) {
        String database = site.database(pending);
        return one.isAbout(pending)
                || one.isAbout(owner())
                || one.asks("ListObjectsV2", site.keys().pendings())
                || one.asks("ListObjectsV2", site.keys().catalog(database));
    }

    // ---- list ----

    @Test
    void listShowsEverythingElse() throws Exception {
        site.reset();
        Told usual = site.list(site.engine());
        assertThat(ids(usual.text())).hasSizeGreaterThan(8);
        List<Case> cases = cases("list");

        for (Case one : cases) {
            set(one);
            Told told = site.list(site.engine());

            saysSo(one, told.text());
            assertThat(site.gone()).as("%s", one).isEmpty();
            if (one.asks("ListObjectsV2", site.keys().catalog())) {
                assertThat(told.code()).as("%s", one).isEqualTo(1);
                continue;
            }
            assertThat(told.code()).as("%s: %s", one, told).isEqualTo(3);
            Set<String> missing = ids(usual.text());
            missing.removeAll(ids(told.text()));
            for (String id : missing) {
                boolean pending = one.asks("ListObjectsV2", site.keys().pendings());
                boolean all = one.asks("ListObjectsV2", site.keys().catalog(site.database(id)));
                assertThat(one.isAbout(id) || all || (pending && id.equals(site.good)))
                        .as("%s hides %s: %s", one, id, told.text())
                        .isTrue();
            }
        }
    }

    // ---- restore --plan ----

    @Test
    void plansAreMadeWithoutWhatTheyDoNotNeed() throws Exception {
        site.reset();
        Told usual = site.plan(site.engine(), SALES);
        Set<String> steps = ids(usual.text());
        assertThat(steps).as(usual.text()).hasSizeGreaterThan(1);
        List<Case> cases = cases("restore --plan");

        for (Case one : cases) {
            set(one);
            Told told = site.plan(site.engine(), SALES);

            saysSo(one, told.text());
            assertThat(site.gone()).as("%s", one).isEmpty();
            boolean needed = one.asks("ListObjectsV2", site.keys().catalog(SALES))
                    || (steps.stream().anyMatch(one::isAbout)
                            && !one.isAbout(site.keys().pendings()));
            assertThat(told.code()).as("%s: %s", one, told).isEqualTo(needed ? 1 : 3);
            if (!needed) {
                steps.forEach(id -> assertThat(told.text()).as("%s", one).contains("step " + id));
            }
        }
    }

    // ---- prune ----

    @Test
    void pruneRemovesNothingThatAnUnreadableEntryMayRestOnAndEverythingElse() throws Exception {
        site.reset();
        Map<String, String> usual = prune();
        Set<String> goes = site.gone();
        for (String database : List.of(SALES, OTHER)) {
            assertThat(usual.get(database)).as("%s", goes).startsWith("removed 2");
            assertThat(of(database, goes)).anyMatch(key -> key.contains("/catalog/"));
        }
        List<Case> cases = cases("prune");

        for (Case one : cases) {
            set(one);
            Map<String, String> told = prune();

            saysSo(one, told.toString());
            Set<String> gone = site.gone();
            assertThat(goes).as("%s: %s", one, told).containsAll(gone);
            for (String database : List.of(SALES, OTHER)) {
                if (isUnreadable(one, database)) {
                    assertThat(of(database, gone)).as("%s: %s", one, told).noneMatch(key -> key.contains("/catalog/"));
                } else if (!isAbout(one, database)) {
                    assertThat(of(database, gone)).as("%s: %s", one, told).isEqualTo(of(database, goes));
                }
            }
        }
    }

    private static Map<String, String> prune() {
        Map<String, String> told = new LinkedHashMap<>();
        for (String database : List.of(SALES, OTHER)) {
            try {
                PruneReport report = site.engine()
                        .prune(new PruneRequest(
                                database,
                                (backups, now) -> RetentionRule.decide(backups, new KeepRule(1, null), now),
                                false))
                        .block(PATIENTLY);
                told.put(database, "removed %d %s".formatted(report.removed(), report.left()));
            } catch (OperationFailed e) {
                told.put(database, "%s %s %s".formatted(e.id(), e.what(), e.where()));
            }
        }
        return told;
    }

    private static Set<String> of(String database, Set<String> keys) {
        return keys.stream().filter(key -> database.equals(site.database(key))).collect(Collectors.toSet());
    }

    /// Something without which nobody can tell what rests on what.
    private static boolean isUnreadable(Case one, String database) {
        return one.isAbout(owner())
                || one.asks("ListObjectsV2", site.keys().pendings())
                || one.asks("ListObjectsV2", site.keys().holds())
                || one.asks("ListObjectsV2", site.keys().catalog(database))
                || one.asks("ListObjectsV2", site.keys().data(database))
                || (one.asks("GetObject", one.request().key())
                        && one.isAbout(site.keys().pendings())
                        && database.equals(site.database(one.request().key())))
                || (one.request().operation().equals("GetObject")
                        && one.isAbout(site.keys().catalog(database)));
    }

    /// Something of this database that a prune reads or changes.
    private static boolean isAbout(Case one, String database) {
        // What an earlier prune has left is of Other.
        boolean begun = one.isAbout(site.keys().removals()) && database.equals(OTHER);
        return begun || database.equals(site.database(one.request().key()));
    }

    // ---- serve ----

    @Test
    void serveTakesEveryBackupThatDoesNotNeedTheObject() throws Exception {
        site.reset();
        Map<String, String> usual = serve();
        Set<String> goes = site.gone();
        assertThat(usual)
                .containsEntry(SALES, "good")
                .containsEntry(OTHER, "good")
                .containsEntry("storage", "true");
        List<Case> cases = cases("serve");
        assertThat(cases.stream().map(one -> one.request().operation()))
                .contains(
                        "HeadBucket",
                        "PutObject",
                        "DeleteObject",
                        "CreateMultipartUpload",
                        "UploadPart",
                        "CompleteMultipartUpload",
                        "AbortMultipartUpload",
                        "ListMultipartUploads");
        assertThat(cases).anyMatch(one -> one.request().operation().equals("PutObject") && one.isAbout("/data/"));

        for (Case one : cases) {
            set(one);
            Map<String, String> told = serve();

            saysSo(one, told.toString());
            told.remove("metrics"); // too long for a failure's message
            assertThat(goes).as("%s", one).containsAll(site.gone());
            boolean bucket = one.request().operation().equals("HeadBucket") && !one.isStoodInFor();
            assertThat(told).as("%s", one).containsEntry("storage", String.valueOf(!bucket));
            if (bucket || one.isAbout(owner())) {
                assertThat(told).as("%s", one).doesNotContainKeys(SALES, OTHER);
                continue;
            }
            // That of Sales is taken first, so what was answered otherwise was its own.
            boolean own = one.isAbout("<new>")
                    && !one.request().operation().equals("DeleteObject")
                    && !OTHER.equals(site.database(one.request().key()));
            boolean others = one.isAbout("<new>")
                    && OTHER.equals(site.database(one.request().key()));
            for (String database : List.of(SALES, OTHER)) {
                if (one.asks("ListObjectsV2", site.keys().catalog(database))) {
                    assertThat(told).as("%s", one).doesNotContainKey(database);
                } else if (!(database.equals(SALES) ? own : others)) {
                    assertThat(told).as("%s", one).containsEntry(database, "good");
                }
            }
        }
    }

    @Test
    void whatIsLeftOverIsCountedAndTheBucketIsUp() throws Exception {
        site.reset();
        site.answer(
                request -> request.operation().equals("DeleteObject")
                        && request.key().equals(site.keys().pending(site.left)),
                Reply.FORBIDDEN);

        long refusals = site.environment().store().refusals();

        Map<String, String> told = serve();

        assertThat(told.get("metrics"))
                .contains("mssql_backup_left_over 1.0\n", "mssql_backup_storage_up 1.0\n")
                .contains("mssql_backup_recovered 1.0\n", "mssql_backup_s3_refusals_total " + (refusals + 1) + ".0\n");
        assertThat(site.bytes(site.keys().pending(site.left))).isNotEmpty();
    }

    @Test
    void aBackupWhosePendingDocumentStaysIsGoodAndWantsAttention() throws Exception {
        site.reset();
        site.answer(request -> request.operation().equals("DeleteObject"), Reply.FORBIDDEN);

        BackupResult result = site.engine()
                .backup(site.request(SALES, BackupType.FULL, true), RunObserver.SILENT)
                .block(PATIENTLY);

        assertThat(result.left())
                .singleElement(InstanceOfAssertFactories.STRING)
                .contains(site.keys().pending(result.document().backupId()), "403", "AccessDenied");
        assertThat(site.code(result)).isEqualTo(3);
    }

    /// Serves until both databases were backed up, or the service says that it takes none.
    private static Map<String, String> serve() throws Exception {
        ListAppender<ILoggingEvent> heard = new ListAppender<>();
        Logger logger = (Logger) LoggerFactory.getLogger("dev.sluice");
        heard.start();
        logger.addAppender(heard);
        Map<String, String> told = new LinkedHashMap<>();
        Engine engine = site.engine();
        try (Service service = Service.start(
                engine,
                new ServiceSettings(policies(), site::request, null),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system())) {
            await().pollInterval(Duration.ofMillis(5))
                    .atMost(PATIENTLY)
                    .until(() -> service.checks().get("recovered")
                            || said(heard).contains("no backup can begin")
                            || said(heard).contains("the bucket refuses us"));
            told.put("storage", String.valueOf(service.checks().get("storage")));
            told.put("metrics", service.metrics().scrape());
            for (String database : List.of(SALES, OTHER)) {
                if (service.knows(database)) {
                    TrackedBackup work = service.jobs().ask(database, BackupType.FULL, true);
                    await().pollInterval(Duration.ofMillis(5)).atMost(PATIENTLY).until(() -> {
                        service.jobs().begin();
                        return work.isOver();
                    });
                    told.put(database, work.state().name().toLowerCase(Locale.ROOT));
                    told.put("job of " + database, work.note() + work.failure());
                }
            }
        } finally {
            logger.detachAppender(heard);
        }
        told.put("said", said(heard));
        return told;
    }

    private static String said(ListAppender<ILoggingEvent> heard) {
        StringBuilder text = new StringBuilder();
        for (ILoggingEvent event : List.copyOf(heard.list)) {
            text.append(event.getFormattedMessage()).append(' ').append(event.getKeyValuePairs());
            if (event.getThrowableProxy() != null) {
                text.append(event.getThrowableProxy().getMessage());
            }
            text.append('\n');
        }
        return text.toString();
    }

    private static Policies policies() {
        Cron yearly = Cron.parse("0 1 1 1 *");
        return new Policies(
                List.of(new Configuration.Policy(
                        List.of(DatabasePattern.parse(SALES), DatabasePattern.parse(OTHER)),
                        yearly,
                        null,
                        yearly,
                        null,
                        null,
                        null)),
                new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 3));
    }
}
