package dev.sluice.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.catalog.BackupDetails;
import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.DatabaseFile;
import dev.sluice.catalog.SetFacts;
import dev.sluice.engine.Installation;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.Encryption;
import dev.sluice.engine.plan.RestorePlan.Recovery;
import dev.sluice.engine.plan.RestorePlan.Stop;
import dev.sluice.engine.recovery.VerdictDocument;
import dev.sluice.engine.restore.RestoreRequest.Choices;
import dev.sluice.engine.restore.RestoreRequest.Existing;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.stream.DatabaseFiles;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.FaultyProxy.Script;
import dev.sluice.testsupport.Reaction;
import dev.sluice.testsupport.Reaction.Answer;
import dev.sluice.testsupport.Reaction.Change;
import dev.sluice.testsupport.Reaction.Fault;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a restore needs, one thing after the other taken away: the restore is refused, and the server's
/// databases are byte for byte as before.
@Timeout(180)
class RestorePreconditionsIT {

    private static final String THUMBPRINT = "00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff";

    @TempDir
    static Path directory;

    private static EmbeddedS3 s3;
    private static FaultyProxy proxy;
    private static Installation installation;
    private static BackupDocument full;
    private static BackupDocument log;

    @BeforeAll
    static void start() throws Exception {
        s3 = EmbeddedS3.start(directory, "sluice");
        proxy = new FaultyProxy(s3.endpoint());
        installation = Installation.start(
                s3,
                proxy.endpoint(),
                128L << 20,
                options -> options.withDatabase("Sales", 1 << 20).withDatabase("Other", 512 << 10));
        full = installation.backup("Sales", 2).document();
        installation.work("Sales", 1);
        log = installation.backup(BackupRequest.of("Sales", BackupType.LOG)).document();
        installation
                .engine
                .restore(chain(log).apply("Before"), RestoreObserver.SILENT)
                .block(Installation.SOON);
        assertThat(installation.server.compare("Sales", "Before")).isEmpty();
        // What the restore would lose.
        installation.work("Sales", 2);
        installation
                .engine
                .restore(
                        new RestoreRequest(
                                chain(installation
                                                .backup(BackupRequest.of("Sales", BackupType.LOG)
                                                        .withCopyOnly(true))
                                                .document())
                                        .apply("Twin")
                                        .steps(),
                                List.of(),
                                "Twin",
                                Map.of(),
                                Existing.KEEP),
                        RestoreObserver.SILENT)
                .block(Installation.SOON);
    }

    @AfterAll
    static void stop() {
        proxy.follow(Script.passing());
        installation.close();
        proxy.close();
    }

    @BeforeEach
    void nothingIsSpoilt() {
        proxy.follow(Script.passing());
    }

    /// The full backup and the logs up to one, under a name.
    private static Function<String, RestoreRequest> chain(BackupDocument last) {
        return name -> {
            List<RestoreStep> steps = new ArrayList<>();
            Stream.of(full, log, last)
                    .distinct()
                    .forEach(backup -> steps.add(new RestoreStep.Read(
                            backup,
                            new Stop.Nowhere(),
                            backup.equals(last) ? new Recovery.Recover() : new Recovery.NoRecovery())));
            return new RestoreRequest(steps, List.of(), name, Map.of(), Existing.KEEP);
        };
    }

    private static RestoreRequest over(String database, Map<String, String> moves, BackupDocument... backups) {
        List<RestoreStep> steps = new ArrayList<>();
        for (BackupDocument backup : backups) {
            steps.add(new RestoreStep.Read(
                    backup,
                    new Stop.Nowhere(),
                    backup.equals(backups[backups.length - 1]) ? new Recovery.Recover() : new Recovery.NoRecovery()));
        }
        return new RestoreRequest(steps, List.of(), database, moves, Existing.REPLACE_AND_DISCARD_TAIL);
    }

    private static RestoreRequest over(String database) {
        return over(database, Map.of(), full, log);
    }

    /// @param request made when the backups are there
    /// @param id      of the error
    /// @param needed  id of the precondition
    /// @param words   of the failure, wherever
    record Case(
            String name,
            Script script,
            Supplier<RestoreRequest> request,
            String id,
            String needed,
            List<String> words) {
        @Override
        public String toString() {
            return name;
        }
    }

    private static String logKey() {
        return log.stripes().getFirst().segments().getFirst().key();
    }

    private static Script listing(UnaryOperator<String> object) {
        return listing(object, Script.passing());
    }

    /// Changes what listings say of the log's object, and what follows is as the other script has it.
    private static Script listing(UnaryOperator<String> object, Script others) {
        return (request, times) -> request.is("GET", "list-type=2")
                ? new Change(UnaryOperator.identity(), xml -> changed(xml, object))
                : others.decide(request, times);
    }

    private static String changed(String xml, UnaryOperator<String> object) {
        int key = xml.indexOf("<Key>test/" + logKey() + "</Key>");
        if (key < 0) {
            return xml;
        }
        int begin = xml.lastIndexOf("<Contents>", key);
        int end = xml.indexOf("</Contents>", key);
        return xml.substring(0, begin) + object.apply(xml.substring(begin, end)) + xml.substring(end);
    }

    private static UnaryOperator<String> storageClass(String name) {
        return xml ->
                xml.replaceAll("<StorageClass>[^<]*</StorageClass>", "") + "<StorageClass>" + name + "</StorageClass>";
    }

    /// Of the log's object.
    private static Script answers(Reaction head, Reaction get) {
        return (request, _) -> request.is("HEAD", logKey()) ? head : request.is("GET", logKey()) ? get : Fault.NONE;
    }

    private static Answer head(String storageClass, Map<String, String> more) {
        Map<String, String> headers = new TreeMap<>(more);
        headers.put("Content-Length", String.valueOf(log.bytes()));
        headers.put("ETag", log.stripes().getFirst().segments().getFirst().eTag());
        headers.put("Last-Modified", "Sun, 01 Mar 2026 10:00:00 GMT");
        headers.put("x-amz-storage-class", storageClass);
        return new Answer(200, headers, "");
    }

    private static final Answer FROZEN = Answer.error(403, "InvalidObjectState");

    private static List<Case> cases() {
        return List.of(
                new Case(
                        "a log in DEEP_ARCHIVE",
                        listing(storageClass("DEEP_ARCHIVE"), answers(head("DEEP_ARCHIVE", Map.of()), FROZEN)),
                        () -> over("Sales"),
                        "object-archived",
                        "objects-thawed",
                        List.of("DEEP_ARCHIVE", logKey(), "aws s3api restore-object --bucket sluice", "\"Days\":7")),
                new Case(
                        "a log that is being thawed",
                        listing(
                                storageClass("GLACIER"),
                                answers(head("GLACIER", Map.of("x-amz-restore", "ongoing-request=\"true\"")), FROZEN)),
                        () -> over("Sales"),
                        "object-archived",
                        "objects-thawed",
                        List.of("a thaw of 1 of them is under way", "Wait for the thaw")),
                new Case(
                        "a log in an archive of which no listing tells",
                        answers(head("GLACIER", Map.of()), FROZEN),
                        () -> over("Sales"),
                        "object-archived",
                        "objects-thawed",
                        List.of("GLACIER")),
                new Case(
                        "a log in a tier that is an archive",
                        listing(
                                storageClass("INTELLIGENT_TIERING"),
                                answers(
                                        head(
                                                "INTELLIGENT_TIERING",
                                                Map.of("x-amz-archive-status", "DEEP_ARCHIVE_ACCESS")),
                                        FROZEN)),
                        () -> over("Sales"),
                        "object-archived",
                        "objects-thawed",
                        List.of("DEEP_ARCHIVE_ACCESS", "'{\"GlacierJobParameters\"")),
                new Case(
                        "a missing object",
                        answers(Answer.error(404, ""), Answer.error(404, "NoSuchKey")),
                        () -> over("Sales"),
                        "object-missing",
                        "objects-present",
                        List.of("is not in the bucket", logKey(), "--without " + log.backupId())),
                new Case(
                        "another size",
                        listing(xml -> xml.replaceAll("<Size>\\d+</Size>", "<Size>17</Size>")),
                        () -> over("Sales"),
                        "object-missing",
                        "objects-present",
                        List.of("has 17 bytes in the bucket")),
                new Case(
                        "another ETag",
                        rewritten(),
                        () -> over("Sales"),
                        "object-changed",
                        "objects-unchanged",
                        List.of("0123456789abcdef", "--accept-rewritten", "sluice verify " + log.backupId())),
                new Case(
                        "a key in KMS that may not be used",
                        answers(Fault.NONE, Answer.error(400, "KMS.DisabledException")),
                        () -> over("Sales"),
                        "object-refused",
                        "objects-readable",
                        List.of("KMS.DisabledException", "kms:Decrypt")),
                new Case(
                        "an object that may not be read",
                        answers(Fault.NONE, Answer.error(403, "AccessDenied")),
                        () -> over("Sales"),
                        "object-refused",
                        "objects-readable",
                        List.of("AccessDenied", "s3:GetObject")),
                new Case(
                        "a file of another database as the destination",
                        Script.passing(),
                        () -> over("Sales", Map.of("Sales", "/var/opt/mssql/data/OTHER.mdf"), full, log),
                        "destination-taken",
                        "destinations",
                        List.of("a file of database Other", "--default-paths")),
                new Case(
                        "two files at one place",
                        Script.passing(),
                        () -> over(
                                "Sales",
                                Map.of("Sales", "/var/opt/mssql/data/one", "Sales_log", "/var/opt/mssql/data/one"),
                                full,
                                log),
                        "destination-taken",
                        "destinations",
                        List.of("/var/opt/mssql/data/one")),
                new Case(
                        "a path of another operating system",
                        Script.passing(),
                        () -> over("Sales", Map.of("Sales", "D:\\Data\\Sales.mdf"), full, log),
                        "destination-foreign",
                        "destinations",
                        List.of("D:\\Data\\Sales.mdf")),
                new Case(
                        "no room",
                        Script.passing(),
                        () -> over("Sales", Map.of(), with(full, huge()), log),
                        "no-space",
                        "space",
                        List.of("bytes on /, and", "--move LOGICAL=PATH")),
                new Case(
                        "a certificate of the backup",
                        Script.passing(),
                        () -> over("Sales", Map.of(), encrypted(full), log),
                        "certificate-missing",
                        "backup-certificate",
                        List.of("0x" + THUMBPRINT, "CREATE CERTIFICATE", "FROM FILE")),
                new Case(
                        "a newer server's backup",
                        Script.passing(),
                        () -> over(
                                "Sales",
                                Map.of(),
                                with(full, SetFacts.of(Map.of("software_version", "17.0.1000"))),
                                log),
                        "server-too-old",
                        "server-version",
                        List.of("version 17")),
                new Case(
                        "master",
                        Script.passing(),
                        () -> over("master"),
                        "master-by-hand",
                        "target-database",
                        List.of("single-user mode", "sluice fetch")),
                new Case(
                        "tempdb",
                        Script.passing(),
                        () -> over("tempdb"),
                        "tempdb-not-restorable",
                        "target-database",
                        List.of("--as NAME")));
    }

    private static Script rewritten() {
        String other = "\"0123456789abcdef\"";
        return listing(
                xml -> xml.replaceAll("<ETag>[^<]*</ETag>", "<ETag>" + other.replace("\"", "&quot;") + "</ETag>"),
                answers(
                        Fault.NONE,
                        new Change(
                                line -> line.regionMatches(true, 0, "etag:", 0, 5) ? "ETag: " + other : line,
                                UnaryOperator.identity())));
    }

    private static List<DatabaseFile> huge() {
        return List.of(new DatabaseFile("Sales", "/var/opt/mssql/data/Sales.mdf", 1L << 41, false));
    }

    private static BackupDocument with(BackupDocument one, SetFacts stream) {
        return with(one, one.details().withStreams(one.details().streams(), stream, one.files()));
    }

    private static BackupDocument with(BackupDocument one, List<DatabaseFile> files) {
        return with(one, one.details().withStreams(one.details().streams(), one.stream(), files));
    }

    private static BackupDocument ofEncryptedDatabase(BackupDocument one) {
        BackupDetails details = one.details();
        return with(
                one,
                new BackupDetails(
                        details.statement(),
                        true,
                        details.taker(),
                        details.baseline(),
                        details.streams(),
                        details.stream(),
                        details.files(),
                        details.history(),
                        details.others()));
    }

    private static BackupDocument encrypted(BackupDocument one) {
        SetFacts encrypted = one.history().with(SetFacts.of(Map.of("encryptor_thumbprint", THUMBPRINT)));
        return with(one, one.details().withHistory(encrypted));
    }

    private static BackupDocument with(BackupDocument one, BackupDetails details) {
        return VerdictDocument.with(
                one, one.finishedAt(), one.verdict(), one.firstLsn(), one.lastLsn(), one.stripes(), details);
    }

    @ParameterizedTest
    @MethodSource("cases")
    void whatARestoreNeedsAndDoesNotHaveRefusesItAndNothingIsTouched(Case one) {
        RestoreRequest request = one.request.get();
        int statements = installation.server.outcomes().size();
        proxy.follow(one.script);

        RestoreCheck check = installation.engine.check(request).block(Installation.SOON);

        assertThat(check.unmet()).extracting(Precondition::id).containsExactly(one.needed);
        assertThat(check.unmet().getFirst().failure()).hasToString(one.id);
        assertThat(check.unmet().getFirst().toDocument())
                .containsEntry("state", "unmet")
                .containsKeys("id", "evidence", "remedy", "error");
        assertThatThrownBy(() -> installation
                        .engine
                        .restore(request, RestoreObserver.SILENT)
                        .block(Installation.SOON))
                .isInstanceOfSatisfying(OperationFailed.class, failure -> {
                    assertThat(failure.id()).hasToString(one.id);
                    assertThat(failure.what() + failure.where() + failure.hint())
                            .contains(one.words);
                });

        assertThat(installation.server.outcomes()).as("nothing was sent").hasSize(statements);
        assertThat(installation.server.compare("Sales", "Twin"))
                .as("byte for byte")
                .isEmpty();
        assertThat(states()).doesNotContainValue("RESTORING");
    }

    private static Map<String, String> states() {
        Map<String, String> states = new TreeMap<>();
        try (SqlSession session = installation.engine.environment().server().connect()) {
            session.query("SELECT name, state_desc FROM sys.databases")
                    .forEach(row -> states.put(row.text("name"), row.text("state_desc")));
        }
        return states;
    }

    private static RestoreCheck check(RestoreRequest request) {
        return installation.engine.check(request).block(Installation.SOON);
    }

    private static Precondition found(RestoreCheck check, String id) {
        return check.preconditions().stream()
                .filter(each -> each.id().equals(id))
                .findFirst()
                .orElseThrow();
    }

    @Test
    void everythingThatIsInTheWayIsNamedAtOnceAndWhatIsThereAsWell() {
        proxy.follow(answers(Fault.NONE, Answer.error(403, "AccessDenied")));

        RestoreCheck check = check(over("Sales", Map.of("Slaes", "/x"), full, log));

        assertThat(check.unmet())
                .extracting(unmet -> String.valueOf(unmet.failure()))
                .containsExactly("object-refused", "no-such-file");
        assertThat(check.preconditions())
                .extracting(Precondition::id)
                .containsExactly(
                        "target-database",
                        "tail-of-log",
                        "sessions",
                        "server-version",
                        "memory",
                        "backup-certificate",
                        "objects-present",
                        "objects-thawed",
                        "objects-readable",
                        "objects-unchanged",
                        "tde-certificate",
                        "file-names",
                        "destinations",
                        "space");
        assertThat(check.refusal())
                .hasValueSatisfying(
                        failure -> assertThat(failure.what()).contains("also in the way, file-names:", "Slaes"));
    }

    @Test
    void aThawedCopyIsReadAndItsEndIsTold() {
        proxy.follow(listing(
                storageClass("GLACIER"),
                answers(
                        head(
                                "GLACIER",
                                Map.of(
                                        "x-amz-restore",
                                        "ongoing-request=\"false\", expiry-date=\"Fri, 21 Dec 2035 00:00:00 GMT\"")),
                        Fault.NONE)));

        RestoreCheck check = check(over("Sales"));

        assertThat(check.unmet()).isEmpty();
        assertThat(found(check, "objects-thawed").evidence()).contains("2035-12-21T00:00:00Z");
    }

    @Test
    void aCopiedObjectIsReadWhenAPersonSaysSo() {
        proxy.follow(rewritten());
        RestoreRequest request = chain(log).apply("Copied").withChoices(new Choices(false, true));

        assertThat(found(check(request), "objects-unchanged").evidence()).contains("1 of them");
        installation.engine.restore(request, RestoreObserver.SILENT).block(Installation.SOON);

        assertThat(installation.server.compare("Before", "Copied")).isEmpty();
        installation.sql("DROP DATABASE [Copied]");
    }

    @Test
    void oneListingIsEnoughForAllBackupsAndEachObjectIsAskedForOneByte() {
        proxy.follow(Script.passing());

        assertThat(check(over("Sales")).unmet()).isEmpty();

        assertThat(proxy.count("GET", "list-type=2")).isEqualTo(1);
        assertThat(proxy.count("GET", "/stripe-")).isEqualTo(3);
        assertThat(proxy.count("HEAD", "")).isZero();
    }

    @Test
    void aBucketThatDoesNotAnswerIsNoPreconditionAndNoMatterOfRightsToWrite() {
        proxy.follow((request, _) -> request.is("GET", "/stripe-") ? Answer.error(500, "InternalError") : Fault.NONE);

        assertThatThrownBy(() -> check(over("Sales"))).isInstanceOfSatisfying(OperationFailed.class, failure -> {
            assertThat(failure.id()).hasToString("store-failed");
            assertThat(failure.hint()).contains("may read").doesNotContain("write");
        });
    }

    @Test
    void whoMayNotListMayStillRestore() {
        proxy.follow((request, _) -> request.is("GET", "list-type=2") ? Answer.error(403, "AccessDenied") : Fault.NONE);

        RestoreCheck check = check(over("Sales"));

        assertThat(check.unmet()).isEmpty();
        assertThat(found(check, "objects-present").evidence()).contains("AccessDenied");
    }

    // ---- certificates ----

    @Test
    void theCertificateOfAnEncryptedDatabaseIsAskedForBySqlServersOwnWord() {
        BackupDocument encrypted = ofEncryptedDatabase(full);
        RestoreRequest request = over("Sales", Map.of(), encrypted, log);
        DatabaseFiles named = DatabaseFiles.of(full);
        List<String> asked = new ArrayList<>();
        try (SqlSession session = installation.engine.environment().server().connect()) {
            RestoreCheck check = new RestorePreflight(
                            installation.engine.environment(), Blocking.untilTheEnd(), request, session, backup -> {
                                asked.add(backup.backupId());
                                return new DatabaseFiles(named.files(), Set.of(THUMBPRINT));
                            })
                    .check()
                    .check();

            assertThat(asked).containsExactly(full.backupId());
            assertThat(check.unmet()).extracting(Precondition::id).containsExactly("tde-certificate");
            assertThat(check.unmet().getFirst().failure()).hasToString("certificate-missing");
            assertThat(check.unmet().getFirst().subjects()).containsExactly("0x" + THUMBPRINT);
        }
        assertThat(found(check(over("Sales")), "tde-certificate").evidence()).contains("was not encrypted");
        assertThat(found(check(request), "tde-certificate").state())
                .as("this server's listing names no thumbprint")
                .isEqualTo(Precondition.State.UNKNOWN);
    }

    @Test
    void whatSqlServerMissesIsACertificateWhenItSays33111() {
        installation.sql(
                "CREATE MASTER KEY ENCRYPTION BY PASSWORD = N'Secret!1'; CREATE CERTIFICATE Backups WITH SUBJECT = 's'");
        BackupRequest plain = BackupRequest.full("Other", 1);
        BackupDocument backup = installation
                .backup(plain.withOptions(
                        plain.options().withEncryption(new Encryption(Encryption.Algorithm.AES_256, "Backups"))))
                .document();
        installation.sql("DROP CERTIFICATE Backups");
        // As when msdb did not answer after the backup: then nothing in the bucket names the thumbprint.
        BackupDocument untold = with(backup, backup.details().withHistory(null));

        RestoreCheck check = check(over("Other", Map.of(), untold));

        assertThat(check.unmet())
                .extracting(unmet -> String.valueOf(unmet.failure()))
                .containsExactly("certificate-missing");
        assertThat(check.unmet().getFirst().evidence()).contains("Msg 33111").contains("0x");
        assertThat(check.unmet().getFirst().remedy()).contains("CREATE CERTIFICATE");
    }

    // ---- another server's directories ----

    @Test
    void filesOfAnotherOperatingSystemGoToTheDefaultDirectoriesAndThePlanNamesThem() {
        BackupDocument windows = with(
                full,
                List.of(
                        new DatabaseFile("Sales", "D:\\Data\\Sales.mdf", 1 << 20, false),
                        new DatabaseFile("Sales_log", "L:\\Log\\Sales.ldf", 1 << 20, true)));
        RestoreRequest own = new RestoreRequest(
                over("Sales", Map.of(), windows).steps(), List.of(), "Sales", Map.of(), Existing.KEEP);

        Placement placement =
                places(own, new DatabaseFiles(DatabaseFiles.of(windows).files()), List.of());

        assertThat(placement.destinations())
                .extracting(Destination::path)
                .containsExactlyInAnyOrder(
                        "/var/opt/mssql/data/Sales_Sales.mdf", "/var/opt/mssql/data/Sales_Sales_log.ldf");
        assertThat(placement.moves(windows)).hasSize(2);
    }

    @Test
    void aDirectoryThatIsNotKnownGoesToTheDefaultsUnlessThisMachineHadIt() {
        RestoreRequest own =
                new RestoreRequest(over("Sales", Map.of(), full).steps(), List.of(), "Sales", Map.of(), Existing.KEEP);
        DatabaseFiles fast =
                new DatabaseFiles(List.of(new DatabaseFile("Sales", "/mnt/fast/Sales.mdf", 1 << 20, false)));

        assertThat(places(own, fast, List.of()).destinations())
                .extracting(Destination::path)
                .containsExactly("/var/opt/mssql/data/Sales_Sales.mdf");
        assertThat(places(own, fast, List.of("/mnt/fast/Sales.mdf")).destinations())
                .extracting(Destination::path)
                .containsExactly("/mnt/fast/Sales.mdf");
    }

    /// On a server that has no Sales.
    private static Placement places(RestoreRequest request, DatabaseFiles files, List<String> history) {
        try (SqlSession session = installation.engine.environment().server().connect()) {
            RestoreFacts facts = RestoreFacts.read(session, "Nothing");
            Directories directories = Directories.of(facts);
            directories.learn(history);
            return Placement.of(
                    Placement.Arrival.of(Map.of(request.backups().getFirst().backupId(), files), Map.of()),
                    Placement.Rules.of(request),
                    facts,
                    directories);
        }
    }

    @Test
    void msdbTellsWhereThisMachineHadAFile() {
        try (SqlSession session = installation.engine.environment().server().connect()) {
            assertThat(RestoreFacts.backedUpHere(session, "Sales"))
                    .containsExactlyInAnyOrderElementsOf(
                            RestoreFacts.read(session, "Sales").existingFiles().values());
        }
    }

    @Test
    void allGoToTheDefaultDirectoriesWhenSaid() {
        RestoreRequest request = over("Sales", Map.of("Sales_log", "/var/opt/mssql/data/x.ldf"), full)
                .withChoices(new Choices(true, false));

        RestoreCheck check = check(request);

        assertThat(check.unmet()).isEmpty();
        assertThat(check.moves())
                .containsOnly(
                        Map.entry("Sales", "/var/opt/mssql/data/Sales_Sales.mdf"),
                        Map.entry("Sales_log", "/var/opt/mssql/data/x.ldf"));
    }

    @Test
    void aDirectoryOfWhichNothingIsKnownIsToldAndNotRefused() {
        RestoreCheck check = check(over("Sales", Map.of("Sales", "/mnt/new/Sales.mdf"), full, log));

        assertThat(check.unmet()).isEmpty();
        assertThat(found(check, "destinations").state()).isEqualTo(Precondition.State.UNKNOWN);
        assertThat(found(check, "destinations").evidence()).contains("/mnt/new/");
    }

    // ---- the system's databases ----

    @ParameterizedTest
    @ValueSource(strings = {"msdb", "model"})
    void msdbAndModelAreRestoredLikeOthers(String database) {
        BackupDocument backup = installation.backup(database, 1).document();
        Map<Long, Long> then = installation.server.pageVersions(database);
        installation.work(database, 7);
        assertThat(installation.server.pageVersions(database)).isNotEqualTo(then);

        installation
                .engine
                .restore(RestoreRequest.of(backup, database, true, true), RestoreObserver.SILENT)
                .block(Installation.SOON);

        assertThat(installation.server.pageVersions(database)).isEqualTo(then);
        assertThat(states()).containsEntry(database, "ONLINE");
    }
}
