package dev.sluice.vdi.jna;

import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;

/// Keeps COM alive in this process for as long as a set exists.
///
/// COM unloads its libraries when the last thread leaves it. The threads that call this module belong to its
/// callers and end when they like. So a thread of this class enters COM first and leaves it last.
final class ComApartment implements AutoCloseable {

    private final ComRuntime runtime;
    private final CountDownLatch entered = new CountDownLatch(1);
    private final CountDownLatch over = new CountDownLatch(1);
    private final AtomicInteger result = new AtomicInteger();
    private final Thread thread;

    ComApartment(ComRuntime runtime) {
        this.runtime = runtime;
        this.thread = Thread.ofPlatform().daemon().name("sluice-vdi-com").start(this::stay);
        awaitUninterruptibly(entered);
        if (result.get() < 0) {
            throw new VdiUnavailableException(
                    "CoInitializeEx failed with %s".formatted(HResults.describe(result.get())));
        }
    }

    private void stay() {
        int hresult = runtime.initialize();
        result.set(hresult);
        entered.countDown();
        if (hresult >= 0) {
            awaitUninterruptibly(over);
            runtime.uninitialize();
        }
    }

    @Override
    public void close() {
        over.countDown();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        boolean interrupted = false;
        while (true) {
            try {
                latch.await();
                break;
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
