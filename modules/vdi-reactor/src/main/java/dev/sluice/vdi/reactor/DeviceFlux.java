package dev.sluice.vdi.reactor;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.Arena;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLongFieldUpdater;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.reactivestreams.Subscription;
import reactor.core.CoreSubscriber;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Operators;

/// The commands of one device, for one subscriber.
///
/// A blocking source owns a thread anyway, so that thread is the loop, and every signal leaves from it. Other
/// threads only leave word (`requested`, `cancelled`, a lease's answer) and wake it. It waits in two places:
/// parked, where any word reaches it, and in GetCommand, which only SignalAbort ends.
///
/// **Backpressure:** a command is fetched when there is demand for it, never ahead. One command is outstanding at
/// a time: the next is fetched when the one before it is completed.
final class DeviceFlux extends Flux<Lease> {

    private final ClientVirtualDevice device;
    private final Runnable signalAbort;
    private final AtomicBoolean taken = new AtomicBoolean();

    /// The set is ending: a thread that waits for its subscriber must not wait any longer.
    private volatile boolean retired;

    private volatile boolean closedByServer;
    private volatile @Nullable Thread thread;
    private final CompletableFuture<Void> idle = new CompletableFuture<>();

    /// @param signalAbort aborts the whole set; any thread, any number of times; never throws
    DeviceFlux(ClientVirtualDevice device, Runnable signalAbort) {
        this.device = device;
        this.signalAbort = signalAbort;
    }

    @Override
    public void subscribe(CoreSubscriber<? super Lease> actual) {
        if (!taken.compareAndSet(false, true)) {
            Operators.error(
                    actual,
                    new IllegalStateException(
                            "device %s has a subscriber already, or is closing".formatted(device.name())));
            return;
        }
        Session session = new Session(actual);
        thread = session.thread;
        try {
            actual.onSubscribe(session);
        } catch (RuntimeException | Error e) {
            // §2.13 is broken, and the thread that would tell the set that it has left never starts.
            session.done = true;
            thread = null;
            signalAbort.run();
            idle.complete(null);
            throw e;
        }
        session.thread.start();
    }

    /// Whether SQL Server closed the device. True from before the subscriber hears of it.
    boolean closedByServer() {
        return closedByServer;
    }

    /// Completes when the device's thread has left and no buffer is in use; at once when nobody ever subscribed,
    /// and nobody can any more.
    CompletableFuture<Void> retire() {
        retired = true;
        LockSupport.unpark(thread);
        if (taken.compareAndSet(false, true)) {
            idle.complete(null);
        }
        return idle;
    }

    private final class Session implements Subscription, Runnable {

        private static final AtomicLongFieldUpdater<Session> REQUESTED =
                AtomicLongFieldUpdater.newUpdater(Session.class, "requested");

        private final CoreSubscriber<? super Lease> actual;
        private final Thread thread;

        private volatile long requested;
        private volatile boolean cancelled;
        private volatile @Nullable IllegalArgumentException badRequest;

        /// No signal leaves any more; a later cancel must not abort a set that other devices still use.
        private volatile boolean done;

        Session(CoreSubscriber<? super Lease> actual) {
            this.actual = actual;
            // A platform thread: the native calls that block in here would pin a virtual thread's carrier.
            this.thread =
                    Thread.ofPlatform().name("sluice-device-" + device.name()).unstarted(this);
        }

        @Override
        public void request(long n) {
            if (n <= 0) {
                badRequest = new IllegalArgumentException(
                        String.format(Locale.ROOT, "§3.9: demand must be positive, but %d was requested", n));
            } else {
                Operators.addCap(REQUESTED, this, n);
            }
            LockSupport.unpark(thread);
        }

        @Override
        public void cancel() {
            if (done || cancelled) {
                return;
            }
            cancelled = true;
            signalAbort.run();
            LockSupport.unpark(thread);
        }

        @Override
        public void run() {
            try {
                serve();
            } catch (VirtualDeviceException e) {
                fail(
                        e.error() == VdError.ABORT
                                ? new DeviceSetAborted(device.name(), String.valueOf(e.getMessage()))
                                : e);
            } catch (RuntimeException | Error e) {
                fail(e);
            } finally {
                done = true;
                // §3.13: the set may live on, the subscriber must not be kept by it.
                DeviceFlux.this.thread = null;
                idle.complete(null);
            }
        }

        private void serve() {
            while (!cancelled) {
                if (badRequest != null) {
                    throw badRequest;
                }
                if (requested == 0) {
                    awaitWord(this);
                    continue;
                }
                switch (device.getCommand(Timeouts.INFINITE)) {
                    case Command command -> lend(command);
                    case Fetched.Closed() -> {
                        closedByServer = true;
                        if (!cancelled) {
                            done = true;
                            actual.onComplete();
                        }
                        return;
                    }
                    case Fetched.Aborted(String cause) -> throw new DeviceSetAborted(device.name(), cause);
                    case Fetched.TimedOut() -> {
                        // A wait without limit may still end early, by an interrupt for instance: look again.
                    }
                }
            }
        }

        /// The buffer is readable while this method runs and no longer; the answer may come from anywhere, but it
        /// is this thread that gives it to SQL Server.
        private void lend(Command command) {
            Lease lease;
            try (Arena lifetime = Arena.ofConfined()) {
                lease = Lease.of(command, lifetime);
                if (requested != Long.MAX_VALUE) {
                    REQUESTED.decrementAndGet(this);
                }
                actual.onNext(lease);
                while (!lease.answered() && !cancelled) {
                    awaitWord(lease);
                }
            }
            if (lease.answered()) {
                device.completeCommand(command, lease.code(), lease.bytes(), 0);
            }
        }

        /// Parks until somebody leaves word. What they said is the caller's to find out, except for the end of the
        /// set: that must reach a subscriber that is slow to ask or to answer as well.
        private void awaitWord(Object blocker) {
            if (retired) {
                throw new DeviceSetAborted(device.name(), "its owner closed it");
            }
            LockSupport.park(blocker);
        }

        private void fail(Throwable failure) {
            if (!cancelled) {
                done = true;
                signalAbort.run();
                actual.onError(failure);
            } else if (!(failure instanceof DeviceSetAborted)) {
                Operators.onErrorDropped(failure, actual.currentContext());
            }
        }
    }
}
