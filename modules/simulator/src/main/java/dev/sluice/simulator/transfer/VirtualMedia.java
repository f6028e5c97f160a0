package dev.sluice.simulator.transfer;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The device set of one BACKUP or RESTORE, from Open to the end of its completion agent.
///
/// **Ownership:** the caller that opens it closes it, on every path. [#close] waits until the agent has
/// returned, which is what allows a real server to unload the library.
///
/// **Threading:** one thread opens, transfers and closes; [#cancel] and [#abort] come from any.
///
/// **Backpressure:** a Write is sent when a buffer is free and fewer than a few are outstanding on the device;
/// nothing is ever queued beyond that, and nothing has a time limit unless the client asked for one.
///
/// **Errors:** [MediaFailure].
///
/// **Source:** the life cycle of the server in the VDI specification, and its error protocol.
public final class VirtualMedia implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(VirtualMedia.class);
    private static final Duration NO_CLIENT_BUFFERS = Duration.ofSeconds(10);

    private final ServerVirtualDeviceSet set;
    private final MediaRequest request;
    private final MediaBehavior behavior;
    private final MediaStatistics statistics;
    private final BufferPool large = new BufferPool();
    private final BufferPool small = new BufferPool();
    private final List<Channel> channels = new ArrayList<>();
    private final AtomicReference<@Nullable MediaFailure> failure = new AtomicReference<>();
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final Turns turns;
    private final Disturbance disturbance;
    private final AtomicLong commands = new AtomicLong();
    private boolean completeEnabled;
    private final AgentThread agent;
    private int running;
    private long acknowledged;
    private long nextWake;
    private long wakeStep = Long.MAX_VALUE;
    private boolean abortCounted;
    private boolean agentEnded;

    private VirtualMedia(
            ServerVirtualDeviceSet set,
            MediaRequest request,
            MediaBehavior behavior,
            MediaStatistics statistics,
            Disturbance disturbance) {
        this.set = set;
        this.request = request;
        this.behavior = behavior;
        this.statistics = statistics;
        this.disturbance = disturbance;
        this.agent = new AgentThread(set, request.devices().getFirst(), this::agentReturned);
        this.turns = new Turns(request.devices().size(), behavior.seed());
    }

    /// Opens the set that a client has created, configures it and opens its devices.
    ///
    /// @param set a fresh object of the server's side
    /// @param disturbance what is to go wrong
    public static VirtualMedia open(
            ServerVirtualDeviceSet set,
            MediaRequest request,
            MediaBehavior behavior,
            MediaStatistics statistics,
            Disturbance disturbance) {
        VirtualMedia media = new VirtualMedia(set, request, behavior, statistics, disturbance);
        try {
            set.open(null, request.devices().getFirst());
        } catch (VirtualDeviceException e) {
            throw new MediaFailure.NotFound(e.error().code(), String.valueOf(e.getMessage()));
        }
        try {
            media.configure();
        } catch (VirtualDeviceException e) {
            boolean aborted = e.error() == VdError.ABORT;
            media.giveUp(aborted);
            throw aborted ? media.abortedBeforeUse() : new MediaFailure.Unusable(String.valueOf(e.getMessage()));
        } catch (MediaFailure e) {
            media.giveUp(false);
            throw e;
        }
        return media;
    }

    private MediaFailure abortedBeforeUse() {
        return new MediaFailure.CommandFailed(
                request.devices().getFirst(),
                request.direction() == MediaRequest.Direction.TO_CLIENT ? CommandCode.WRITE : CommandCode.READ,
                CompletionCode.ERROR_OPERATION_ABORTED);
    }

    private void giveUp(boolean byClient) {
        countAbort();
        if (!byClient) {
            set.signalAbort();
        }
        closeSet();
        agent.join();
    }

    private void configure() {
        VDConfig asked = set.getConfiguration();
        if (asked.deviceCount() != request.devices().size()) {
            throw new MediaFailure.Unusable(String.format(
                    Locale.ROOT,
                    "the set has %d devices, the statement names %d",
                    asked.deviceCount(),
                    request.devices().size()));
        }
        Features features = asked.features();
        if (features.has(Feature.RANDOM_ACCESS) || features.has(Feature.FILE_MARKS)) {
            throw new MediaFailure.Unusable(
                    "this stand-in serves pipe-like devices only, the client asked for " + features);
        }
        boolean writes = request.direction() == MediaRequest.Direction.TO_CLIENT;
        completeEnabled = writes
                && features.has(Feature.REQUEST_COMPLETE)
                && behavior.completes() != MediaBehavior.Completes.NEVER;
        Features granted = features.with(writes ? Feature.WRITE_MEDIA : Feature.READ_MEDIA);
        if (completeEnabled) {
            granted = granted.with(Feature.COMPLETE_ENABLED);
        }
        if (!behavior.echoesRequest()) {
            granted = granted.without(Feature.REQUEST_COMPLETE);
        }
        set.beginConfiguration(granted, request.blockSize(), 0, request.maxTransferSize(), NO_CLIENT_BUFFERS);
        set.announceDevices(request.devices());
        int smallBuffers = 2 * request.devices().size();
        set.requestBuffers(request.maxTransferSize(), 0, request.bufferCount());
        set.requestBuffers(request.smallTransferSize(), 0, smallBuffers);
        set.endConfiguration();
        agent.start();
        LockSupport.parkNanos(behavior.opensAfter().toNanos());
        for (String name : request.devices()) {
            Channel channel = new Channel(this, set.openDevice(name));
            lock.lock();
            try {
                channels.add(channel);
            } finally {
                lock.unlock();
            }
        }
        for (int i = 0; i < request.bufferCount(); i++) {
            large.give(set.allocateBuffer(request.maxTransferSize(), 0));
        }
        for (int i = 0; i < smallBuffers; i++) {
            small.give(set.allocateBuffer(request.smallTransferSize(), 0));
        }
    }

    private void agentReturned() {
        List<Channel> all;
        lock.lock();
        try {
            all = List.copyOf(channels);
            agentEnded = true;
        } finally {
            lock.unlock();
        }
        all.forEach(Channel::abandon);
    }

    /// Sends the stripes, one to each device, has them flushed and, where the client asked for it, completed.
    ///
    /// @param progress called on this thread, now and then, with the bytes acknowledged so far
    /// @param step bytes between two such calls
    public void write(List<StripeSource> stripes, long step, LongConsumer progress) {
        List<Runnable> work = new ArrayList<>();
        for (int i = 0; i < channels.size(); i++) {
            work.add(new BackupPump(this, channels.get(i), stripes.get(i)));
        }
        run(work, step, progress);
        if (!failed() && completeEnabled) {
            complete();
        }
        if (!failed() && disturbance.kind() == Disturbance.Kind.FAILS_AFTER_COMPLETE) {
            fail(new MediaFailure.Disturbed());
        }
        throwFailure();
    }

    private void complete() {
        switch (behavior.completes()) {
            case NEVER, EACH_ALONE -> {}
            case TOGETHER -> {
                for (Channel channel : channels) {
                    beforeCommand();
                    if (!failed()) {
                        channel.control(CommandCode.COMPLETE, small);
                    }
                }
                channels.forEach(Channel::drain);
            }
            case ONE_AFTER_ANOTHER -> completeInOrder(channels);
            case REVERSED -> completeInOrder(channels.reversed());
            case FIRST_ONLY -> completeInOrder(channels.subList(0, 1));
        }
    }

    private void completeInOrder(List<Channel> order) {
        for (Channel channel : order) {
            beforeCommand();
            if (!failed()) {
                channel.control(CommandCode.COMPLETE, small).await();
            }
        }
    }

    boolean completesEachAlone() {
        return completeEnabled && behavior.completes() == MediaBehavior.Completes.EACH_ALONE;
    }

    /// Reads the stripes, one from each device, until their sinks are satisfied or the data end.
    public void read(List<StripeSink> stripes, long step, LongConsumer progress) {
        List<Runnable> work = new ArrayList<>();
        for (int i = 0; i < channels.size(); i++) {
            work.add(new RestorePump(this, channels.get(i), i, stripes.get(i)));
        }
        run(work, step, progress);
        throwFailure();
    }

    private void run(List<Runnable> work, long step, LongConsumer progress) {
        lock.lock();
        try {
            running = work.size();
            wakeStep = Math.max(1, step);
            nextWake = acknowledged + wakeStep;
            if (agentEnded) {
                channels.forEach(Channel::abandon);
            }
        } finally {
            lock.unlock();
        }
        for (int i = 0; i < work.size(); i++) {
            Runnable pump = work.get(i);
            Thread.ofPlatform()
                    .daemon()
                    .name("vdi-device-" + channels.get(i).name())
                    .start(() -> pumping(pump));
        }
        awaitPumps(progress);
    }

    private void pumping(Runnable pump) {
        try {
            pump.run();
        } catch (RuntimeException | Error e) {
            fail(e instanceof MediaFailure known ? known : new MediaFailure.Internal(e));
        } finally {
            lock.lock();
            try {
                running--;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
        }
    }

    private void awaitPumps(LongConsumer progress) {
        while (true) {
            long reached;
            lock.lock();
            try {
                while (running > 0 && acknowledged < nextWake) {
                    changed.awaitUninterruptibly();
                }
                if (running == 0) {
                    return;
                }
                reached = acknowledged;
                nextWake = reached - reached % wakeStep + wakeStep;
            } finally {
                lock.unlock();
            }
            try {
                progress.accept(reached);
            } catch (RuntimeException e) {
                fail(new MediaFailure.Internal(e)); // the devices' threads must end before this one goes
            }
        }
    }

    private void throwFailure() {
        MediaFailure first = failure.get();
        if (first != null) {
            throw first;
        }
    }

    /// Called before each command: what is to go wrong goes wrong here.
    void beforeCommand() {
        long sent = commands.getAndIncrement();
        if (!disturbance.isDue(acknowledgedBytes(), sent)) {
            return;
        }
        switch (disturbance.kind()) {
            case NOTHING, DAMAGES, FAILS_AFTER_COMPLETE -> {}
            case FAILS -> fail(new MediaFailure.Disturbed());
            case STALLS -> disturbance.stall(this);
            case CANCELS -> cancel();
            case ABORTS -> {
                fail(new MediaFailure.Disturbed());
                abort();
            }
        }
    }

    /// Called with the bytes of each large transfer before the client gets them.
    void beforeTransfer(MemorySegment buffer, int size) {
        disturbance.damage(buffer, size, acknowledgedBytes());
    }

    private long acknowledgedBytes() {
        lock.lock();
        try {
            return acknowledged;
        } finally {
            lock.unlock();
        }
    }

    /// The statement fails; the first reason counts.
    void fail(MediaFailure reason) {
        if (!failure.compareAndSet(null, reason)) {
            return;
        }
        if (reason instanceof MediaFailure.CommandFailed command && command.isAbort()) {
            countAbort();
        }
        large.stop();
        small.stop();
        turns.stop();
        disturbance.wake();
        channels.forEach(Channel::wake);
    }

    boolean failed() {
        return failure.get() != null;
    }

    void acknowledged(long bytes) {
        (request.direction() == MediaRequest.Direction.TO_CLIENT ? statistics.bytesWritten : statistics.bytesRead)
                .addAndGet(bytes);
        lock.lock();
        try {
            acknowledged += bytes;
            if (acknowledged >= nextWake) {
                changed.signalAll();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Stops sending. What the client holds must still be completed by it; the devices are closed then.
    public void cancel() {
        fail(new MediaFailure.Cancelled());
    }

    /// Aborts the set: no thread waits for the client any more.
    public void abort() {
        fail(new MediaFailure.Cancelled());
        disturbance.release();
        countAbort();
        try {
            set.signalAbort();
        } catch (VirtualDeviceException e) {
            log.atDebug().setCause(e).log("there was nothing left to abort");
        }
    }

    private void countAbort() {
        lock.lock();
        try {
            if (!abortCounted) {
                abortCounted = true;
                statistics.aborts.incrementAndGet();
            }
        } finally {
            lock.unlock();
        }
    }

    /// Waits for what the client holds, closes the devices and the set, and waits for the agent.
    @Override
    public void close() {
        for (Channel channel : channels) {
            channel.drain();
            if (channel.hasFailed() && channel.drained() && behavior.clearsErrors()) {
                channel.control(CommandCode.CLEAR_ERROR, small).await();
            }
        }
        channels.forEach(Channel::close);
        closeSet();
        agent.join();
    }

    private void closeSet() {
        try {
            set.close();
        } catch (VirtualDeviceException e) {
            log.atDebug()
                    .addKeyValue("set", request.devices().getFirst())
                    .setCause(e)
                    .log("the set was closed all the same");
        }
    }

    MediaStatistics statistics() {
        return statistics;
    }

    MediaRequest request() {
        return request;
    }

    MediaBehavior behavior() {
        return behavior;
    }

    Turns turns() {
        return turns;
    }

    BufferPool large() {
        return large;
    }

    BufferPool small() {
        return small;
    }
}
