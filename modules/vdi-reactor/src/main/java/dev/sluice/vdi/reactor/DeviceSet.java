package dev.sluice.vdi.reactor;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.publisher.MonoSink;
import reactor.util.Logger;
import reactor.util.Loggers;

/// A virtual device set with one owner, which ends it by [#close()] or [#abort()].
///
/// Use it as the resource of a `usingWhen`: [#create], then send the T-SQL statement, then [#open()], then
/// subscribe to its devices; [#close()] when all have completed, [#abort()] on an error or a cancel. Both wait
/// until no buffer is in use before they close the set.
///
/// **Ownership:** the creator closes or aborts it. Both may be called any number of times, in any order, and the
/// first call decides.
///
/// **Errors:** both fail when Close fails, and with [VdError#BUSY] when a thread has not come out of VDI, or out of
/// its subscriber, within half a minute; the set closes when the last thread has. A SignalAbort that fails is only
/// logged: it must not replace SQL Server's verdict or a device's error.
///
/// **Threading:** any thread. Create, GetConfiguration, OpenDevice and Close run on threads of the set's own,
/// never on the caller's. SignalAbort is called where a cancel arrives: it only sets a signal, and no other
/// call may hold it up.
public final class DeviceSet {

    private static final Logger log = Loggers.getLogger(DeviceSet.class);

    /// How long to wait for the server to know the devices' names.
    private static final Duration NAMES_WITHIN = Duration.ofSeconds(5);

    /// How long Close waits for the threads that the end of the set has woken.
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    private final ClientVirtualDeviceSet set;
    private final List<String> names;
    private final Duration patience;
    private final Object monitor = new Object();
    private final AtomicBoolean owned = new AtomicBoolean();

    /// Written by the thread that opens the devices, and read when that thread has ended.
    private final List<DeviceFlux> devices = new CopyOnWriteArrayList<>();

    private final CompletableFuture<Void> closed = new CompletableFuture<>();

    /// Completes when the thread that opens the devices has ended; completed from the start when there is no such
    /// thread.
    private CompletableFuture<Void> openerGone = CompletableFuture.completedFuture(null);

    private @Nullable CompletableFuture<Opened> opened;
    private boolean ending;

    private DeviceSet(ClientVirtualDeviceSet set, List<String> names, Duration patience) {
        this.set = set;
        this.names = names;
        this.patience = patience;
    }

    /// The set, configured, with all devices open.
    ///
    /// @param config  the configuration that SQL Server decided on
    /// @param devices one `Flux` a device, in the order of the names; each for one subscriber
    public record Opened(VDConfig config, List<Flux<Lease>> devices) {}

    /// Creates the set, so that a BACKUP or RESTORE can find it. A cancel while it is being created aborts and
    /// closes it.
    ///
    /// A subscriber that cancels in the moment of the handover may get the set all the same, as the rules of
    /// Reactive Streams have it (2.8), and has to close it then. Reactor's lambda subscribers drop such a value: a
    /// subscriber that may cancel needs one of its own.
    ///
    /// @param sets    gives a client object that has no set yet
    /// @param names   the devices' names; the first is the set's
    /// @param request the configuration to ask for; its device count is the number of names
    public static Mono<DeviceSet> create(
            Supplier<? extends ClientVirtualDeviceSet> sets, List<String> names, VDConfig request) {
        return create(sets, names, request, PATIENCE);
    }

    /// As above.
    ///
    /// @param patience how long Close waits for threads
    static Mono<DeviceSet> create(
            Supplier<? extends ClientVirtualDeviceSet> sets, List<String> names, VDConfig request, Duration patience) {
        if (request.deviceCount() != names.size()) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "%d devices were asked for, but %d named", request.deviceCount(), names.size()));
        }
        return Mono.<DeviceSet>create(sink -> Thread.ofPlatform()
                        .name("sluice-create-" + names.getFirst())
                        .start(() -> createInto(sink, sets, names, request, patience)))
                .filter(DeviceSet::accept);
    }

    private static void createInto(
            MonoSink<DeviceSet> sink,
            Supplier<? extends ClientVirtualDeviceSet> sets,
            List<String> names,
            VDConfig request,
            Duration patience) {
        try {
            ClientVirtualDeviceSet set = sets.get();
            set.create(null, names.getFirst(), request);
            DeviceSet created = new DeviceSet(set, List.copyOf(names), patience);
            sink.onDispose(created::withdraw);
            sink.success(created);
        } catch (RuntimeException | Error e) {
            sink.error(e);
        }
    }

    /// Whether the subscriber of [#create] has the set now, and so has to close it.
    private boolean accept() {
        return owned.compareAndSet(false, true);
    }

    /// A subscriber that has cancelled before the handover never sees the set, and could not close it.
    private void withdraw() {
        if (owned.compareAndSet(false, true)) {
            var _ = end(true);
        }
    }

    /// Waits for SQL Server to configure the set, and opens every device. The wait has no limit of its own: the
    /// caller watches the T-SQL statement, and cancels this or calls [#abort()] when the statement ends first.
    ///
    /// **Errors:** [DeviceSetAborted], also after [#abort()]; [VirtualDeviceException].
    public Mono<Opened> open() {
        return Mono.fromFuture(this::startOpening, true);
    }

    private CompletableFuture<Opened> startOpening() {
        synchronized (monitor) {
            if (opened == null) {
                if (ending) {
                    return CompletableFuture.failedFuture(new DeviceSetAborted(names.getFirst(), "it is closing"));
                }
                CompletableFuture<Opened> result = new CompletableFuture<>();
                opened = result;
                openerGone = new CompletableFuture<>();
                Thread.ofPlatform().name("sluice-set-" + names.getFirst()).start(() -> openInto(result));
            }
            return opened.copy();
        }
    }

    private void openInto(CompletableFuture<Opened> result) {
        try {
            VDConfig config = configuration();
            List<Flux<Lease>> fluxes = new ArrayList<>();
            for (String name : names) {
                DeviceFlux device = new DeviceFlux(openDevice(name), this::signalAbort);
                devices.add(device);
                fluxes.add(device);
            }
            result.complete(new Opened(config, List.copyOf(fluxes)));
        } catch (VirtualDeviceException e) {
            result.completeExceptionally(
                    e.error() == VdError.ABORT
                            ? new DeviceSetAborted(names.getFirst(), String.valueOf(e.getMessage()))
                            : e);
        } catch (RuntimeException | Error e) {
            result.completeExceptionally(e);
        } finally {
            openerGone.complete(null);
        }
    }

    private VDConfig configuration() {
        while (true) {
            try {
                return set.getConfiguration(Timeouts.INFINITE);
            } catch (VirtualDeviceException e) {
                if (e.error() != VdError.TIMEOUT) {
                    throw e;
                }
            }
        }
    }

    /// The reference does not say when a client can know the names of devices 2 to n, so this retries a name that
    /// is not known yet.
    private ClientVirtualDevice openDevice(String name) {
        long deadline = System.nanoTime() + NAMES_WITHIN.toNanos();
        while (true) {
            try {
                return set.openDevice(name);
            } catch (VirtualDeviceException e) {
                if (e.error() != VdError.INVALID || System.nanoTime() > deadline) {
                    throw e;
                }
                LockSupport.parkNanos(Duration.ofMillis(10).toNanos());
            }
        }
    }

    /// Closes the set after all devices have completed. If one has not, this is [#abort()].
    ///
    /// Emits when everything is released; subscribing is what starts it.
    public Mono<Void> close() {
        return Mono.fromFuture(() -> end(false), true);
    }

    /// Signals abort, waits until no buffer is in use, and closes the set.
    ///
    /// Emits when everything is released; subscribing is what starts it.
    public Mono<Void> abort() {
        return Mono.fromFuture(() -> end(true), true);
    }

    /// Completes when the set was closed by [#close()] or [#abort()]; a shutdown waits for it.
    public Mono<Void> closed() {
        return Mono.fromFuture(() -> closed.copy(), true);
    }

    private CompletableFuture<Void> end(boolean abort) {
        synchronized (monitor) {
            if (!ending) {
                ending = true;
                if (abort || !served()) {
                    signalAbort();
                }
                CompletableFuture<Void> gone = openerGone.thenCompose(_ -> retireDevices());
                var _ = gone.thenRunAsync(this::closeSet, this::onThreadOfItsOwn);
                var _ = gone.copy()
                        .orTimeout(patience.toNanos(), TimeUnit.NANOSECONDS)
                        .exceptionally(_ -> tellToWait());
            }
        }
        return closed.copy();
    }

    private void onThreadOfItsOwn(Runnable close) {
        Thread.ofPlatform().name("sluice-close-" + names.getFirst()).start(close);
    }

    /// Whether every device has come to its end, so that Close is legal as it is.
    private boolean served() {
        return openerGone.isDone()
                && devices.size() == names.size()
                && devices.stream().allMatch(DeviceFlux::closedByServer);
    }

    /// Refuses further subscribers; completes when every device's thread has ended.
    private CompletableFuture<Void> retireDevices() {
        return CompletableFuture.allOf(devices.stream().map(DeviceFlux::retire).toArray(CompletableFuture<?>[]::new));
    }

    /// Never throws: the failure that led to the abort must reach the caller, and a subscriber's cancel must
    /// return.
    private void signalAbort() {
        try {
            set.signalAbort();
        } catch (VirtualDeviceException e) {
            // PROTOCOL: the set does not exist any more, so an abort has no effect.
            if (e.error() != VdError.PROTOCOL) {
                warnOfAbort(e);
            }
        } catch (RuntimeException | Error e) {
            warnOfAbort(e);
        }
    }

    private void warnOfAbort(Throwable failure) {
        log.warn("device set {}: SignalAbort failed; it ends when SQL Server ends it", names.getFirst(), failure);
    }

    private void closeSet() {
        @Nullable Throwable failure = null;
        try {
            set.close();
        } catch (RuntimeException | Error e) {
            failure = e;
        }
        // VD_E_OPEN means a device was never driven to its close: the set aborted itself, and released everything.
        if (failure == null || (failure instanceof VirtualDeviceException e && e.error() == VdError.OPEN)) {
            closed.complete(null);
        } else {
            closed.completeExceptionally(failure);
        }
    }

    /// Closing while a thread may use a buffer would crash the process; and callers that waited for that thread
    /// would hold their locks as long.
    private @Nullable Void tellToWait() {
        closed.completeExceptionally(new VirtualDeviceException(
                VdError.BUSY,
                "Close of set \"%s\"".formatted(names.getFirst()),
                "a thread still uses the set after %s; the set closes when the thread has ended".formatted(patience)));
        return null;
    }
}
