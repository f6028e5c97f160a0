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
/// A blocking source owns a thread anyway, so that thread runs the loop and emits every signal. Other threads only
/// set a field (`requested`, `cancelled`, a lease's answer) and wake it. The thread waits in two places: parked,
/// where any of them wakes it, and in GetCommand, which only SignalAbort ends.
///
/// **Backpressure:** a command is fetched when there is demand for it, never ahead. One command is outstanding at
/// a time: the next is fetched when the one before it is completed.
final class DeviceFlux extends Flux<Lease> {

    private final ClientVirtualDevice device;
    private final Runnable signalAbort;
    private final AtomicBoolean taken = new AtomicBoolean();

    /// The set is ending: the device's thread must not wait for its subscriber any longer.
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
            // The subscriber broke rule §2.13. The device's thread never starts, so this tells the set that it has
            // ended.
            session.done = true;
            thread = null;
            signalAbort.run();
            idle.complete(null);
            throw e;
        }
        session.thread.start();
    }

    /// Whether SQL Server closed the device. It is true before the subscriber's onComplete.
    boolean closedByServer() {
        return closedByServer;
    }

    /// Refuses subscribers from here on. Completes when the device's thread has ended and no buffer is in use: at
    /// once when there never was a subscriber.
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

        /// The last signal was emitted; a later cancel must not abort a set that other devices still use.
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
                // §3.13: the set may stay open, and must not keep a reference to the subscriber.
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
                        // A wait without limit may still end early, by an interrupt for instance: wait again.
                    }
                }
            }
        }

        /// The buffer is readable only while this method runs. Any thread may answer the lease; this thread
        /// passes the answer to SQL Server.
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

        /// Parks until another thread has set a field and wakes this one. The caller checks which field it
        /// was. Only the end of the set is checked here, because it must also reach a subscriber that is slow
        /// to request or to answer.
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
