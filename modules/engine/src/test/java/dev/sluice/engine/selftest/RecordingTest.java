package dev.sluice.engine.selftest;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.ServerCommand;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What is kept of the calls on a set: all of a short one, the ends and the numbers of a long one; and that the
/// calls themselves are not changed.
@Timeout(60)
class RecordingTest {

    private static final int WRITES = 1_000;
    private static final int TRANSFER = 65_536;

    private final InProcessVdi vdi = new InProcessVdi();
    private final RecordedDeviceSets sets = new RecordedDeviceSets(vdi::newClientSet);

    @Test
    void aLongStreamIsKeptByItsEndsAndByNumbers() throws Exception {
        sets.step("full");
        List<String> heard = new ArrayList<>();
        sets.listen((call, command, _) -> heard.add(command == null ? call : DeviceRecording.nameOf(command)));
        ClientVirtualDeviceSet set = sets.get();
        set.create(null, "set", VDConfig.request(1, Features.LIKE_PIPE));
        Thread server = Thread.ofPlatform().start(this::serve);
        set.getConfiguration(Timeouts.INFINITE);
        ClientVirtualDevice device = set.openDevice("set");
        while (device.getCommand(Timeouts.INFINITE) instanceof Command command) {
            int bytes = command instanceof Command.Write write
                    ? (int) write.buffer().byteSize()
                    : 0;
            device.completeCommand(command, CompletionCode.ERROR_SUCCESS, bytes, 0);
        }
        set.close();
        server.join();

        RecordedSet recorded = sets.recorded().getFirst();
        assertThat(recorded.step()).isEqualTo("full");
        assertThat(recorded.granted()).contains("maxTransferSize 65536", "WRITE_MEDIA");
        assertThat(recorded.calls().first())
                .extracting(RecordedCall::call)
                .startsWith("Create(\"set\")", "GetConfiguration(INFINITE)", "OpenDevice(\"set\")")
                .endsWith("Close()");
        RecordedSet.Device one = recorded.devices().getFirst();
        assertThat(one.bytes()).isEqualTo((long) WRITES * TRANSFER);
        assertThat(one.calls().first()).hasSize(12);
        assertThat(one.calls().last()).hasSize(12);
        assertThat(one.calls().leftOut())
                .as("a GetCommand and a CompleteCommand each, and the last GetCommand")
                .isEqualTo(2 * (WRITES + 1) + 1 - 24);
        assertThat(one.calls().last().getLast().result()).isEqualTo("VD_E_CLOSE");
        assertThat(one.commands()).extracting(RecordedSet.Commands::kind).containsExactly("Write 65536", "Flush");
        assertThat(one.commands().getFirst().held().count()).isEqualTo(WRITES);
        assertThat(heard).contains("Create", "GetConfiguration", "Write 65536", "Flush");
    }

    /// The server's side, with one buffer.
    private void serve() {
        ServerVirtualDeviceSet set = vdi.newServerSet();
        set.open(null, "set");
        set.beginConfiguration(Features.of(Feature.WRITE_MEDIA), 512, 0, TRANSFER, Duration.ZERO);
        set.announceDevices(List.of("set"));
        set.requestBuffers(TRANSFER, 0, 1);
        set.endConfiguration();
        Thread agent = Thread.ofPlatform().start(set::executeCompletionAgent);
        ServerVirtualDevice device = set.openDevice("set");
        var buffer = set.allocateBuffer(TRANSFER, 0);
        Stream.concat(Stream.generate(() -> CommandCode.WRITE).limit(WRITES), Stream.of(CommandCode.FLUSH))
                .forEach(code -> {
                    var done = new CompletableFuture<Void>();
                    device.sendCommand(
                            code == CommandCode.WRITE
                                    ? ServerCommand.transfer(code, buffer, TRANSFER, _ -> done.complete(null))
                                    : ServerCommand.control(code, _ -> done.complete(null)));
                    done.join();
                });
        device.closeDevice();
        set.close();
        try {
            agent.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void aFailureIsPassedOnAndItsCodeIsKept() {
        ClientVirtualDeviceSet set = sets.get();

        assertThatThrownBy(() -> set.getConfiguration(Duration.ofMillis(1)))
                .isInstanceOfSatisfying(
                        VirtualDeviceException.class, e -> assertThat(e.error()).isEqualTo(VdError.PROTOCOL));

        RecordedCall call = sets.recorded().getFirst().calls().first().getFirst();
        assertThat(call.call()).isEqualTo("GetConfiguration(1 ms)");
        assertThat(call.result()).isEqualTo("VD_E_PROTOCOL (0x8077000C)");
    }

    @Test
    void timesAreSummedUpInAFewNumbers() {
        CallTimes times = new CallTimes();
        for (int i = 0; i < 98; i++) {
            times.add(1_000);
        }
        times.add(500_000);
        times.add(9_000_000);

        RecordedSet.Times summary = times.summary();

        assertThat(summary.count()).isEqualTo(100);
        assertThat(summary.medianMicros()).isEqualTo(1);
        assertThat(summary.mostMicros()).isBetween(500L, 1_023L);
        assertThat(summary.longestMicros()).isEqualTo(9_000);
    }
}
