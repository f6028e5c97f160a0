package dev.sluice.engine.selftest;

import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.sql.Requests;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.engine.sql.Verdict;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// What SQL Server does when the process of a client dies by `kill -9` in the middle of a backup (Q14).
///
/// It is asked twice. First the BACKUP is on a session of the self-test's, which lives on and hears how the
/// statement ends: only virtual devices can tell SQL Server of the death. Then it is on a session of the client's,
/// as when Sluice dies: its connection breaks as well.
///
/// **Threading:** the self-test's thread.
final class ClientDeath {

    /// Between two looks. What is measured is no more exact than that.
    private static final Duration POLL = Duration.ofMillis(50);

    private final ProbeBench bench;
    private final ClientProcesses clients;
    private final long after;
    private final Duration patience;
    private final Runnable goesOn;

    /// @param after    so many bytes each client takes before it is killed
    /// @param patience how long SQL Server gets to notice a death, and after that to obey KILL
    /// @param goesOn   throws when the self-test was cancelled
    ClientDeath(ProbeBench bench, ClientProcesses clients, long after, Duration patience, Runnable goesOn) {
        this.bench = bench;
        this.clients = clients;
        this.after = after;
        this.patience = patience;
        this.goesOn = goesOn;
    }

    /// @param evidence is told the times, which the answer has only roughly
    /// @return the answer
    ///
    /// **Errors:** [ClientProcess.NotThere].
    String observed(List<String> evidence) {
        return "when the client's process dies and the session lives, %s; when both die, %s"
                .formatted(deviceAlone(evidence), withItsSession(evidence));
    }

    // ---- the session lives ----

    private String deviceAlone(List<String> evidence) {
        String set = bench.name();
        String program = DeviceNames.program(set);
        try (ClientProcess client =
                ClientProcess.start(clients, new DoomedClient.Order(set, bench.database(), after, false), goesOn)) {
            RunningStatement statement = RunningStatement.start(
                    bench.server().connect(program),
                    "sluice-death-sql",
                    ProbeBench.full(bench.database(), DeviceNames.of(set, 1)),
                    _ -> {});
            try {
                client.awaitHolding(() -> statement.verdict().isDone());
                client.kill();
                return seen(statement, set, evidence);
            } finally {
                if (!statement.verdict().isDone()) {
                    statement.cancel();
                    statement.abandon("its client died, and the self-test goes on");
                }
            }
        }
    }

    private String seen(RunningStatement statement, String set, List<String> evidence) {
        long died = System.nanoTime();
        Verdict verdict = ended(statement);
        if (verdict != null) {
            String text = Probe.text(verdict);
            evidence.add(String.format(
                    Locale.ROOT,
                    "a client's process was killed when half of the rows had passed: after %.1f s %s",
                    seconds(died),
                    text));
            return text + " " + roughly(died);
        }
        boolean killed = kill(set);
        long asked = System.nanoTime();
        verdict = ended(statement);
        evidence.add(String.format(
                Locale.ROOT,
                "a client's process was killed when half of the rows had passed: the statement went on for %d s; %s",
                patience.toSeconds(),
                verdict == null
                        ? "it ended by KILL no more than by itself"
                        : String.format(Locale.ROOT, "%.1f s after KILL %s", seconds(asked), Probe.text(verdict))));
        return "the statement does not end within %s; after KILL%s %s"
                .formatted(
                        limit(),
                        killed ? "" : ", for which sys.dm_exec_requests has no session,",
                        verdict == null
                                ? "it does not end within " + limit()
                                : Probe.text(verdict) + " " + roughly(asked));
    }

    private @Nullable Verdict ended(RunningStatement statement) {
        return within(() -> statement.verdict().isDone()) ? verdict(statement) : null;
    }

    private static Verdict verdict(RunningStatement statement) {
        try {
            return statement.verdict().get(0, TimeUnit.SECONDS);
        } catch (ExecutionException | TimeoutException e) {
            return Verdict.of(List.of(), String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a run's thread was interrupted; runs are cancelled instead", e);
        }
    }

    // ---- the session dies too ----

    private String withItsSession(List<String> evidence) {
        String set = bench.name();
        try (ClientProcess client =
                ClientProcess.start(clients, new DoomedClient.Order(set, bench.database(), after, true), goesOn)) {
            client.awaitHolding(() -> false);
            if (!hasSession(set)) {
                throw new SelfTestFailed("the session of a client in a process of its own is not to be seen");
            }
            client.kill();
        }
        long died = System.nanoTime();
        if (within(() -> !hasSession(set))) {
            evidence.add(String.format(
                    Locale.ROOT,
                    "a client's process and session were killed when half of the rows had passed: the session was gone"
                            + " after %.1f s",
                    seconds(died)));
            return "the session is gone " + roughly(died);
        }
        kill(set);
        long asked = System.nanoTime();
        boolean gone = within(() -> !hasSession(set));
        evidence.add(String.format(
                Locale.ROOT,
                "a client's process and session were killed when half of the rows had passed: the session was there for"
                        + " %d s, %s",
                patience.toSeconds(),
                gone
                        ? String.format(Locale.ROOT, "and gone %.1f s after KILL", seconds(asked))
                        : "and KILL did not end it"));
        return "the session is still there after %s; after KILL it is %s"
                .formatted(limit(), gone ? "gone " + roughly(asked) : "still there after " + limit());
    }

    private boolean hasSession(String set) {
        try (SqlSession session = bench.server().connect()) {
            return !session.query(
                            "SELECT session_id FROM sys.dm_exec_sessions WHERE program_name = ?",
                            DeviceNames.program(set))
                    .isEmpty();
        }
    }

    // ---- both ----

    /// @return whether there was something to kill
    private boolean kill(String set) {
        try (SqlSession session = bench.server().connect()) {
            List<Requests.Running> running = Requests.about(session, DeviceNames.program(set), set);
            running.forEach(request -> Requests.kill(session, request));
            return !running.isEmpty();
        }
    }

    private boolean within(BooleanSupplier met) {
        long deadline = System.nanoTime() + patience.toNanos();
        while (!met.getAsBoolean()) {
            goesOn.run();
            if (System.nanoTime() > deadline) {
                return false;
            }
            LockSupport.parkNanos(POLL.toNanos());
        }
        return true;
    }

    private static double seconds(long sinceNanos) {
        return (System.nanoTime() - sinceNanos) / 1e9;
    }

    /// Without a time, so that the answers of two servers can be compared.
    private String roughly(long sinceNanos) {
        double seconds = seconds(sinceNanos);
        return seconds < 1 ? "within a second" : seconds < 10 ? "within ten seconds" : "within " + limit();
    }

    private String limit() {
        return String.format(Locale.ROOT, "%d seconds", patience.toSeconds());
    }
}
