package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.Timeouts;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// Aborts, and closes with open devices, through the native library.
class AbortAndCloseIT {

    @RegisterExtension
    final Simulator simulator = new Simulator();

    @ParameterizedTest
    @EnumSource
    void signalAbortWakesEveryThreadInGetCommand(Simulator.Face face) throws Exception {
        Rig rig = new Rig(simulator, face.vdi(), "wake", 2);
        rig.write(0, 1);
        ClientVirtualDevice first = rig.client.openDevice("wake");
        ClientVirtualDevice second = rig.client.openDevice("wake-1");
        assertThat(first.getCommand(Timeouts.INFINITE)).isInstanceOf(Command.Write.class);
        FutureTask<Fetched> one = CrossProcessIT.start(() -> first.getCommand(Timeouts.INFINITE));
        FutureTask<Fetched> other = CrossProcessIT.start(() -> second.getCommand(Timeouts.INFINITE));

        rig.client.signalAbort();

        assertThat(one.get(1, TimeUnit.SECONDS)).isInstanceOf(Fetched.Aborted.class);
        assertThat(other.get(1, TimeUnit.SECONDS)).isEqualTo(new Fetched.Aborted("this process aborted set \"wake\""));
        assertThat(rig.nextCompletion().completionCode()).isEqualTo(CompletionCode.ERROR_OPERATION_ABORTED);
        rig.client.close();
        rig.endServer();
    }

    @ParameterizedTest
    @EnumSource
    void aServersAbortReachesAClientThatHoldsACommandAndLeavesItsBufferReadable(Simulator.Face face) throws Exception {
        Rig rig = new Rig(simulator, face.vdi(), "held", 1);
        rig.write(0, 42);
        ClientVirtualDevice device = rig.client.openDevice("held");
        Command.Write held = (Command.Write) device.getCommand(Timeouts.INFINITE);

        rig.server.signalAbort();

        assertThat(device.getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Aborted.class);
        assertThatThrownBy(() -> device.completeCommand(held, 0, Rig.TRANSFER, 0))
                .hasMessageContaining("VD_E_ABORT");
        assertThat(rig.nextCompletion().completionCode()).isEqualTo(CompletionCode.ERROR_OPERATION_ABORTED);
        rig.endServer();
        assertThat(held.buffer().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 42);

        rig.client.close();

        assertThatThrownBy(() -> held.buffer().get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
    }

    @ParameterizedTest
    @EnumSource
    void closeWithAnOpenDeviceAbortsReleasesAndSaysSo(Simulator.Face face) throws Exception {
        Rig rig = new Rig(simulator, face.vdi(), "open", 2);
        rig.write(0, 1);
        ClientVirtualDevice device = rig.client.openDevice("open");
        device.getCommand(Timeouts.INFINITE);
        FutureTask<Fetched> blocked = new FutureTask<>(() -> device.getCommand(Timeouts.INFINITE));
        Thread thread = Thread.ofPlatform().daemon().start(blocked);
        awaitInLibrary(thread);

        assertThatThrownBy(rig.client::close).hasMessageContaining("VD_E_OPEN");

        assertThat(blocked.get(1, TimeUnit.SECONDS)).isInstanceOf(Fetched.Aborted.class);
        assertThat(rig.nextCompletion().completionCode()).isEqualTo(CompletionCode.ERROR_OPERATION_ABORTED);
        assertThatThrownBy(rig.client::close).hasMessageContaining("VD_E_PROTOCOL");
        rig.endServer();
    }

    private static void awaitInLibrary(Thread thread) {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
        while (System.nanoTime() < deadline) {
            StackTraceElement[] stack = thread.getStackTrace();
            if (stack.length > 0 && stack[0].getMethodName().equals("invokeInt")) {
                return;
            }
            Thread.onSpinWait();
        }
        throw new AssertionError("the thread is not in the library");
    }

    @Test
    void aServerThatClosesItsDevicesAndGoesAwayStillClosesThemForTheClient() throws Exception {
        Rig rig = new Rig(simulator, Simulator.Face.LINUX.vdi(), "bye", 1);
        ClientVirtualDevice device = rig.client.openDevice("bye");
        rig.devices.getFirst().closeDevice();
        rig.endServer();

        assertThat(device.getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        assertThatThrownBy(() -> device.getCommand(Timeouts.POLL)).hasMessageContaining("VD_E_PROTOCOL");
        rig.client.close();
    }

    @Test
    void commandsThatWereQueuedBeforeCloseDeviceComeBeforeTheEnd() throws Exception {
        Rig rig = new Rig(simulator, Simulator.Face.LINUX.vdi(), "queued", 1);
        ClientVirtualDevice device = rig.client.openDevice("queued");
        rig.write(0, 1);
        rig.control(0, CommandCode.FLUSH);
        rig.devices.getFirst().closeDevice();

        Command write = (Command) device.getCommand(Timeouts.INFINITE);
        Command flush = (Command) device.getCommand(Timeouts.INFINITE);
        assertThat(flush).isInstanceOf(Command.Flush.class);
        device.completeCommand(write, 0, Rig.TRANSFER, 0);
        device.completeCommand(flush, 0, 0, 0);

        assertThat(device.getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        assertThat(rig.nextCompletion().completionCode()).isZero();
        assertThat(rig.nextCompletion().completionCode()).isZero();
        rig.client.close();
        rig.endServer();
    }

    /// VDI itself completes the commands that the client never fetched.
    @Test
    void anErrorCompletesQueuedCommandsAndClearErrorComesAfterHeldOnes() throws Exception {
        Rig rig = new Rig(simulator, Simulator.Face.LINUX.vdi(), "error", 1);
        ClientVirtualDevice device = rig.client.openDevice("error");
        var failed = rig.write(0, 1);
        var held = rig.write(0, 2);
        Command first = (Command) device.getCommand(Timeouts.INFINITE);
        Command second = (Command) device.getCommand(Timeouts.INFINITE);
        var swallowed = rig.write(0, 3);

        device.completeCommand(first, CompletionCode.ERROR_DISK_FULL, 0, 0);

        assertThat(rig.nextCompletion()).isSameAs(failed);
        assertThat(rig.nextCompletion()).isSameAs(swallowed);
        assertThat(failed.completionCode()).isEqualTo(CompletionCode.ERROR_DISK_FULL);
        assertThat(swallowed.completionCode()).isEqualTo(CompletionCode.ERROR_IO_DEVICE);
        rig.control(0, CommandCode.CLEAR_ERROR);
        assertThat(device.getCommand(Timeouts.POLL)).isInstanceOf(Fetched.TimedOut.class);
        FutureTask<Fetched> waiting = CrossProcessIT.start(() -> device.getCommand(Timeouts.INFINITE));
        device.completeCommand(second, 0, Rig.TRANSFER, 0);
        assertThat(rig.nextCompletion()).isSameAs(held);
        Fetched clear = waiting.get(5, TimeUnit.SECONDS);
        assertThat(clear).isInstanceOf(Command.ClearError.class);
        device.completeCommand((Command) clear, 0, 0, 0);
        rig.nextCompletion();
        rig.devices.getFirst().closeDevice();
        assertThat(device.getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        rig.client.close();
        rig.endServer();
    }

    @Test
    void aBufferOfOneProcessIsTheSameBufferInASecondary() throws Exception {
        NativeVdi vdi = Simulator.Face.LINUX.vdi();
        Rig rig = new Rig(simulator, vdi, "shared", 2);
        rig.write(0, 7);
        ClientVirtualDevice device = rig.client.openDevice("shared");
        Command.Write write = (Command.Write) device.getCommand(Timeouts.INFINITE);
        var secondary = vdi.newClientSet();
        secondary.openInSecondary(null, "shared");

        MemorySegment mapped = secondary.mapBufferHandle(rig.client.getBufferHandle(write.buffer()));

        assertThat(mapped.address()).isNotEqualTo(write.buffer().address());
        assertThat(mapped.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 7);
        write.buffer().set(ValueLayout.JAVA_BYTE, 0, (byte) 8);
        assertThat(mapped.get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 8);
        assertThatThrownBy(() -> secondary.mapBufferHandle(0)).hasMessageContaining("VD_E_INVALID");
        assertThatThrownBy(() -> secondary.getBufferHandle(MemorySegment.ofAddress(4096)))
                .hasMessageContaining("VD_E_INVALID");

        ClientVirtualDevice other = secondary.openDevice("shared-1");
        rig.write(1, 9);
        Command.Write there = (Command.Write) other.getCommand(Timeouts.INFINITE);
        assertThat(there.buffer().get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 9);
        other.completeCommand(there, 0, Rig.TRANSFER, 0);
        device.completeCommand(write, 0, Rig.TRANSFER, 0);
        rig.devices.forEach(open -> open.closeDevice());
        assertThat(other.getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        assertThat(device.getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        secondary.close();
        rig.client.close();
        rig.endServer();
    }

    @Test
    void memoryThatTheServerAddsLaterReachesTheClient() throws Exception {
        Rig rig = new Rig(simulator, Simulator.Face.LINUX.vdi(), "more", 1);
        ClientVirtualDevice device = rig.client.openDevice("more");
        for (int i = 0; i < 8; i++) {
            rig.server.allocateBuffer(Rig.TRANSFER, 0);
        }
        rig.server.requestBuffers(Rig.TRANSFER, 0, 1);
        rig.write(0, 5);

        Command.Write write = (Command.Write) device.getCommand(Timeouts.INFINITE);

        assertThat(write.buffer().get(ValueLayout.JAVA_BYTE, Rig.TRANSFER - 1)).isEqualTo((byte) 5);
        device.completeCommand(write, 0, Rig.TRANSFER, 0);
        rig.devices.getFirst().closeDevice();
        assertThat(device.getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        rig.client.close();
        rig.endServer();
    }
}
