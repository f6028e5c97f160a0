package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// The client's methods: every answer that their pages list, apart from those that follow from the state alone
/// ([ClientTransitionsTest]).
@Timeout(60)
class ClientMethodsTest {

    private static final VDConfig PIPE = VDConfig.request(1, Features.LIKE_PIPE);

    // Create

    @Test
    void createTakes1To64Devices() {
        assertCreates("OK", VDConfig.request(1, Features.LIKE_PIPE));
        assertCreates("OK", VDConfig.request(64, Features.LIKE_PIPE));
        assertCreates("NOTSUPPORTED", VDConfig.request(0, Features.LIKE_PIPE));
        assertCreates("NOTSUPPORTED", VDConfig.request(65, Features.LIKE_PIPE));
        assertCreates("NOTSUPPORTED", VDConfig.request(-1, Features.LIKE_PIPE));
    }

    @Test
    void createRefusesFieldsThatAreInvalidOrUnsupported() {
        Features tape = Features.LIKE_TAPE;
        assertCreates("NOTSUPPORTED", VDConfig.request(1, Features.of(Feature.WRITE_MEDIA)));
        assertCreates("NOTSUPPORTED", config(Features.LIKE_PIPE, -1, 0, 0, 0, Duration.ZERO));
        assertCreates("NOTSUPPORTED", config(Features.LIKE_PIPE, 0, 3, 0, 0, Duration.ZERO));
        assertCreates("NOTSUPPORTED", config(Features.LIKE_PIPE, 0, 131_072, 0, 0, Duration.ZERO));
        assertCreates("NOTSUPPORTED", config(Features.LIKE_PIPE, 0, Integer.MIN_VALUE, 0, 0, Duration.ZERO));
        assertCreates("NOTSUPPORTED", config(Features.LIKE_PIPE, 0, 0, 1024, 0, Duration.ZERO));
        assertCreates("NOTSUPPORTED", config(tape, 0, 0, -1, 0, Duration.ZERO));
        assertCreates("NOTSUPPORTED", config(Features.LIKE_PIPE, 0, 0, 0, -1, Duration.ZERO));
        assertCreates("NOTSUPPORTED", config(Features.LIKE_PIPE, 0, 0, 0, 0, Duration.ofMillis(-1)));
        assertCreates("NOTSUPPORTED", config(Features.LIKE_PIPE, 0, 0, 0, 0, Duration.ofMillis(0xFFFF_FFFFL)));

        assertCreates("OK", config(Features.LIKE_PIPE, 4096, 1, 0, 1 << 20, Duration.ofMillis(0xFFFF_FFFEL)));
        assertCreates("OK", config(Features.LIKE_PIPE, 0, 65_536, 0, 0, Duration.ofSeconds(5)));
        assertCreates("OK", config(tape, 0, 0, 1024, 0, Duration.ZERO));
    }

    @Test
    void createIgnoresTheFieldsThatOnlyTheServerFillsIn() {
        try (Rig rig = Rig.of(
                VdiBehavior.DEFAULT, new VDConfig(1, Features.LIKE_PIPE, 0, 0, 0, 0, Duration.ZERO, 3, -7, 5, -9), 1)) {
            VDConfig configured = rig.initializing().client.getConfiguration(Timeouts.POLL);

            assertThat(configured.blockSize()).isEqualTo(Rig.BLOCK);
            assertThat(configured.maxTransferSize()).isEqualTo(Rig.TRANSFER);
            assertThat(configured.bufferAreaSize()).isEqualTo(Rig.TRANSFER);
            assertThat(configured.maxIoDepth()).isEqualTo(4);
        }
    }

    @Test
    void createKeepsNamesUniqueWithinTheirInstance() {
        InProcessVdi vdi = new InProcessVdi();
        vdi.newClientSet().create(null, "a", PIPE);

        Rig.assertFails(VdError.INVALID, () -> vdi.newClientSet().create(null, "a", PIPE));
        vdi.newClientSet().create(null, "A", PIPE);
        vdi.newClientSet().create("INSTANCE", "a", PIPE);

        assertThat(vdi.setCount()).isEqualTo(3);
        Rig.assertFails(VdError.INVALID, () -> vdi.newServerSet().open("ANOTHER", "a"));
        vdi.newServerSet().open("INSTANCE", "a");
    }

    @Test
    void createThatFailsLeavesTheObjectFresh() {
        InProcessVdi vdi = new InProcessVdi();
        ClientVirtualDeviceSet client = vdi.newClientSet();
        Rig.assertFails(VdError.NOTSUPPORTED, () -> client.create(null, "a", VDConfig.request(0, Features.LIKE_PIPE)));
        Rig.assertFails(VdError.INVALID, () -> client.create(null, "", PIPE));

        client.create(null, "a", PIPE);

        assertThat(vdi.setCount()).isEqualTo(1);
    }

    // GetConfiguration

    @Test
    void getConfigurationTimesOutAndCanBeAskedAgain() {
        try (Rig rig = Rig.of(1).configurable()) {
            Rig.assertFails(VdError.TIMEOUT, () -> rig.client.getConfiguration(Timeouts.POLL));
            Rig.assertFails(VdError.TIMEOUT, () -> rig.client.getConfiguration(Duration.ofMillis(5)));
            assertThat(rig.client).hasToString("CONFIGURABLE");

            rig.server.endConfiguration();

            rig.client.getConfiguration(Timeouts.POLL);
        }
    }

    @Test
    void getConfigurationReturnsWhenTheServerEndsTheConfigurationAndTheSameLater() {
        try (Rig rig = Rig.of(1).configurable()) {
            Async<VDConfig> waiting = Async.call("client", () -> rig.client.getConfiguration(Async.PROMPTLY))
                    .blocked();
            rig.server.endConfiguration();

            VDConfig config = waiting.get();

            assertThat(config.features().has(Feature.WRITE_MEDIA)).isTrue();
            assertThat(rig.client.getConfiguration(Timeouts.POLL)).isEqualTo(config);
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {-1, Long.MIN_VALUE, Long.MAX_VALUE})
    void anyNegativeTimeoutAndInfiniteMeanNoLimit(long seconds) {
        try (Rig rig = Rig.of(1).configurable()) {
            Async<VDConfig> waiting = Async.call(
                            "client", () -> rig.client.getConfiguration(Duration.ofSeconds(seconds)))
                    .blocked();
            assertThat(waiting.thread().getState()).isEqualTo(Thread.State.WAITING);

            rig.server.endConfiguration();

            waiting.get();
        }
    }

    @Test
    void getConfigurationEndsWithAbortWhenEitherSideAbortsOrCloses() {
        List<Consumer<Rig>> endings = List.of(
                rig -> rig.client.signalAbort(),
                rig -> rig.server.signalAbort(),
                rig -> rig.server.close(),
                rig -> rig.client.close());
        for (var ending : endings) {
            try (Rig rig = Rig.of(1).configurable()) {
                Async<VDConfig> waiting = Async.call("client", () -> rig.client.getConfiguration(Timeouts.INFINITE))
                        .blocked();

                ending.accept(rig);

                Rig.assertFails(VdError.ABORT, waiting::get);
            }
        }
    }

    @Test
    void aSetWhoseClientIsGoneCannotBeOpened() {
        InProcessVdi vdi = new InProcessVdi();
        ClientVirtualDeviceSet client = vdi.newClientSet();
        client.create(null, Rig.SET, PIPE);
        client.close();

        Rig.assertFails(VdError.INVALID, () -> vdi.newServerSet().open(null, Rig.SET));
    }

    // OpenDevice

    @Test
    void openDeviceWantsANameOfTheSetOnceEach() {
        try (Rig rig = Rig.of(3).initializing()) {
            rig.client.openDevice("the-set1");
            Rig.assertFails(VdError.INVALID, () -> rig.client.openDevice("THE-SET"));
            Rig.assertFails(VdError.PROTOCOL, () -> rig.client.openDevice("the-set1"));
            assertThat(rig.client).hasToString("ACTIVE");

            ClientVirtualDevice first = rig.client.openDevice(Rig.SET);
            rig.client.openDevice("the-set2");

            assertThat(first.name()).isEqualTo(Rig.SET);
            Rig.assertFails(VdError.OPEN, () -> rig.client.openDevice("the-set1"));
            Rig.assertFails(VdError.INVALID, () -> rig.client.openDevice("the-set3"));
        }
    }

    @Test
    void openDeviceOfADeviceThatTheServerHasNotOpenedYetJustWaitsForCommands() {
        try (Rig rig = Rig.of(1).initializing()) {
            ClientVirtualDevice device = rig.client.openDevice(Rig.SET);
            assertThat(device.getCommand(Timeouts.POLL)).isInstanceOf(Fetched.TimedOut.class);

            Recorded.control(CommandCode.FLUSH).sentTo(rig.server.openDevice(Rig.SET));

            assertThat(Rig.fetch(device)).isInstanceOf(Command.Flush.class);
        }
    }

    // GetCommand, CompleteCommand

    @Test
    void getCommandDeliversInTheOrderOfSendCommand() {
        try (Rig rig = Rig.of(1).active()) {
            rig.sendTransfer(CommandCode.WRITE);
            rig.send(CommandCode.FLUSH);
            rig.send(CommandCode.COMPLETE);

            assertThat(rig.fetch()).isInstanceOf(Command.Write.class);
            assertThat(rig.fetch()).isInstanceOf(Command.Flush.class);
            assertThat(rig.fetch()).isInstanceOf(Command.Complete.class);
        }
    }

    @Test
    void getCommandTimesOutPollsAndWaits() {
        try (Rig rig = Rig.of(1).active()) {
            assertThat(rig.clientDevice().getCommand(Timeouts.POLL)).isInstanceOf(Fetched.TimedOut.class);
            long before = System.nanoTime();
            assertThat(rig.clientDevice().getCommand(Duration.ofMillis(50))).isInstanceOf(Fetched.TimedOut.class);
            assertThat(System.nanoTime() - before)
                    .isGreaterThanOrEqualTo(Duration.ofMillis(50).toNanos());
            Async<Fetched> waiting = Async.call(
                            "client", () -> rig.clientDevice().getCommand(Timeouts.INFINITE))
                    .blocked();

            rig.send(CommandCode.FLUSH);

            assertThat(waiting.get()).isInstanceOf(Command.Flush.class);
        }
    }

    @Test
    void anInterruptDoesNotEndGetCommandAndIsKept() {
        for (Duration timeout : List.of(Timeouts.INFINITE, Async.PROMPTLY)) {
            try (Rig rig = Rig.of(1).active()) {
                Async<Boolean> waiting = Async.call("client", () -> {
                            Fetched fetched = rig.clientDevice().getCommand(timeout);
                            return fetched instanceof Command.Flush && Thread.interrupted();
                        })
                        .blocked();

                waiting.thread().interrupt();
                waiting.blocked();
                rig.send(CommandCode.FLUSH);

                assertThat(waiting.get()).isTrue();
            }
        }
    }

    @Test
    void getCommandReturnsCloseAfterTheQueuedCommands() {
        try (Rig rig = Rig.of(1).active()) {
            Recorded last = rig.send(CommandCode.FLUSH);
            rig.serverDevice().closeDevice();

            rig.complete(rig.fetch());
            assertThat(last.code()).isEqualTo(ERROR_SUCCESS);
            assertThat(rig.clientDevice().getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        }
    }

    @Test
    void completeCommandPassesCodeBytesAndPositionOn() {
        try (Rig rig = Rig.of(1).active()) {
            Recorded read = rig.sendTransfer(CommandCode.READ);
            Recorded position = rig.send(CommandCode.GET_POSITION);
            Command first = rig.fetch();
            Command second = rig.fetch();

            rig.clientDevice().completeCommand(second, ERROR_SUCCESS, 0, 1L << 40);
            rig.clientDevice().completeCommand(first, 38, 17, 0);

            assertThat(read.outcome().code()).isEqualTo(38);
            assertThat(read.outcome().bytes()).isEqualTo(17);
            assertThat(position.outcome().position()).isEqualTo(1L << 40);
        }
    }

    @Test
    void completeCommandKnowsOnlyOutstandingCommandsOfItsOwnDevice() {
        try (Rig rig = Rig.of(2).active()) {
            rig.send(CommandCode.FLUSH);
            Command command = rig.fetch();
            ClientVirtualDevice other = rig.clientDevices.getLast();
            Rig.assertFails(VdError.INVALID, () -> other.completeCommand(command, ERROR_SUCCESS, 0, 0));
            Rig.assertFails(VdError.INVALID, () -> rig.complete(new Command.Flush(command.token() + 1)));

            rig.complete(command);

            Rig.assertFails(VdError.INVALID, () -> rig.complete(command));
        }
    }

    // SignalAbort, Close

    @Test
    void signalAbortInEveryStateIsSeenByBothSidesAndCloseSucceedsAfterIt() {
        for (Rig rig : List.of(
                Rig.of(1).created(),
                Rig.of(1).connected(),
                Rig.of(1).configurable(),
                Rig.of(1).initializing(),
                Rig.of(1).active(),
                Rig.of(1).terminated())) {
            try (rig) {
                boolean opened = !rig.server.toString().equals("DOES_NOT_EXIST");

                rig.client.signalAbort();

                assertThat(rig.client).hasToString("ABORT");
                assertThat(rig.server).hasToString(opened ? "ABORT" : "DOES_NOT_EXIST");
                rig.client.close();
                assertThat(rig.client).hasToString("DOES_NOT_EXIST");
            }
        }
    }

    @Test
    void closeWithOneOfSeveralDevicesOpenAbortsAndReleasesAllTheSame() {
        try (Rig rig = Rig.of(2).active()) {
            Recorded outstanding = Recorded.control(CommandCode.FLUSH).sentTo(rig.serverDevices.getLast());
            rig.serverDevices.getFirst().closeDevice();
            rig.clientDevices.getFirst().getCommand(Timeouts.INFINITE);

            Rig.assertFails(VdError.OPEN, rig.client::close);

            assertThat(outstanding.code()).isEqualTo(995);
            assertThat(rig.server).hasToString("ABORT");
            assertThat(rig.vdi.setCount()).isZero();
            Rig.assertFails(VdError.PROTOCOL, rig.client::close);
            for (ClientVirtualDevice device : rig.clientDevices) {
                Rig.assertFails(VdError.PROTOCOL, () -> device.getCommand(Timeouts.POLL));
                Rig.assertFails(
                        VdError.PROTOCOL, () -> device.completeCommand(new Command.Flush(1), ERROR_SUCCESS, 0, 0));
            }
        }
    }

    @Test
    void closeNeedNotWaitForTheServersAgent() {
        try (Rig rig = Rig.of(1).terminated()) {
            rig.client.close();

            assertThat(rig.agent().returned()).isFalse();
            assertThat(rig.server).hasToString("NORMALLY_TERMINATED");
            rig.server.close();
            rig.agent().get();
        }
    }

    @Test
    void closeBeforeTheServerIsThroughIsAnAbortForTheServer() {
        for (Rig rig : List.of(
                Rig.of(1).connected(), Rig.of(1).configurable(), Rig.of(1).initializing())) {
            try (rig) {
                rig.client.close();

                assertThat(rig.server).hasToString("ABORT");
            }
        }
    }

    @Test
    void closeOfAClientThatNeverOpenedADeviceAbortsWhatItsDevicesStillHave() {
        try (Rig rig = Rig.of(1).initializing()) {
            ServerVirtualDevice device = rig.server.openDevice(Rig.SET);
            rig.startAgent();
            Recorded flush = Recorded.control(CommandCode.FLUSH).sentTo(device);
            device.closeDevice();

            rig.client.close();

            assertThat(flush.code()).isEqualTo(995);
        }
    }

    @Test
    void theClientObjectCanCreateAgainAfterClose() {
        try (Rig rig = Rig.of(1).terminated()) {
            rig.client.close();

            rig.client.create(null, Rig.SET, PIPE);

            assertThat(rig.client).hasToString("CONFIGURABLE");
        }
    }

    // OpenInSecondary, GetBufferHandle, MapBufferHandle

    @Test
    void openInSecondaryAttachesToAConfiguredSetUnderItsExactName() {
        try (Rig rig = Rig.of(2).configurable()) {
            ClientVirtualDeviceSet secondary = rig.vdi.newClientSet();
            Rig.assertFails(VdError.PROTOCOL, () -> secondary.openInSecondary(null, Rig.SET));
            rig.server.announceDevices(rig.names());
            rig.server.requestBuffers(Rig.TRANSFER, 0, 1);
            rig.server.endConfiguration();
            rig.client.getConfiguration(Timeouts.INFINITE);
            Rig.assertFails(VdError.PROTOCOL, () -> secondary.openInSecondary(null, "THE-SET"));
            Rig.assertFails(VdError.PROTOCOL, () -> secondary.openInSecondary("OTHER", Rig.SET));
            assertThat(secondary).hasToString("DOES_NOT_EXIST");

            secondary.openInSecondary(null, Rig.SET);

            Rig.assertFails(VdError.PROTOCOL, () -> secondary.openInSecondary(null, Rig.SET));
            assertThat(secondary).hasToString("INITIALIZING");
            ClientVirtualDevice second = secondary.openDevice("the-set1");
            Rig.assertFails(VdError.PROTOCOL, () -> rig.client.openDevice("the-set1"));
            ServerVirtualDevice server = rig.server.openDevice("the-set1");
            Recorded.transfer(CommandCode.READ, rig.buffer()).sentTo(server);
            assertThat(Rig.fetch(second)).isInstanceOf(Command.Read.class);
            Rig.assertFails(VdError.OPEN, secondary::close);
        }
    }

    @Test
    void openInSecondaryOfAnAbortedSetAnswersAbort() {
        try (Rig rig = Rig.of(1).active()) {
            rig.server.signalAbort();

            Rig.assertFails(VdError.ABORT, () -> rig.vdi.newClientSet().openInSecondary(null, Rig.SET));
        }
    }

    @Test
    void aSecondaryThatEndsCleanlyLeavesThePrimaryAlone() {
        try (Rig rig = Rig.of(2).initializing()) {
            ClientVirtualDeviceSet secondary = rig.vdi.newClientSet();
            secondary.openInSecondary(null, Rig.SET);
            ClientVirtualDevice second = secondary.openDevice("the-set1");
            ServerVirtualDevice server = rig.server.openDevice("the-set1");
            server.closeDevice();
            second.getCommand(Timeouts.INFINITE);

            secondary.close();

            assertThat(rig.client).hasToString("INITIALIZING");
            rig.client.openDevice(Rig.SET);
            assertThat(rig.vdi.setCount()).isEqualTo(1);
        }
    }

    @Test
    void aBufferHandleLeadsAnotherClientOfTheSetToTheSameBytes() {
        try (Rig rig = Rig.of(1).active()) {
            ClientVirtualDeviceSet secondary = rig.vdi.newClientSet();
            secondary.openInSecondary(null, Rig.SET);
            rig.buffer();
            rig.sendTransfer(CommandCode.READ);
            MemorySegment buffer = Rig.bufferOf(rig.fetch());

            int handle = rig.client.getBufferHandle(buffer);
            MemorySegment mapped = secondary.mapBufferHandle(handle);

            assertThat(rig.client.getBufferHandle(buffer.asSlice(100))).isEqualTo(handle);
            assertThat(mapped.byteSize()).isEqualTo(Rig.TRANSFER);
            mapped.set(ValueLayout.JAVA_BYTE, 9, (byte) 42);
            assertThat(buffer.get(ValueLayout.JAVA_BYTE, 9)).isEqualTo((byte) 42);
            secondary.close();
            assertThatThrownBy(() -> mapped.get(ValueLayout.JAVA_BYTE, 0)).isInstanceOf(IllegalStateException.class);
        }
    }

    @Test
    void bufferHandlesRefuseWhatIsNoBufferOfTheSet() {
        try (Rig rig = Rig.of(1).active();
                Rig other = Rig.of(1).active()) {
            other.sendTransfer(CommandCode.READ);
            MemorySegment foreign = Rig.bufferOf(other.fetch());

            Rig.assertFails(VdError.INVALID, () -> rig.client.getBufferHandle(foreign));
            Rig.assertFails(VdError.INVALID, () -> rig.client.getBufferHandle(MemorySegment.NULL));
            Rig.assertFails(VdError.INVALID, () -> rig.client.mapBufferHandle(0));
            Rig.assertFails(VdError.INVALID, () -> rig.client.mapBufferHandle(1));
            rig.client.signalAbort();
            rig.client.close();
            Rig.assertFails(VdError.PROTOCOL, () -> rig.client.getBufferHandle(foreign));
            Rig.assertFails(VdError.PROTOCOL, () -> rig.client.mapBufferHandle(1));
        }
    }

    @Test
    void aHandleOfAFreedBufferIsStale() {
        try (Rig rig = Rig.of(1).active()) {
            MemorySegment servers = rig.buffer();
            Recorded.transfer(CommandCode.READ, servers).sentTo(rig.serverDevice());
            Command read = rig.fetch();
            int handle = rig.client.getBufferHandle(Rig.bufferOf(read));
            rig.complete(read);

            rig.server.freeBuffer(servers);

            Rig.assertFails(VdError.INVALID, () -> rig.client.mapBufferHandle(handle));
            rig.buffer();
            Rig.assertFails(VdError.INVALID, () -> rig.client.mapBufferHandle(handle));
            Rig.assertFails(
                    VdError.INVALID,
                    () -> rig.client.getBufferHandle(Rig.bufferOf(read).asSlice(Rig.TRANSFER)));
        }
    }

    @Test
    void theFetchedCommandsOfOneSetHaveDifferentTokens() {
        try (Rig rig = Rig.of(2).active()) {
            List<Recorded> sent = rig.serverDevices.stream()
                    .map(device -> Recorded.control(CommandCode.FLUSH).sentTo(device))
                    .toList();
            assertThat(sent).extracting(Recorded::status).containsOnly(SendStatus.QUEUED);

            assertThat(rig.clientDevices.stream()
                            .map(device -> Rig.fetch(device).token()))
                    .doesNotHaveDuplicates();
        }
    }

    private static void assertCreates(String answer, VDConfig config) {
        assertThat(Rig.answer(() -> new InProcessVdi().newClientSet().create(null, Rig.SET, config)))
                .as(config.toString())
                .isEqualTo(answer);
    }

    private static VDConfig config(
            Features features, int prefix, int alignment, int softFileMark, int eomWarning, Duration timeout) {
        return new VDConfig(1, features, prefix, alignment, softFileMark, eomWarning, timeout, 0, 0, 0, 0);
    }
}
