package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.Pipe;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Which side may touch a buffer at which time, and that a closed set leaves no memory reserved.
@Timeout(60)
class OwnershipTest {

    @Test
    void bothSidesSeeTheSameMemoryWithoutACopy() {
        try (Rig rig = Rig.of(1).active()) {
            MemorySegment servers = rig.buffer();
            RecordedCommand.transfer(CommandCode.READ, servers).sentTo(rig.serverDevice());
            MemorySegment clients = Rig.bufferOf(rig.fetch());

            clients.set(ValueLayout.JAVA_BYTE, 5, (byte) 5);

            assertThat(clients.address()).isEqualTo(servers.address());
            assertThat(servers.get(ValueLayout.JAVA_BYTE, 5)).isEqualTo((byte) 5);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyKindOfLoanMovesTheBytesBothWays(Answer.BufferLoan loan) {
        try (Rig rig = Rig.answering(loan).active()) {
            MemorySegment buffer = rig.buffer();
            buffer.fill((byte) 3);
            RecordedCommand.transfer(CommandCode.WRITE, buffer).sentTo(rig.serverDevice());
            Command write = rig.fetch();
            assertThat(Rig.bufferOf(write).get(ValueLayout.JAVA_BYTE, Rig.TRANSFER - 1))
                    .isEqualTo((byte) 3);
            rig.complete(write);

            RecordedCommand read =
                    RecordedCommand.transfer(CommandCode.READ, buffer).sentTo(rig.serverDevice());
            Command command = rig.fetch();
            Rig.bufferOf(command).fill((byte) 4);
            rig.complete(command);

            assertThat(read.code()).isEqualTo(ERROR_SUCCESS);
            assertThat(buffer.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 4);
        }
    }

    @ParameterizedTest
    @EnumSource(names = "SHARED_MEMORY", mode = EnumSource.Mode.EXCLUDE)
    void touchingACompletedCommandsBufferIsDetectedOnRequest(Answer.BufferLoan loan) {
        try (Rig rig = Rig.answering(loan).active()) {
            rig.sendTransfer(CommandCode.WRITE);
            Command write = rig.fetch();
            MemorySegment buffer = Rig.bufferOf(write);

            rig.complete(write);

            assertThatThrownBy(() -> buffer.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @ParameterizedTest
    @EnumSource
    void anAbortLeavesTheClientsBufferReadableUntilItsClose(Answer.BufferLoan loan) {
        try (Rig rig = Rig.answering(loan).active()) {
            rig.sendTransfer(CommandCode.WRITE);
            MemorySegment buffer = Rig.bufferOf(rig.fetch());
            rig.server.signalAbort();
            rig.server.close();

            assertThat(buffer.get(ValueLayout.JAVA_BYTE, 0)).isZero();
            rig.client.close();
            assertThatThrownBy(() -> buffer.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void theServerCanNeitherReadNorWriteABufferThatIsIsolated() {
        try (Rig rig = Rig.answering(Answer.BufferLoan.ISOLATED_COPY).active()) {
            MemorySegment servers = rig.buffer();
            servers.fill((byte) 1);
            RecordedCommand.transfer(CommandCode.WRITE, servers).sentTo(rig.serverDevice());
            Command write = rig.fetch();

            assertThat(servers.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo(VdiBehavior.POISON);
            servers.fill((byte) 2);
            assertThat(Rig.bufferOf(write).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);

            rig.complete(write);
            assertThat(servers.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 1);
        }
    }

    @ParameterizedTest
    @EnumSource(names = {"THE_CLIENT", "THE_SERVER"})
    void aBufferInAChannelsHandsIsNotPulledAwayAndGoesWhenTheChannelIsDone(Who who) throws IOException {
        Pipe pipe = Pipe.open();
        Rig rig = Rig.of(1).active();
        // More than a pipe holds: once a byte has come out, the write is under way, and stays so.
        MemorySegment servers = rig.server.allocateBuffer(4 * Rig.TRANSFER, 0);
        RecordedCommand.transfer(CommandCode.WRITE, servers).sentTo(rig.serverDevice());
        MemorySegment clients = Rig.bufferOf(rig.fetch());
        ByteBuffer bytes = (who == Who.THE_CLIENT ? clients : servers).asByteBuffer();
        Async<Integer> writing = Async.call("writing", () -> pipe.sink().write(bytes));
        pipe.source().read(ByteBuffer.allocate(1));

        assertThat(Rig.answer(rig.server::close)).isEqualTo("PROTOCOL");
        assertThat(Rig.answer(rig.client::close)).isEqualTo("OK");
        assertThat(rig.memory.released).hasValue(0);

        drainUntil(pipe, writing);
        assertThat(writing.get()).isEqualTo(4 * Rig.TRANSFER);
        long until = System.nanoTime() + Async.PROMPTLY.toNanos();
        while (rig.memory.released.get() == 0 && System.nanoTime() < until) {
            LockSupport.parkNanos(1_000_000);
        }
        assertThat(rig.memory.released).hasValue(1);
        assertThatThrownBy(() -> servers.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> clients.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        rig.agent().get();
        pipe.source().close();
        pipe.sink().close();
    }

    enum Who {
        THE_CLIENT,
        THE_SERVER
    }

    private static void drainUntil(Pipe pipe, Async<?> writing) throws IOException {
        pipe.source().configureBlocking(false);
        ByteBuffer sink = ByteBuffer.allocate(Rig.TRANSFER);
        while (!writing.returned()) {
            pipe.source().read(sink.clear());
        }
    }

    @Test
    void oneBufferForTwoDevicesIsEnoughForACorrectClient() {
        try (Rig rig = Rig.of(VdiBehavior.DEFAULT, VDConfig.request(2, Features.LIKE_PIPE), 1)
                .active()) {
            AtomicInteger served = new AtomicInteger();
            List<Async<?>> pumps = new ArrayList<>();
            rig.clientDevices.forEach(device -> pumps.add(Async.run("pump", () -> {
                while (device.getCommand(Timeouts.INFINITE) instanceof Command command) {
                    device.completeCommand(command, ERROR_SUCCESS, Rig.bytesOf(command), 0);
                    served.incrementAndGet();
                }
            })));
            Semaphore free = new Semaphore(1);
            List<Async<?>> senders = new ArrayList<>();
            for (ServerVirtualDevice device : rig.serverDevices) {
                senders.add(Async.run("sender", () -> {
                    for (int i = 0; i < 50; i++) {
                        free.acquireUninterruptibly();
                        MemorySegment buffer = rig.buffer();
                        new RecordedCommand(CommandCode.WRITE.number(), Rig.TRANSFER, 0, buffer, _ -> {
                                    rig.server.freeBuffer(buffer);
                                    free.release();
                                })
                                .sentTo(device);
                    }
                    device.closeDevice();
                }));
            }

            senders.forEach(Async::get);
            pumps.forEach(Async::get);

            assertThat(served).hasValue(100);
        }
    }

    @Test
    void afterBothClosesNothingIsLeft() throws InterruptedException {
        for (boolean serverFirst : new boolean[] {true, false}) {
            Rig rig = Rig.of(2).terminated();
            if (serverFirst) {
                rig.server.close();
                assertThat(rig.memory.released).hasValue(0);
                rig.client.close();
            } else {
                rig.client.close();
                assertThat(rig.memory.released).hasValue(0);
                rig.server.close();
            }
            rig.agent().get();
            assertThat(rig.memory.released).hasValue(1);
            assertThat(rig.memory.reserved).hasValue(1);
            assertThat(rig.vdi.setCount()).isZero();
            assertThat(rig.agent().thread().join(Async.PROMPTLY)).isTrue();
        }
    }

    @Test
    void everyReservationIsReleasedOnceWhenTheLastSideIsGone() {
        Rig rig = Rig.of(1).initializing();
        rig.server.requestBuffers(4096, 0, 1);
        var secondary = rig.vdi.newClientSet();
        secondary.openInSecondary(null, Rig.SET);

        rig.server.close();
        rig.client.close();
        assertThat(rig.memory.released).hasValue(0);
        secondary.close();

        assertThat(rig.memory.released).hasValue(2);
        assertThat(rig.memory.reserved).hasValue(2);
    }

    @Test
    void theServersDeviceClosedWhileReadsAreHeldStillGivesTheClientItsClose() {
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand read = rig.sendTransfer(CommandCode.READ);
            Command held = rig.fetch();
            rig.complete(held, 38);
            assertThat(read.code()).isEqualTo(38);

            rig.serverDevice().closeDevice();

            assertThat(rig.clientDevice().getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        }
    }
}
