package dev.sluice.engine.prove;

import dev.sluice.catalog.ScratchNote;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.engine.bucket.SelfTestObjects;
import dev.sluice.engine.recovery.Leftover;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.ScratchName;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Tsql;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.s3.S3Failure;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// The scratch databases of drills and self-tests on one server, and their notes in the bucket.
///
/// A database is dropped only if three things agree: its name has the ULID of a drill; a note of that drill,
/// written to the bucket before the database was there, names it and this server; and the time of its creation
/// is the one in the note. The note may lack that time, when a crash came in the moment between: then the
/// database must be restoring still, and must not be older than the note.
///
/// **Threading:** on the run's thread, which waits, under [DrillLock].
public final class ScratchDatabases {

    private static final Logger log = LoggerFactory.getLogger(ScratchDatabases.class);

    /// How long SQL Server has to notice that the client of a RESTORE is gone.
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private static final Duration DROPS_WITHIN = Duration.ofMinutes(10);
    private static final Duration POLL = Duration.ofMillis(250);

    /// Instead of the name of a database: nothing in the bucket goes with the scratch database.
    private static final String KEPT = "kept";

    /// A `datetime` as a text that sorts as time does.
    private static final String AS_TEXT = "CONVERT(nvarchar(30), %s, 121)";

    private final Environment env;
    private final Blocking blocking;

    public ScratchDatabases(Environment env, Blocking blocking) {
        this.env = env;
        this.blocking = blocking;
    }

    /// A database of the server.
    ///
    /// @param created as [ScratchNote] has times
    private record Seen(String name, String state, String created) {}

    // ---- of the drill at hand ----

    /// Writes the note of a drill, before its restore.
    public ScratchNote note(SqlSession session, String drillId, String database) {
        ScratchNote note = new ScratchNote(
                drillId,
                database,
                ScratchName.of(drillId),
                ServerFacts.identity(session),
                session.query("SELECT " + AS_TEXT.formatted("GETDATE()") + " AS now")
                        .getFirst()
                        .text("now"),
                null);
        Blocking.uncancellably(env.catalog().drills().writeNote(note));
        return note;
    }

    /// The note with the time at which the database was created, as soon as it is there. The restore that
    /// creates it is this process's own: there was no such database before.
    public ScratchNote seen(ScratchNote note) {
        Optional<String> created;
        try (SqlSession session = env.server().connect()) {
            created = find(session, note).map(Seen::created);
        }
        if (created.isEmpty() || created.get().equals(note.created())) {
            return note;
        }
        ScratchNote known = note.created(created.get());
        Blocking.uncancellably(env.catalog().drills().writeNote(known));
        return known;
    }

    /// Writes the note of a self-test, before it creates its database. What the self-test stores in the bucket
    /// goes with the database, also after a crash.
    public ScratchNote selfTestNote(SqlSession session, String id) {
        return note(session, id, ScratchName.of(id));
    }

    /// From here on the self-test's objects stay in the bucket.
    public ScratchNote keepingObjects(ScratchNote note) {
        ScratchNote keeping =
                new ScratchNote(note.drillId(), KEPT, note.scratch(), note.identity(), note.notedAt(), note.created());
        Blocking.uncancellably(env.catalog().drills().writeNote(keeping));
        return keeping;
    }

    /// A drill restores another database's backups; a self-test's database is its own.
    private static boolean isOfSelfTest(ScratchNote note) {
        return note.database().equals(note.scratch());
    }

    // ---- of any drill ----

    /// Drops what drills before this one have left on the server. A note about another server's database is
    /// none of this server's business.
    ///
    /// @param refused is told which notes cannot be read: their databases stay
    public List<Leftover> dropLeftovers(Consumer<String> refused) {
        List<Leftover> found = new ArrayList<>();
        List<ScratchNote> notes =
                blocking.readAll(env.catalog().drills().notes(e -> refused.accept(String.valueOf(e.getMessage()))));
        if (notes.isEmpty()) {
            return List.of();
        }
        ServerIdentity server;
        try (SqlSession session = env.server().connect()) {
            server = ServerFacts.identity(session);
        }
        for (ScratchNote note : notes) {
            if (note.identity().isItself(server)) {
                drop(note).ifPresent(found::add);
            }
        }
        return found;
    }

    /// Drops the database of a note, and then the note. No cancel ends it.
    ///
    /// @return empty when there was no such database
    public Optional<Leftover> drop(ScratchNote note) {
        Leftover result;
        try (SqlSession session = env.server().connect()) {
            awaitRestore(session, note);
            Seen seen = find(session, note).orElse(null);
            if (seen == null) {
                return forget(note).map(why -> new Leftover(note.scratch(), false, "it is gone; " + why));
            }
            result = matches(seen, note) ? drop(session, seen, note) : leftAlone(seen, note);
        }
        log.atLevel(result.dropped() ? org.slf4j.event.Level.INFO : org.slf4j.event.Level.WARN)
                .addKeyValue("database", result.database())
                .addKeyValue("what", result.text())
                .log("scratch database of a restore drill");
        return Optional.of(result);
    }

    private static boolean matches(Seen seen, ScratchNote note) {
        boolean named = seen.name().equals(note.scratch()) && note.scratch().equals(ScratchName.of(note.drillId()));
        boolean created = note.created() != null
                ? seen.created().equals(note.created())
                : seen.state().equals("RESTORING") && seen.created().compareTo(note.notedAt()) >= 0;
        return named && created;
    }

    private Leftover drop(SqlSession session, Seen seen, ScratchNote note) {
        // In one batch, so that it is this database that goes, whatever happens meanwhile.
        String sql = "IF EXISTS (SELECT name FROM sys.databases WHERE name = " + Tsql.literal(seen.name()) + " AND "
                + AS_TEXT.formatted("create_date") + " = " + Tsql.literal(seen.created()) + ") DROP DATABASE "
                + Tsql.identifier(seen.name());
        // Its files may take longer to go than a query may take.
        RunningStatement statement =
                RunningStatement.list(env.server().connect(), "sluice-drop-" + note.drillId(), sql, _ -> {}, _ -> {});
        Verdict verdict = Blocking.uncancellably(
                        Mono.fromFuture(statement.verdict()).timeout(DROPS_WITHIN, Mono.empty()))
                .orElse(null);
        if (find(session, note).isPresent()) {
            return new Leftover(
                    seen.name(),
                    false,
                    "it could not be dropped, which is tried again: "
                            + (verdict == null ? "DROP DATABASE does not end" : verdict.errors()));
        }
        return forget(note)
                .map(why -> new Leftover(seen.name(), false, "dropped; " + why))
                .orElseGet(() -> new Leftover(
                        seen.name(),
                        true,
                        "dropped: name, note and creation time (%s) match".formatted(seen.created())));
    }

    private static Leftover leftAlone(Seen seen, ScratchNote note) {
        return new Leftover(
                seen.name(),
                false,
                "left alone: it is %s and was created at %s, and the drill's own was created %s. Drop it yourself, or rename it"
                        .formatted(
                                seen.state(),
                                seen.created(),
                                note.created() == null ? "after " + note.notedAt() : "at " + note.created()));
    }

    /// A note that stays does no harm: the next look finds no database and deletes it.
    ///
    /// @return why it stays; empty when it is gone
    private Optional<String> forget(ScratchNote note) {
        try {
            if (isOfSelfTest(note)) {
                SelfTestObjects.remove(env, note.drillId());
            }
            Blocking.uncancellably(env.catalog().drills().deleteNote(note.drillId()));
            return Optional.empty();
        } catch (S3Failure e) {
            return Optional.of(
                    "the note about it, or an object that belongs to it, cannot be deleted, which is tried again: "
                            + e.getMessage());
        }
    }

    private static Optional<Seen> find(SqlSession session, ScratchNote note) {
        return session
                .query(
                        "SELECT name, state_desc, " + AS_TEXT.formatted("create_date")
                                + " AS created FROM sys.databases WHERE name = ?",
                        note.scratch())
                .stream()
                .map(row -> new Seen(
                        row.text("name"),
                        row.optionalText("state_desc").orElse(""),
                        row.optionalText("created").orElse("")))
                .findFirst();
    }

    /// SQL Server may not have noticed yet that the client of a RESTORE is gone, and would still create the
    /// database.
    private static void awaitRestore(SqlSession session, ScratchNote note) {
        for (long left = PATIENCE.dividedBy(POLL); left > 0 && isRestoring(session, note); left--) {
            Blocking.uncancellably(Mono.delay(POLL));
        }
    }

    private static boolean isRestoring(SqlSession session, ScratchNote note) {
        return !session.query("""
                        SELECT r.session_id FROM sys.dm_exec_requests r
                        INNER JOIN sys.dm_exec_sessions s ON s.session_id = r.session_id
                        WHERE r.session_id <> @@SPID AND s.program_name LIKE ?
                        """, "%" + note.drillId() + "%").isEmpty();
    }
}
