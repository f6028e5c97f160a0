package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.Pipe;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/// The order in which a set is closed, against a library that is played by Java.
class NativeDeviceSetTest {

    private static final VDConfig ONE_DEVICE = VDConfig.request(1, Features.LIKE_PIPE);

    private final PlayedLibrary library = new PlayedLibrary();
    private final NativeDeviceSet set = new NativeDeviceSet(() -> library, null, Duration.ofMillis(200));

    @Test
    void closesWithoutAbortWhenEveryDeviceIsAtItsEnd() {
        set.create(null, "s", ONE_DEVICE);
        ClientVirtualDevice device = set.openDevice("s");
        library.next = VdError.CLOSE.code();
        assertThat(device.getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);

        set.close();

        assertThat(library.log)
                .containsExactly("create", "open", "get", "leave", "device released", "close", "released");
    }

    @Test
    void abortsFirstWhenADeviceIsOpenAndSaysSo() {
        set.create(null, "s", ONE_DEVICE);
        set.openDevice("s");

        assertThatThrownBy(set::close)
                .isInstanceOfSatisfying(
                        VirtualDeviceException.class, e -> assertThat(e.error()).isEqualTo(VdError.OPEN));
        assertThat(library.log)
                .containsExactly("create", "open", "configuration", "abort", "device released", "close", "released");
    }

    @Test
    void isSilentAboutAnOpenDeviceWhenTheServerHadAborted() {
        set.create(null, "s", ONE_DEVICE);
        set.openDevice("s");
        library.configuration = VdError.ABORT.code();

        set.close();

        assertThat(library.log).endsWith("device released", "close", "released");
    }

    @Test
    void everySegmentThrowsAfterClose() {
        set.create(null, "s", ONE_DEVICE);
        ClientVirtualDevice device = set.openDevice("s");
        Command.Write write = (Command.Write) device.getCommand(Timeouts.INFINITE);
        MemorySegment buffer = write.buffer();
        assertThat(buffer.get(ValueLayout.JAVA_BYTE, 9)).isEqualTo((byte) 42);
        var view = buffer.asByteBuffer();

        assertThatThrownBy(set::close).hasMessageContaining("VD_E_OPEN");

        assertThatThrownBy(() -> buffer.get(ValueLayout.JAVA_BYTE, 9)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> view.get(9)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void leavesTheSetOpenWhenAThreadDoesNotComeOut() throws Exception {
        set.create(null, "s", ONE_DEVICE);
        ClientVirtualDevice device = set.openDevice("s");
        library.stuck = new CountDownLatch(1);
        FutureTask<Fetched> inside = CrossProcessIT.start(() -> device.getCommand(Timeouts.INFINITE));
        assertThat(library.entered.await(5, TimeUnit.SECONDS)).isTrue();

        assertThatThrownBy(set::close)
                .isInstanceOfSatisfying(
                        VirtualDeviceException.class, e -> assertThat(e.error()).isEqualTo(VdError.BUSY))
                .hasMessageContaining("1 threads are still inside");
        assertThat(library.log).doesNotContain("close").contains("abort");

        library.stuck.countDown();
        inside.get(5, TimeUnit.SECONDS);
        set.close();
        assertThat(library.log).endsWith("close", "released");
    }

    @Test
    void leavesTheSetOpenWhileABufferIsInAnIoOperation() throws Exception {
        set.create(null, "s", ONE_DEVICE);
        ClientVirtualDevice device = set.openDevice("s");
        MemorySegment buffer = ((Command.Write) device.getCommand(Timeouts.INFINITE)).buffer();
        Pipe pipe = Pipe.open();
        FutureTask<Integer> reading = CrossProcessIT.start(() -> pipe.source().read(buffer.asByteBuffer()));
        awaitBlocked(reading, buffer);

        assertThatThrownBy(set::close).hasMessageContaining("an I/O operation still uses one of its buffers");
        assertThat(library.log).doesNotContain("close");

        pipe.sink().close();
        assertThat(reading.get(5, TimeUnit.SECONDS)).isEqualTo(-1);
        set.close();
        assertThat(library.log).endsWith("close", "released");
    }

    /// The channel acquires the segment when it begins to read. Only the thread's state shows when that is.
    private static void awaitBlocked(FutureTask<Integer> reading, MemorySegment buffer) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (System.nanoTime() < deadline && !reading.isDone()) {
            boolean inRead = Thread.getAllStackTraces().entrySet().stream()
                    .anyMatch(entry -> entry.getKey().getName().equals("server")
                            && entry.getValue().length > 0
                            && entry.getValue()[0].isNativeMethod());
            if (inRead) {
                return;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("no thread reads into " + buffer);
    }

    @Test
    void aSecondCompletionIsInvalidEvenWhenItsAddressIsUsedAgain() {
        set.create(null, "s", ONE_DEVICE);
        ClientVirtualDevice device = set.openDevice("s");
        Command first = (Command) device.getCommand(Timeouts.INFINITE);
        device.completeCommand(first, 0, 16, 0);
        Command second = (Command) device.getCommand(Timeouts.INFINITE);
        assertThat(second).isEqualTo(first).isNotSameAs(first);

        assertThatThrownBy(() -> device.completeCommand(first, 0, 16, 0)).hasMessageContaining("VD_E_INVALID");
        device.completeCommand(second, 0, 16, 0);
    }

    @Test
    void reportsNoMoreBytesThanTheBufferHas() {
        set.create(null, "s", ONE_DEVICE);
        ClientVirtualDevice device = set.openDevice("s");
        Command write = (Command) device.getCommand(Timeouts.INFINITE);

        assertThatThrownBy(() -> device.completeCommand(write, 0, 17, 0)).hasMessageContaining("VD_E_INVALID");
        device.completeCommand(write, 0, 16, 0);
    }

    @Test
    void refusesAMissingOrImpossibleCommand() {
        set.create(null, "s", ONE_DEVICE);
        ClientVirtualDevice device = set.openDevice("s");

        library.command.setPointer(Layout.COMMAND_BUFFER, Pointer.NULL);
        assertThatThrownBy(() -> device.getCommand(Timeouts.INFINITE)).hasMessageContaining("VD_E_UNEXPECTED");
        library.command.setPointer(Layout.COMMAND_BUFFER, library.buffer);
        library.command.setInt(Layout.COMMAND_SIZE, -1);
        assertThatThrownBy(() -> device.getCommand(Timeouts.INFINITE)).hasMessageContaining("transfer of -1 bytes");
        library.given = Pointer.NULL;
        assertThatThrownBy(() -> device.getCommand(Timeouts.INFINITE))
                .hasMessageContaining("returned success without a command");
    }

    @Test
    void aFailedCreateLeavesAnObjectThatCanTryAgain() {
        library.created = 0x80040154;
        assertThatThrownBy(() -> set.create(null, "s", ONE_DEVICE)).hasMessageContaining("class not registered");
        library.created = 0;

        set.create(null, "s", ONE_DEVICE);
        set.close();

        assertThat(library.log).containsExactly("create", "released", "create", "close", "released");
    }

    /// Polls and sleeps, so that the unit of native time-outs does not matter.
    @Test
    void waitsForALimitedTimeWithoutALimitedNativeWait() {
        set.create(null, "s", ONE_DEVICE);
        library.configuration = VdError.TIMEOUT.code();
        long start = System.nanoTime();

        assertThatThrownBy(() -> set.getConfiguration(Duration.ofMillis(100))).hasMessageContaining("VD_E_TIMEOUT");

        assertThat(Duration.ofNanos(System.nanoTime() - start))
                .isBetween(Duration.ofMillis(100), Duration.ofSeconds(5));
        assertThat(library.waits).containsOnly(0L);
        library.configuration = 0;
        set.close();
    }

    /// Answers as the test tells it to, and records the calls.
    private static final class PlayedLibrary implements SetCalls, DeviceCalls {
        final List<String> log = new ArrayList<>();
        final List<Long> waits = new ArrayList<>();
        final CountDownLatch entered = new CountDownLatch(1);
        volatile int created;
        volatile int configuration;
        volatile int next;
        volatile @Nullable CountDownLatch stuck;
        private final Memory command = new Memory(Layout.COMMAND_BYTES);
        private final Memory buffer = new Memory(16);

        /// What GetCommand hands out.
        volatile Pointer given = command;

        PlayedLibrary() {
            buffer.setMemory(0, 16, (byte) 42);
            command.setInt(Layout.COMMAND_CODE, 2);
            command.setInt(Layout.COMMAND_SIZE, 16);
            command.setLong(Layout.COMMAND_POSITION, 0);
            command.setPointer(Layout.COMMAND_BUFFER, buffer);
        }

        private synchronized int note(String call, int result) {
            log.add(call);
            return result;
        }

        @Override
        public Memory text(String text) {
            return new Memory(8);
        }

        @Override
        public int create(@Nullable Memory instance, Memory name, Memory config) {
            return note("create", created);
        }

        @Override
        public int getConfiguration(Timeout timeout, Memory config) {
            waits.add(timeout.millis());
            return note("configuration", configuration);
        }

        @Override
        public int openDevice(Memory name, Memory device) {
            device.setPointer(0, command);
            return note("open", 0);
        }

        @Override
        public DeviceCalls device(Pointer device) {
            return this;
        }

        @Override
        public int signalAbort() {
            return note("abort", 0);
        }

        @Override
        public int close() {
            return note("close", 0);
        }

        @Override
        public int openInSecondary(@Nullable Memory instance, Memory name) {
            return note("secondary", 0);
        }

        @Override
        public int getBufferHandle(long address, Memory handle) {
            return note("handle", 0);
        }

        @Override
        public int mapBufferHandle(int handle, Memory address) {
            return note("map", 0);
        }

        @Override
        public boolean honoursTimeouts() {
            return false;
        }

        @Override
        public int getCommand(Timeout timeout, Memory into) {
            CountDownLatch latch = stuck;
            if (latch != null) {
                entered.countDown();
                try {
                    latch.await();
                } catch (InterruptedException e) {
                    throw new IllegalStateException(e);
                }
                return VdError.ABORT.code();
            }
            into.setPointer(0, given);
            return note("get", next);
        }

        @Override
        public int completeCommand(long address, int code, int bytes, long position) {
            return note("complete", 0);
        }

        @Override
        public void leaveThread() {
            note("leave", 0);
        }

        private boolean deviceReleased;

        @Override
        public void release() {
            boolean device = log.contains("open") && !deviceReleased;
            deviceReleased |= device;
            note(device ? "device released" : "released", 0);
        }
    }
}
