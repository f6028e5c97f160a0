package dev.sluice.engine.selftest;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.VDConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// To which of four devices VDC_Complete goes, and in which order (Q9).
///
/// The first device holds its Flush until another one gets a Complete, or for a while; and each Complete is
/// held until all devices have one, or for a while. So a server that waits for what it is not answered shows
/// it.
///
/// **Threading:** a thread for each device, which all end in [#observed].
final class CompleteOrder {

    private static final int DEVICES = 4;
    private static final long PATIENCE_MILLIS = 1_000;

    private final ProbeBench bench;
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final List<Integer> arrived = new ArrayList<>();
    private boolean flushed;
    private boolean beforeFlush;
    private boolean together;
    private int answered;
    private @Nullable RuntimeException failure;

    CompleteOrder(ProbeBench bench) {
        this.bench = bench;
    }

    String observed() {
        try (Probe probe = bench.probe(DEVICES)) {
            probe.send(bench.log(probe));
            VDConfig config = probe.configured();
            List<ClientVirtualDevice> devices = probe.open();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < DEVICES; i++) {
                int number = i + 1;
                ClientVirtualDevice device = devices.get(i);
                threads.add(
                        Thread.ofPlatform().name("sluice-probe-" + number).start(() -> serve(probe, device, number)));
            }
            threads.forEach(BackupQuestions::join);
            if (failure != null) {
                throw failure;
            }
            return text(config.features().has(Feature.COMPLETE_ENABLED)) + "; " + Probe.text(probe.verdict());
        }
    }

    private void serve(Probe probe, ClientVirtualDevice device, int number) {
        try {
            probe.serve(device, command -> {
                switch (command) {
                    case Command.Flush _ when number == 1 -> flush();
                    case Command.Complete _ -> complete(number);
                    default -> {
                        // As usual.
                    }
                }
                return null;
            });
        } catch (RuntimeException e) {
            lock.lock();
            try {
                failure = e;
                changed.signalAll();
            } finally {
                lock.unlock();
            }
            probe.abortQuietly();
        }
    }

    private void flush() {
        lock.lock();
        try {
            await(1);
            flushed = true;
        } finally {
            lock.unlock();
        }
    }

    private void complete(int number) {
        lock.lock();
        try {
            arrived.add(number);
            beforeFlush |= !flushed;
            together |= arrived.size() > 1 && answered == 0;
            changed.signalAll();
            await(DEVICES);
            answered++;
        } finally {
            lock.unlock();
        }
    }

    /// Under the lock.
    private void await(int arrivals) {
        long left = TimeUnit.MILLISECONDS.toNanos(PATIENCE_MILLIS);
        try {
            while (arrived.size() < arrivals && failure == null && left > 0) {
                left = changed.awaitNanos(left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private String text(boolean enabled) {
        if (arrived.isEmpty()) {
            return "of four devices none gets one, and VDF_CompleteEnabled is " + (enabled ? "set" : "not set");
        }
        if (arrived.size() < DEVICES) {
            return "of four devices it goes to "
                    + arrived.stream().map(String::valueOf).collect(Collectors.joining(", ")) + " alone";
        }
        if (beforeFlush) {
            return "to each of four devices behind its own Flush, before the others have flushed";
        }
        return together
                ? "to all four devices at once, when all have flushed"
                : "to four devices, to one after the other has answered: "
                        + arrived.stream().map(String::valueOf).collect(Collectors.joining(", "));
    }
}
