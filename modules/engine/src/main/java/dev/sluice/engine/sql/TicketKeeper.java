package dev.sluice.engine.sql;

import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Keeps an account's ticket-granting ticket in memory, and has another one fetched shortly before its end.
///
/// One thread fetches for all that wait. It is not interrupted when they give up: Java asks a silent KDC for
/// up to 90 s before the next one, and remembers only then which of them answers.
///
/// **Threading:** any thread.
final class TicketKeeper {

    private static final Logger log = LoggerFactory.getLogger(TicketKeeper.class);

    /// A ticket that is useless again so soon is not what is wrong.
    private static final Duration BETWEEN_REPLACEMENTS = Duration.ofMinutes(1);

    private final KerberosAccount account;
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable KerberosTickets tickets;
    private @Nullable CompletableFuture<KerberosTickets> fetching;
    private @Nullable TicketRefusal refusal;
    private Instant replaced = Instant.MIN;

    TicketKeeper(KerberosAccount account) {
        this.account = account;
    }

    /// The ticket. Waits where there is none.
    ///
    /// @param deadline by [System#nanoTime()]
    KerberosTickets current(long deadline) throws KerberosTickets.NotFetched, TimeoutException {
        CompletableFuture<KerberosTickets> coming;
        lock.lock();
        try {
            KerberosTickets kept = tickets;
            if (kept != null && !kept.endSoon()) {
                return kept;
            }
            coming = coming();
            if (kept != null && !kept.isOver()) {
                return kept;
            }
        } finally {
            lock.unlock();
        }
        return await(coming, deadline);
    }

    /// Another ticket. Empty when the useless one has just replaced another.
    ///
    /// @param useless  before its end, for instance because the KDC's database was restored
    /// @param deadline by [System#nanoTime()]
    Optional<KerberosTickets> insteadOf(KerberosTickets useless, long deadline)
            throws KerberosTickets.NotFetched, TimeoutException {
        CompletableFuture<KerberosTickets> coming;
        lock.lock();
        try {
            KerberosTickets kept = tickets;
            if (kept != null && !kept.equals(useless)) {
                return Optional.of(kept);
            }
            if (fetching == null) {
                Instant now = Instant.now();
                if (now.isBefore(replaced.plus(BETWEEN_REPLACEMENTS))) {
                    return Optional.empty();
                }
                replaced = now;
                tickets = null;
            }
            coming = coming();
        } finally {
            lock.unlock();
        }
        return Optional.of(await(coming, deadline));
    }

    private CompletableFuture<KerberosTickets> coming() {
        if (fetching != null) {
            return fetching;
        }
        if (refusal != null && refusal.holds(account.keytab(), Instant.now())) {
            return CompletableFuture.failedFuture(refusal.reason());
        }
        CompletableFuture<KerberosTickets> begun = new CompletableFuture<>();
        fetching = begun;
        Thread.ofVirtual().name("kerberos-ticket").start(() -> fetch(begun));
        return begun;
    }

    private void fetch(CompletableFuture<KerberosTickets> result) {
        FileTime keytab = TicketRefusal.modified(account.keytab());
        try {
            KerberosTickets fetched = KerberosTickets.fetch(account);
            ended(fetched, null, keytab);
            result.complete(fetched);
        } catch (KerberosTickets.NotFetched e) {
            ended(null, e, keytab);
            result.completeExceptionally(e);
        } catch (RuntimeException | Error e) {
            ended(null, new KerberosTickets.NotFetched(new IllegalStateException(e)), keytab);
            result.completeExceptionally(e);
        }
    }

    private void ended(
            @Nullable KerberosTickets fetched,
            KerberosTickets.@Nullable NotFetched failure,
            @Nullable FileTime keytab) {
        lock.lock();
        try {
            fetching = null;
            if (fetched != null) {
                tickets = fetched;
            }
            if (failure == null) {
                refusal = null;
                return;
            }
            TicketRefusal refused = TicketRefusal.of(failure, refusal, keytab, Instant.now());
            if (refused != null) {
                refusal = refused;
                log.atInfo()
                        .addKeyValue("principal", account.principal())
                        .addKeyValue("until", refused.until())
                        .log(
                                "the KDC refused the account; it is asked again after a pause, or when the keytab changes");
            } else if (tickets != null && !tickets.isOver()) {
                log.atInfo()
                        .addKeyValue("principal", account.principal())
                        .setCause(failure.reason())
                        .log("Kerberos ticket not renewed; the present one is still good");
            }
        } finally {
            lock.unlock();
        }
    }

    private static KerberosTickets await(CompletableFuture<KerberosTickets> coming, long deadline)
            throws KerberosTickets.NotFetched, TimeoutException {
        try {
            return TimeLimit.await(coming, deadline);
        } catch (ExecutionException e) {
            switch (e.getCause()) {
                case KerberosTickets.NotFetched cause -> throw cause;
                case RuntimeException cause -> throw cause;
                case Error cause -> throw cause;
                case null, default -> throw new IllegalStateException(e);
            }
        }
    }
}
