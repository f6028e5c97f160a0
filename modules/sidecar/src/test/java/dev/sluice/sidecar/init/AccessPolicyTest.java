package dev.sluice.sidecar.init;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogException;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.export.ExportRequest;
import dev.sluice.engine.export.ExportSource;
import dev.sluice.engine.export.Passphrase;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.plan.RestoreTarget;
import dev.sluice.engine.prove.DrillObserver;
import dev.sluice.engine.prove.DrillResult;
import dev.sluice.engine.prove.ProveOrder;
import dev.sluice.engine.restore.RestoreObserver;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.retention.BackupLocks;
import dev.sluice.engine.retention.HoldRequest;
import dev.sluice.engine.retention.HoldResult;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneReport;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.sidecar.doctor.BucketCheck;
import dev.sluice.sidecar.doctor.DoctorFinding;
import dev.sluice.sidecar.history.History;
import dev.sluice.sidecar.history.HistoryForTests;
import dev.sluice.sidecar.history.HistoryPage;
import dev.sluice.sidecar.init.IamPolicy.Need;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.pause.PauseBook;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// The policy of `sluice init` allows what the program asks of a bucket, and nothing that it could do
/// without.
///
/// The commands run in this process, against SQL Server's stand-in and the embedded S3, whose guard demands
/// of every request the right that AWS's documentation names. `-Dsluice.docs.write=true` writes the table of
/// `docs/install.md` anew.
class AccessPolicyTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("sluice.root", "../.."), "docs", "install.md");
    private static final String BEGIN = "<!-- from the test of the policy: begin -->\n";
    private static final String END = "<!-- from the test of the policy: end -->\n";

    static final String BUCKET = "sluice";
    private static final String PREFIX = "prod/";
    private static final String SALES = "Sales";
    /// The commands that come to a directory where nothing is yet.
    private static final Set<String> FRESH = Set.of("doctor", "backup");

    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Passphrase PHRASE = new Passphrase("five words are long enough".toCharArray());

    /// What became of a command.
    private enum Outcome {
        GOOD(""),
        FAILED("fail"),
        /// It is done, and tells what it could not do.
        REPORTED("report");

        private final String words;

        Outcome(String words) {
            this.words = words;
        }
    }

    @TempDir
    Path directory;

    private final InProcessVdi vdi = new InProcessVdi();
    private final MemoryBudget budget = MemoryBudget.of(64L << 20);
    private EmbeddedS3 s3;
    private GuardedBucket bucket;
    private SimulatedServer server;
    private SqlServer login;
    private S3Store store;
    private S3Store direct;
    private Path template;
    private int copies;

    @BeforeEach
    void start() throws IOException {
        s3 = EmbeddedS3.start(directory.resolve("s3"), BUCKET, EmbeddedS3.Manner.IGNORING_ENCRYPTION);
        bucket = new GuardedBucket(s3);
        ServerOptions options = ServerOptions.of(vdi).withDatabase(SALES, 6 << 20);
        server = SimulatedServer.start(options);
        login = new SqlServer(server.jdbcUrl(), "sa", options.password());
        store = store(bucket.endpoint());
        direct = store(s3.endpoint());
        template = directory.resolve("template");
    }

    @AfterEach
    void stop() {
        store.close();
        direct.close();
        budget.close();
        server.close();
        bucket.close();
        s3.close();
    }

    private S3Store store(URI endpoint) {
        return S3Store.open(new StoreConfig(
                endpoint,
                "us-east-1",
                BUCKET,
                PREFIX,
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5))));
    }

    static InitAnswers answers(String identity, boolean lock, boolean kms, boolean prune) {
        return new InitAnswers(
                ServerAddress.parse("localhost"),
                true,
                new InitLogin.WithPassword("sluice", new SecretReference.InEnvironment("SQL_PASSWORD")),
                BUCKET,
                "prod",
                "us-east-1",
                null,
                null,
                identity,
                kms ? GuardedBucket.KEY : null,
                lock ? new InitAnswers.Lock("governance", "1") : null,
                prune);
    }

    private static Storage storage(InitAnswers answers) {
        return new Storage(
                5 << 20, // so that a full backup is a multipart upload, and a log backup a single request
                answers.kmsKey() == null
                        ? ObjectOptions.NONE
                        : new ObjectOptions(
                                null, new ObjectOptions.Encryption.Kms(answers.kmsKey(), false), Map.of(), null),
                answers.lock() == null
                        ? null
                        : new Storage.Lock(ObjectOptions.LockMode.GOVERNANCE, Duration.ofDays(1)));
    }

    /// Another process, as it were: it knows nothing of what others have done.
    private Engine engine(InitAnswers answers) {
        Storage storage = storage(answers);
        return new Engine(new Environment(
                answers.identity(),
                login,
                vdi::newClientSet,
                store,
                new Catalog(store, new Keys(answers.identity()), storage::lock),
                budget,
                TransferOptions.DEFAULT,
                storage,
                "test"));
    }

    // ---- the commands ----

    /// Each with what makes its requests; `backup` and `doctor` come to a directory where nothing is yet.
    private Map<String, Function<InitAnswers, Outcome>> commands() {
        Map<String, Function<InitAnswers, Outcome>> commands = new LinkedHashMap<>();
        commands.put("doctor", this::doctor);
        commands.put("backup of a log", this::log);
        commands.put("backup that is given up", this::givenUp);
        commands.put("list", this::list);
        commands.put("verify", this::verify);
        commands.put("fetch", this::fetch);
        commands.put("restore", this::restore);
        commands.put("prove", this::prove);
        commands.put("prune", this::prune);
        commands.put("recover", this::recover);
        commands.put("history", this::history);
        commands.put("serve as it keeps history", this::keepHistory);
        commands.put("serve as it keeps its summary", this::keepSummary);
        commands.put("pause and resume", this::pauseAndResume);
        commands.put("hold with its locks", this::hold);
        commands.put("export of the instance", this::export);
        commands.put("export that is opened", this::openExport);
        // The last one: it moves the differential base, which the others compare with their bucket.
        commands.put("backup", answers -> backup(engine(answers), BackupRequest.of(SALES, BackupType.FULL)));
        return commands;
    }

    private Outcome doctor(InitAnswers answers) {
        List<DoctorFinding> findings = new BucketCheck(
                        store,
                        new Keys(answers.identity()).root() + "doctor-x",
                        storage(answers).objects(Instant.now()),
                        InstantSource.system())
                .findings();
        return worst(findings);
    }

    private static Outcome worst(List<DoctorFinding> findings) {
        Outcome worst = Outcome.GOOD;
        for (DoctorFinding finding : findings) {
            Outcome outcome = switch (finding.level()) {
                case OK -> Outcome.GOOD;
                case WARN -> Outcome.REPORTED;
                case FAIL -> Outcome.FAILED;
            };
            if (outcome == Outcome.FAILED || worst == Outcome.GOOD) {
                worst = outcome;
            }
        }
        return worst;
    }

    private static Outcome backup(Engine engine, BackupRequest request) {
        BackupResult result = engine.backup(request, RunObserver.SILENT).block(SOON);
        return reported(!result.left().isEmpty() || !result.chain().isEmpty() || result.historyMissing());
    }

    private static Outcome reported(boolean something) {
        return something ? Outcome.REPORTED : Outcome.GOOD;
    }

    /// Copy-only, so that it breaks no chain for those that come after it.
    private Outcome log(InitAnswers answers) {
        return backup(engine(answers), BackupRequest.log(SALES).withCopyOnly(true));
    }

    /// The bucket refuses the parts. That the backup fails is right; what counts is what it leaves.
    private Outcome givenUp(InitAnswers answers) {
        int before = leftovers(answers);
        bucket.refuse(operation -> operation.startsWith("UploadPart "));
        try {
            engine(answers)
                    .backup(BackupRequest.of(SALES, BackupType.FULL).withCopyOnly(true), RunObserver.SILENT)
                    .block(SOON);
            throw new AssertionError("the backup did not fail");
        } catch (OperationFailed e) {
            return reported(leftovers(answers) > before);
        }
    }

    private int leftovers(InitAnswers answers) {
        String own = new Keys(answers.identity()).root();
        return direct.uploads(own).collectList().block(SOON).size()
                + direct.list(own + "pending/").collectList().block(SOON).size();
    }

    private Inventory inventory(InitAnswers answers) {
        return engine(answers).inventory(SALES, null).block(SOON);
    }

    private Outcome list(InitAnswers answers) {
        Inventory inventory = inventory(answers);
        return reported(!inventory.refused().isEmpty() || inventory.backups().size() < 3);
    }

    private Outcome verify(InitAnswers answers) {
        Engine engine = engine(answers);
        return reported(
                !engine.verify(first(answers), RunObserver.SILENT).block(SOON).sound());
    }

    private Outcome fetch(InitAnswers answers) {
        engine(answers)
                .fetch(first(answers), directory.resolve("fetched-" + ++copies))
                .block(SOON);
        return Outcome.GOOD;
    }

    /// **Errors:** [OperationFailed] when none is known, as the commands have it.
    private BackupDocument first(InitAnswers answers) {
        return inventory(answers).documents().stream()
                .findFirst()
                .orElseThrow(() -> new OperationFailed(FailureId.NO_SUCH_BACKUP, "none", BUCKET, null));
    }

    private Outcome restore(InitAnswers answers) {
        Inventory inventory = inventory(answers);
        if (!(new Planner(inventory.backups()).plan(PlanRequest.to(RestoreTarget.parse("end", inventory.time())))
                instanceof RestorePlan plan)) {
            return Outcome.FAILED;
        }
        engine(answers)
                .restore(
                        RestoreRequest.of(
                                plan, inventory.documents(), "Copy" + ++copies, Map.of(), RestoreRequest.Existing.KEEP),
                        RestoreObserver.SILENT)
                .block(SOON);
        return Outcome.GOOD;
    }

    /// Not to the end: it lies in the log backup whose entry was refused.
    private Outcome prove(InitAnswers answers) {
        DrillResult result = engine(answers)
                .prove(ProveOrder.of(SALES).to(new ProveOrder.Point.Random(1)), DrillObserver.SILENT)
                .block(SOON)
                .requireSound();
        return reported(!result.left().isEmpty());
    }

    private Outcome prune(InitAnswers answers) {
        PruneReport report = engine(answers)
                .prune(new PruneRequest(
                        SALES,
                        (backups, _) -> backups.stream()
                                .map(backup -> new KeepDecision(backup, false, "given up"))
                                .toList(),
                        false))
                .block(SOON);
        return reported(!report.left().isEmpty() || report.removed() == 0);
    }

    private Outcome export(InitAnswers answers) {
        engine(answers).exportInstance(new ExportRequest(PHRASE, null)).block(SOON);
        return Outcome.GOOD;
    }

    private Outcome pauseAndResume(InitAnswers answers) {
        PauseBook book = new PauseBook(engine(answers).environment());
        Instant now = Instant.now();
        try {
            book.end(book.add(new Scope.Everything(), Set.of(), now, now.plusSeconds(60), null));
            List<String> unreadable = new ArrayList<>();
            List<Pause> there = book.read(unreadable::add);
            return reported(!there.isEmpty() || !unreadable.isEmpty());
        } catch (S3Failure | CatalogException e) {
            throw Failures.of(e);
        }
    }

    /// Until an end, without one, and what `show` asks. The writer that may not prune releases nothing.
    private Outcome hold(InitAnswers answers) {
        Engine engine = engine(answers);
        BackupDocument backup = first(answers);
        boolean lock = answers.lock() != null;
        Instant now = Instant.now();
        HoldResult until = engine.hold(new HoldRequest(backup, now.plus(Duration.ofDays(400)), null, now, lock))
                .block(SOON);
        HoldResult legal =
                engine.hold(new HoldRequest(backup, null, null, now, lock)).block(SOON);
        BackupLocks.Seen seen = lock
                ? new BackupLocks(engine.environment())
                        .look(backup.backupId(), SALES)
                        .block(SOON)
                : null;
        if (answers.prune()) {
            engine.release(backup.backupId()).block(SOON);
        }
        return reported(seen != null
                && !(until.locks().isDone()
                        && legal.locks().isDone()
                        && seen.refused().isEmpty()));
    }

    private Outcome openExport(InitAnswers answers) {
        engine(answers).openExport(new ExportSource.InBucket(""), PHRASE).block(SOON);
        return Outcome.GOOD;
    }

    private Outcome recover(InitAnswers answers) {
        return reported(engine(answers).recover().block(SOON).needsAttention());
    }

    private Outcome history(InitAnswers answers) {
        try {
            HistoryPage page = HistoryForTests.all(store, new Keys(answers.identity()));
            return reported(!page.unreadable().isEmpty() || page.entries().isEmpty());
        } catch (S3Failure e) {
            throw Failures.of(e);
        }
    }

    /// Stores today's, and removes what is too old.
    private Outcome keepHistory(InitAnswers answers) {
        Keys keys = new Keys(answers.identity());
        try (History history = HistoryForTests.start(store, keys)) {
            HistoryForTests.addBackup(history, SALES);
            await().atMost(SOON)
                    .until(() -> history.failures() > 0
                            || direct
                                    .list(keys.history())
                                    .map(object -> object.key())
                                    .collectList()
                                    .blockOptional(SOON)
                                    .orElseThrow()
                                    .stream()
                                    .allMatch(key -> !key.contains("2001-01-01")));
            return reported(history.failures() > 0);
        }
    }

    /// As the writer does: it reads who has claimed the directory, and writes; another replica under its own name.
    private Outcome keepSummary(InitAnswers answers) {
        SummaryDocument summary = new SummaryDocument(
                "1.0",
                answers.identity(),
                new ServerIdentity("SQL1", null, null, List.of()),
                Instant.now(),
                Duration.ofMinutes(5),
                List.of(),
                List.of(),
                0,
                true);
        Catalog catalog = new Catalog(store, new Keys(answers.identity()));
        try {
            catalog.owner()
                    .then(catalog.summaries().write(summary))
                    .then(catalog.summaries().writeOfReplica(summary))
                    .block(SOON);
            return Outcome.GOOD;
        } catch (S3Failure | CatalogException e) {
            return Outcome.REPORTED;
        }
    }

    // ---- the bucket that they come to ----

    /// Two full backups with a log each; a pending document that `recover` finds proof for, and one of a
    /// backup that came to nothing, with its upload.
    private void prepare(InitAnswers answers) throws IOException {
        bucket.guardBy(null);
        Engine engine = engine(answers);
        for (BackupType type : List.of(BackupType.FULL, BackupType.LOG, BackupType.FULL, BackupType.LOG)) {
            backup(engine, BackupRequest.of(SALES, type));
        }
        bucket.refuse(operation -> operation.startsWith("PutObject ") && operation.contains("/catalog/"));
        attempt(engine, BackupRequest.log(SALES));
        bucket.refuse(operation -> operation.startsWith("UploadPart ") || operation.startsWith("AbortMultipart"));
        attempt(engine, BackupRequest.of(SALES, BackupType.FULL).withCopyOnly(true));
        bucket.refuse(_ -> false);
        export(answers);
        engine.shutdown().block(SOON);
        String _ = HistoryForTests.putOld(direct, new Keys(answers.identity()));
        copy(s3.directory().resolve(BUCKET), template);
    }

    private static void attempt(Engine engine, BackupRequest request) {
        try {
            engine.backup(request, RunObserver.SILENT).block(SOON);
        } catch (OperationFailed _) {
            // It was refused something.
        }
    }

    private void reset() throws IOException {
        try (Stream<Path> old = Files.walk(s3.directory().resolve(BUCKET))) {
            for (Path path : old.sorted((one, other) -> other.compareTo(one)).toList()) {
                if (!path.equals(s3.directory().resolve(BUCKET))) {
                    Files.delete(path);
                }
            }
        }
        copy(template, s3.directory().resolve(BUCKET));
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path visited, BasicFileAttributes attributes) throws IOException {
                Files.createDirectories(to.resolve(from.relativize(visited)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /// Runs one command as an identity with `policy`.
    private Outcome run(String command, InitAnswers answers, IamPolicy policy) throws IOException {
        reset();
        bucket.guardBy(policy);
        try {
            return commands().get(command).apply(answers);
        } catch (OperationFailed e) {
            return Outcome.FAILED;
        }
    }

    @Test
    void noRightIsMissingAndNoneIsTooMuch() throws Exception {
        InitAnswers answers = answers("sql-1", true, true, true);
        InitAnswers fresh = answers("sql-2", true, true, true);
        prepare(answers);
        IamPolicy whole = IamPolicy.parse(AccessPolicy.of(answers));
        Map<String, Map<Outcome, List<String>>> table = new LinkedHashMap<>();
        whole.actions().forEach(action -> table.put(action, new EnumMap<>(Outcome.class)));

        for (String command : commands().keySet()) {
            InitAnswers own = FRESH.contains(command) ? fresh : answers;
            IamPolicy policy = IamPolicy.parse(AccessPolicy.of(own));
            Set<String> made = allowed(command, own, policy);
            assertThat(table.keySet()).as(command).containsAll(made);
            for (String action : made) {
                Outcome outcome = run(command, own, policy.without(action));
                if (outcome != Outcome.GOOD) {
                    table.get(action)
                            .computeIfAbsent(outcome, _ -> new ArrayList<>())
                            .add("`%s`%s"
                                    .formatted(command.replaceFirst(" .*", ""), command.replaceFirst("^\\S+", "")));
                }
            }
        }

        assertThat(table)
                .allSatisfy((action, needing) -> assertThat(needing).as(action).isNotEmpty());
        holdDocument(table(whole, table));
    }

    /// Also: a server without Object Lock and without a key gets no right for either.
    @Test
    void withoutPruneNoBackupCanBeRemovedAndEverythingElseWorks() throws Exception {
        InitAnswers answers = answers("sql-1", false, false, false);
        InitAnswers fresh = answers("sql-2", false, false, false);
        prepare(answers);
        Set<String> before = keys();
        before.removeIf(key -> key.contains("/history/")); // made to be removed
        IamPolicy policy = IamPolicy.parse(AccessPolicy.of(answers));
        assertThat(policy.actions()).noneMatch(action -> action.contains("Retention") || action.startsWith("kms:"));

        for (String command : commands().keySet()) {
            InitAnswers own = FRESH.contains(command) ? fresh : answers;
            if (!command.equals("prune")) {
                Set<String> _ = allowed(command, own, IamPolicy.parse(AccessPolicy.of(own)));
            }
        }

        assertThat(run("prune", answers, policy)).isEqualTo(Outcome.FAILED);
        assertThat(keys()).containsAll(before);
        assertThat(bucket.denied()).anyMatch(name -> name.startsWith("DeleteObject prod/sql-1/"));
    }

    private Set<String> keys() {
        return direct.list("")
                .map(object -> object.key())
                .collect(Collectors.toSet())
                .block(SOON);
    }

    /// Runs a command that the policy allows everything; returns the rights that it used.
    private Set<String> allowed(String command, InitAnswers answers, IamPolicy policy) throws IOException {
        assertThat(run(command, answers, policy))
                .as("%s, denied %s", command, bucket.denied())
                .isEqualTo(Outcome.GOOD);
        assertThat(bucket.denied())
                .as("%s: a listing takes the place of HeadBucket, which names no prefix", command)
                .allMatch(name -> name.equals("HeadBucket "));
        return bucket.needed().stream().map(Need::action).collect(Collectors.toCollection(LinkedHashSet::new));
    }

    // ---- the document ----

    private static String table(IamPolicy policy, Map<String, Map<Outcome, List<String>>> needing) {
        StringBuilder text = new StringBuilder("\n| Right | On | Without it |\n|---|---|---|\n");
        needing.forEach((action, outcomes) -> text.append("| `%s` | %s | %s |\n"
                .formatted(
                        action,
                        policy.statements().stream()
                                .filter(statement -> statement.actions().contains(action))
                                .map(statement -> on(statement.resources().getFirst()))
                                .findFirst()
                                .orElseThrow(),
                        outcomes.entrySet().stream()
                                .map(each -> each.getKey().words + ": " + String.join(", ", each.getValue()))
                                .collect(Collectors.joining("; ")))));
        return text.append('\n').toString();
    }

    private static String on(String resource) {
        return resource.contains(":kms:") ? "the key" : resource.contains("/") ? "the server's objects" : "the bucket";
    }

    private static void holdDocument(String table) throws IOException {
        String document = Files.readString(DOCUMENT);
        assertThat(document).contains(BEGIN, END);
        int from = document.indexOf(BEGIN) + BEGIN.length();
        int to = document.indexOf(END);
        if (Boolean.getBoolean("sluice.docs.write")) {
            Files.writeString(DOCUMENT, document.substring(0, from) + table + document.substring(to));
            return;
        }
        assertThat(document.substring(from, to)).isEqualTo(table);
    }
}
