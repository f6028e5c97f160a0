package dev.sluice.sidecar.serve;

import dev.sluice.catalog.OwnerDocument;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.Summaries;
import dev.sluice.catalog.Summaries.StoredSummary;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.engine.bucket.Ownership;
import dev.sluice.engine.run.Blocking;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.sql.ServerFacts;
import dev.sluice.engine.sql.SqlServerUnavailable;
import dev.sluice.engine.sql.SqlSession;
import java.time.Duration;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Mono;

/// Keeps the sidecar's summary in the bucket, on one thread of its own: as a sign of life after each interval, and
/// sooner when a condition has changed. A job that ended without changing one does not make it write, because log
/// backups end all the time.
///
/// Before each write it reads who has claimed the directory. Only that server writes `summary.json`; another replica
/// of its availability group writes an object of its own. A server that was given the identity by mistake writes
/// nothing, or it would hide how the owner is. Nor does a sidecar whose SQL Server has not answered yet in this
/// process: it cannot know whose summary it would replace.
///
/// It also reads the summary that it is about to replace: one that another process wrote tells of a second `serve`
/// (see [OtherWriter]).
///
/// A bucket that does not take it delays nothing and fails nothing. The next attempt comes with the next interval.
///
/// **Ownership:** owns its thread, not the environment. [#close()] writes a last summary, which says that the sidecar
/// has ended, within a few seconds.
///
/// **Threading:** as [JobListener].
public final class SummaryWriter implements JobListener, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(SummaryWriter.class);

    private static final Duration INTERRUPT_ENDS = Duration.ofSeconds(1);

    private final Environment env;
    private final Pace pace;
    private final Thread thread;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final long begun = System.nanoTime();
    private volatile @Nullable Supplier<ServiceStatus> status;
    private long lookAt; // guarded by lock, as the next one; nanoseconds since `begun`
    private boolean closing;
    private long signAt; // on the thread alone, as all that follow; a summary is due then though nothing has changed
    private @Nullable Told told;
    private @Nullable ServerIdentity identity;
    private boolean foreign;
    private boolean unknown;
    private boolean failing;
    private boolean asReplica;
    private OtherWriter other = new OtherWriter();

    /// What of a summary is worth a write before its time.
    private record Told(Map<String, Boolean> checks, Set<DatabaseTold> databases) {
        static Told of(ServiceStatus status) {
            return new Told(
                    Map.copyOf(status.checks()),
                    status.databases().stream()
                            .map(database -> new DatabaseTold(
                                    database.name(),
                                    database.condition(),
                                    database.problems().size()))
                            .collect(Collectors.toSet()));
        }
    }

    /// @param problems their number: their sentences have times, which change with each attempt
    private record DatabaseTold(String name, DatabaseStatus.Condition condition, int problems) {}

    /// How soon things are done.
    ///
    /// @param first    after the start: the service has looked at its databases then, if they answer
    /// @param change   after a job has ended, until it is asked whether a condition has changed
    /// @param interval between two signs of life, as the summary promises
    /// @param request  that one request may take, all its attempts included
    /// @param close    for the last summary
    record Pace(Duration first, Duration change, Duration interval, Duration request, Duration close) {
        static final Pace DEFAULT = new Pace(
                Duration.ofSeconds(10),
                Duration.ofMinutes(1),
                Duration.ofMinutes(5),
                Duration.ofMinutes(1),
                Duration.ofSeconds(3));
    }

    /// Writes nothing before [#follow].
    public SummaryWriter(Environment env) {
        this(env, Pace.DEFAULT);
    }

    SummaryWriter(Environment env, Pace pace) {
        this.env = env;
        this.pace = pace;
        this.lookAt = pace.first().toNanos();
        this.signAt = lookAt;
        this.thread = Thread.ofVirtual().name("sluice-summary").unstarted(this::run);
    }

    /// Begins to write what the service says of itself. Called once.
    public void follow(Supplier<ServiceStatus> service) {
        status = service;
        thread.start();
    }

    /// Never waits for the bucket.
    @Override
    public void on(JobEvent event) {
        if (event instanceof JobEvent.Ended) {
            dueIn(pace.change());
        }
    }

    private void dueIn(Duration time) {
        long due = now() + time.toNanos();
        lock.lock();
        try {
            if (due < lookAt) {
                lookAt = due;
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    private long now() {
        return System.nanoTime() - begun;
    }

    // ---- the thread ----

    private void run() {
        try {
            while (goesOn()) {
                write(true);
            }
            write(false);
        } catch (InterruptedException e) {
            // close() has no more patience.
        }
    }

    /// Waits until a summary may be due; false when it is to be the last one.
    private boolean goesOn() throws InterruptedException {
        lock.lockInterruptibly();
        try {
            while (!closing && now() < lookAt) {
                long _ = changed.awaitNanos(lookAt - now());
            }
            // From here on: what changes while this one is made is for the next one.
            lookAt = isSignDue() ? now() + pace.interval().toNanos() : signAt;
            return !closing;
        } finally {
            lock.unlock();
        }
    }

    private boolean isSignDue() {
        return now() >= signAt;
    }

    /// @param goesOn whether this is not the last one
    private void write(boolean goesOn) {
        try {
            ServiceStatus service = now(status);
            if (service.checks().containsValue(false)) {
                dueIn(pace.change()); // no job ends when SQL Server comes back
            }
            Told telling = Told.of(service);
            if (goesOn && !isSignDue() && telling.equals(told)) {
                return;
            }
            if (goesOn && (identity == null || foreign)) {
                identity = identity();
            }
            ServerIdentity server = identity;
            if (server == null) {
                dueIn(pace.change());
                return;
            }
            Duration patience = goesOn ? pace.request() : pace.close();
            OwnerDocument owner = Blocking.uncancellably(env.catalog().owner().timeout(patience))
                    .orElse(null);
            if (isForeign(owner, server)) {
                return;
            }
            boolean shared = owner != null && !owner.identity().groups().isEmpty();
            boolean replica = owner != null && !owner.identity().isItself(server);
            SummaryDocument summary = ServiceSummary.of(service, server, pace.interval(), shared);
            Summaries summaries = env.catalog().summaries();
            if (replica != asReplica) {
                asReplica = replica;
                other = new OtherWriter(); // it is another object from now on
            }
            if (goesOn && other.canTell()) {
                lookForAnother(replica ? summaries.readOfReplica(server) : summaries.read(), server, patience);
            }
            other.willWrite(summary);
            Blocking.uncancellably(
                    (replica ? summaries.writeOfReplica(summary) : summaries.write(summary)).timeout(patience));
            other.hasWritten();
            told = telling;
            signAt = now() + pace.interval().toNanos();
            if (failing) {
                failing = false;
                log.atInfo().log("the summary of this server is written again");
            }
        } catch (RuntimeException e) {
            if (!failing) {
                failing = true;
                log.atWarn()
                        .addKeyValue(
                                "cause", e.getCause() != null && e.getMessage() == null ? e.getCause() : e.getMessage())
                        .log("the summary of this server could not be written; `sluice fleet` will call it silent");
            }
        }
    }

    /// Of a summary that cannot be read nothing is said, and it is replaced all the same: the write tells of a bucket
    /// that does not answer.
    private void lookForAnother(Mono<StoredSummary> summary, ServerIdentity server, Duration patience) {
        try {
            other.look(Blocking.uncancellably(summary.timeout(patience)), server, env.identity());
        } catch (RuntimeException e) {
            log.atDebug().addKeyValue("cause", e.getMessage()).log("the summary in the bucket cannot be read");
        }
    }

    /// @param owner null as long as no server has claimed the directory, which the first backup does
    private boolean isForeign(@Nullable OwnerDocument owner, ServerIdentity server) {
        boolean was = foreign;
        foreign = owner != null && !Ownership.isSame(owner.identity(), server);
        if (owner != null && foreign && !was) {
            log.atWarn()
                    .addKeyValue("identity", env.identity())
                    .addKeyValue("owner", owner.identity().name())
                    .addKeyValue("server", server.name())
                    .log("the summary of this server is not written: its identity belongs to another server, so"
                            + " `sluice fleet` shows that one only");
        }
        return foreign;
    }

    private ServiceStatus now(@Nullable Supplier<ServiceStatus> service) {
        if (service == null) {
            throw new IllegalStateException("the thread was started before there was a service");
        }
        return service.get();
    }

    /// Who SQL Server is; what was known before, when it cannot be told now.
    private @Nullable ServerIdentity identity() {
        try (SqlSession session = env.server().connect()) {
            ServerIdentity server = ServerFacts.identity(session);
            unknown = false;
            return server;
        } catch (SqlServerUnavailable e) {
            return identity; // its status says so
        } catch (RuntimeException e) {
            if (!unknown) {
                unknown = true;
                log.atWarn()
                        .addKeyValue("cause", e.getMessage())
                        .log("SQL Server does not tell who it is, which its summary needs");
            }
            return identity;
        }
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            changed.signalAll();
        } finally {
            lock.unlock();
        }
        if (status == null) {
            return; // the service did not start
        }
        // The last one reads the owner and writes the summary.
        if (!ends(pace.close().multipliedBy(2))) {
            thread.interrupt();
            if (!ends(INTERRUPT_ENDS)) {
                log.atWarn().log("the thread of the summary has not ended, and is left alone");
            }
        }
    }

    private boolean ends(Duration patience) {
        try {
            return thread.join(patience);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }
}
