package dev.sluice.engine.selftest;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.ScratchNote;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.Ulid;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.backup.Encryption;
import dev.sluice.engine.restore.RestoreOrder.Point;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// What each step of a self-test does. A step that returns has found nothing wrong.
///
/// **Threading:** the self-test's thread.
final class SelfTestSteps {

    private static final int STRIPES = 4;
    private static final int LOGS = 3;
    private static final int ROWS_BETWEEN = 40;

    /// A server that has not noticed a client's death by then is asked to end its session.
    private static final Duration NOTICES_WITHIN = Duration.ofMinutes(1);

    /// Between a transaction and the instant that is noted: more than a `datetime` can tell apart.
    private static final Duration APART = Duration.ofMillis(60);

    private final SqlServer server;
    private final SelfTestOrder order;
    private final VdiSurroundings surroundings;
    private final ClientProcesses clients;
    private final Blocking blocking;
    private final Ulid ulids;
    private final String id;
    private final RecordedDeviceSets sets;
    private final SelfTestWork work;
    private final SelfTestScratch scratch;
    private final PrivateNames names;
    private final Map<OpenQuestion, QuestionAnswer> answers;
    private final Map<String, String> facts = new TreeMap<>();
    private final List<Reached> instants = new ArrayList<>();
    private boolean standIn;
    private boolean compresses;
    private boolean encrypts;
    private @Nullable ScratchNote note;
    private @Nullable BackupResult full;
    private long rowsInFull;

    /// An instant, and the rows that were there.
    private record Reached(Instant instant, long rows) {}

    /// @param answers are added to it
    SelfTestSteps(
            SqlServer server,
            SelfTestOrder order,
            VdiSurroundings surroundings,
            ClientProcesses clients,
            Blocking blocking,
            Ulid ulids,
            String id,
            RecordedDeviceSets sets,
            SelfTestWork work,
            PrivateNames names,
            Map<OpenQuestion, QuestionAnswer> answers) {
        this.server = server;
        this.order = order;
        this.surroundings = surroundings;
        this.clients = clients;
        this.blocking = blocking;
        this.ulids = ulids;
        this.id = id;
        this.sets = sets;
        this.work = work;
        this.names = names;
        this.answers = answers;
        this.scratch = new SelfTestScratch(id);
        clients.missing().ifPresent(why -> answers.put(OpenQuestion.Q14, new QuestionAnswer.NotReached(notAsked(why))));
    }

    /// What the server is, as far as it is known.
    Map<String, String> facts() {
        return facts;
    }

    boolean isStandIn() {
        return standIn;
    }

    /// The note about the scratch database; null before there is one.
    @Nullable
    ScratchNote note() {
        return note;
    }

    /// Why a step is not for this server and order; null when it is.
    @Nullable
    String unsuitable(SelfTestStep step) {
        return switch (step) {
            case COMPRESSION -> compresses ? null : "this edition does not compress backups";
            case ENCRYPTION ->
                order.certificate() == null
                        ? "no certificate was named; --certificate does, and a self-test makes none"
                        : encrypts ? null : "this edition does not encrypt backups";
            case DEATH -> clients.missing().map(SelfTestSteps::notAsked).orElse(null);
            default -> null;
        };
    }

    /// @param evidence is told what was seen
    void run(SelfTestStep step, List<String> evidence) {
        switch (step) {
            case SERVER -> server(evidence);
            case SCRATCH -> scratch(evidence);
            case FULL -> full(evidence);
            case RESTORE -> restore(evidence);
            case LOG -> logs(evidence);
            case DIFFERENTIAL -> differential(evidence);
            case INSTANTS -> instants(evidence);
            case STRIPES -> fullAndRestore(request().withStripes(STRIPES), evidence);
            case COMPRESSION ->
                fullAndRestore(
                        request().withOptions(request().options().withCompression(Compression.XPRESS)), evidence);
            case ENCRYPTION -> encrypted(evidence);
            case CANCEL -> cancels(evidence);
            case KILL -> evidence.add(endedBackups().killed());
            case QUESTIONS -> questions(evidence);
            case DEATH -> death(evidence);
            case REMOVE -> throw new IllegalArgumentException("what was made is removed in any case");
        }
    }

    private void server(List<String> evidence) {
        try (SqlSession session = server.connect()) {
            ServerFacts said = ServerFacts.read(session);
            ServerIdentity identity = ServerFacts.identity(session);
            names.add(identity);
            compresses = said.compresses();
            encrypts = said.encrypts();
            String text =
                    session.query("SELECT @@VERSION AS version").getFirst().text("version");
            standIn = text.contains("stand-in of Sluice");
            facts.put("version", said.version());
            facts.put("edition", said.edition());
            facts.put("text", text.lines().findFirst().orElse(""));
            host(session);
            requireVirtualDevices(said);
            String broker = identity.broker();
            answers.put(
                    OpenQuestion.BROKER_GUID,
                    broker == null
                            ? new QuestionAnswer.NotReached("the server tells no GUID")
                            : new QuestionAnswer.Observed(String.format(
                                    Locale.ROOT,
                                    "its CRC32C is %08x here: if two instances' reports differ in it, each draws its own",
                                    crc(broker))));
            evidence.add(facts.get("text"));
        }
    }

    /// A server before 2017 has no such view, and is on Windows.
    private void host(SqlSession session) {
        try {
            session.query("SELECT * FROM sys.dm_os_host_info").forEach(row -> {
                for (String column : List.of("host_platform", "host_distribution", "host_release")) {
                    if (row.has(column)) {
                        row.optionalText(column).ifPresent(value -> facts.put(column, value));
                    }
                }
            });
        } catch (SqlServerUnavailable e) {
            facts.put("host_platform", "not told");
        }
    }

    private void requireVirtualDevices(ServerFacts said) {
        if (!said.hasVirtualDevices()) {
            throw new OperationFailed(
                    FailureId.NO_VIRTUAL_DEVICES, said.edition() + " has no virtual devices", "the server", null);
        }
        if (!said.sysadmin()) {
            throw new OperationFailed(
                    FailureId.NOT_SYSADMIN,
                    "The login is not a member of sysadmin, which virtual devices ask for",
                    "the server",
                    null);
        }
    }

    private static int crc(String text) {
        CRC32C crc = new CRC32C();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return (int) crc.getValue();
    }

    private void scratch(List<String> evidence) {
        try (SqlSession session = server.connect()) {
            ScratchNote noted = work.scratch().selfTestNote(session, id);
            note = noted;
            scratch.createDatabase(session);
            note = work.scratch().seen(noted);
            scratch.createTable(session, order.bytes());
            scratch.insert(session, order.rows(), blocking::throwIfCancelled);
        }
        evidence.add(
                String.format(Locale.ROOT, "database %s with %d rows, a page each", scratch.name(), scratch.rows()));
    }

    private BackupRequest request() {
        return BackupRequest.of(scratch.name(), BackupType.FULL);
    }

    private void full(List<String> evidence) {
        rowsInFull = scratch.rows();
        BackupResult result = work.backup(request());
        full = result;
        evidence.add(SelfTestWork.described(result));
    }

    private void restore(List<String> evidence) {
        BackupResult backup = full;
        if (backup == null) {
            throw new SelfTestFailed("there is no full backup");
        }
        SelfTestFacts seen = new SelfTestFacts(work, answers);
        evidence.add(work.restored(new Point.EndOf(backup.document().backupId()), rowsInFull, seen::checkMessages));
    }

    private void insertRows(int count) {
        try (SqlSession session = server.connect()) {
            scratch.insert(session, count, blocking::throwIfCancelled);
        }
    }

    private void logs(List<String> evidence) {
        for (int i = 0; i < LOGS; i++) {
            insertRows(ROWS_BETWEEN / 4);
            blocking.read(Mono.delay(APART));
            try (SqlSession session = server.connect()) {
                instants.add(new Reached(ServerFacts.read(session).now(), scratch.rows()));
            }
            blocking.read(Mono.delay(APART));
            insertRows(ROWS_BETWEEN / 4);
            evidence.add(SelfTestWork.described(work.backup(BackupRequest.log(scratch.name()))));
        }
    }

    private void differential(List<String> evidence) {
        insertRows(ROWS_BETWEEN / 4);
        BackupResult between = work.backup(BackupRequest.differential(scratch.name()));
        evidence.add(SelfTestWork.described(between));
        evidence.add(work.restored(new Point.EndOf(between.document().backupId()), scratch.rows(), _ -> {}));
        long rows = scratch.rows();
        insertRows(ROWS_BETWEEN / 4);
        long more = scratch.rows();
        BackupResult second = work.backup(BackupRequest.differential(scratch.name()));
        insertRows(ROWS_BETWEEN / 4);
        BackupDocument last = work.backup(BackupRequest.log(scratch.name())).document();
        SelfTestFacts seen = new SelfTestFacts(work, answers);
        evidence.add(work.restored(new Point.At("end"), scratch.rows(), copy -> seen.forkPoint(copy, last)));
        seen.stopAtLsn(second.document(), rows, more);
    }

    private void instants(List<String> evidence) {
        for (Reached reached : instants) {
            blocking.throwIfCancelled();
            evidence.add(work.restored(new Point.At(reached.instant.toString()), reached.rows, _ -> {}));
        }
    }

    private void fullAndRestore(BackupRequest request, List<String> evidence) {
        BackupResult result = work.backup(request);
        evidence.add(SelfTestWork.described(result));
        evidence.add(work.restored(new Point.EndOf(result.document().backupId()), scratch.rows(), _ -> {}));
    }

    private void encrypted(List<String> evidence) {
        String certificate = order.certificate();
        if (certificate == null) {
            throw new IllegalStateException("the step is not for an order without a certificate");
        }
        fullAndRestore(
                request()
                        .withOptions(request()
                                .options()
                                .withEncryption(new Encryption(Encryption.Algorithm.AES_256, certificate))),
                evidence);
    }

    private EndedBackups endedBackups() {
        return new EndedBackups(work, sets, order.bytes());
    }

    private void cancels(List<String> evidence) {
        for (EndedBackups.Moment moment : EndedBackups.Moment.values()) {
            blocking.throwIfCancelled();
            evidence.add(endedBackups().cancelled(moment));
        }
        evidence.add(
                "afterwards a " + SelfTestWork.described(work.backup(request().withCopyOnly(true))));
    }

    private void questions(List<String> evidence) {
        insertRows(ROWS_BETWEEN);
        Map<OpenQuestion, QuestionAnswer> asked =
                new VdiQuestions(bench(), surroundings, sets::sawGetError, blocking::throwIfCancelled).ask();
        answers.putAll(asked);
        evidence.add(String.format(
                Locale.ROOT,
                "%d of %d questions answered by what was seen",
                asked.values().stream()
                        .filter(QuestionAnswer.Observed.class::isInstance)
                        .count(),
                asked.size()));
    }

    private ProbeBench bench() {
        return new ProbeBench(server, sets, scratch.name(), ulids);
    }

    private static String notAsked(String because) {
        return "not asked, because " + because;
    }

    private void death(List<String> evidence) {
        String seen;
        try {
            seen = new ClientDeath(bench(), clients, order.bytes() / 2, NOTICES_WITHIN, blocking::throwIfCancelled)
                    .observed(evidence);
        } catch (ClientProcess.NotThere e) {
            answers.put(OpenQuestion.Q14, new QuestionAnswer.NotReached(notAsked(String.valueOf(e.getMessage()))));
            evidence.add(notAsked(String.valueOf(e.getMessage())));
            return;
        } catch (SelfTestFailed e) {
            answers.put(OpenQuestion.Q14, new QuestionAnswer.NotReached(String.valueOf(e.getMessage())));
            throw e;
        }
        answers.put(OpenQuestion.Q14, new QuestionAnswer.Observed(seen + "; a backup afterwards fails"));
        evidence.add(
                "afterwards a " + SelfTestWork.described(work.backup(request().withCopyOnly(true))));
        answers.put(OpenQuestion.Q14, new QuestionAnswer.Observed(seen + "; a backup afterwards is good"));
    }
}
