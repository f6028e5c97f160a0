package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
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

            RecordedCommand.control(CommandCode.FLUSH).sentTo(rig.server.openDevice(Rig.SET));

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
            RecordedCommand last = rig.send(CommandCode.FLUSH);
            rig.serverDevice().closeDevice();

            rig.complete(rig.fetch());
            assertThat(last.code()).isEqualTo(ERROR_SUCCESS);
            assertThat(rig.clientDevice().getCommand(Timeouts.INFINITE)).isInstanceOf(Fetched.Closed.class);
        }
    }

    @Test
    void completeCommandPassesCodeBytesAndPositionOn() {
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand read = rig.sendTransfer(CommandCode.READ);
            RecordedCommand position = rig.send(CommandCode.GET_POSITION);
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

    @Test
    void theFetchedCommandsOfOneSetHaveDifferentTokens() {
        try (Rig rig = Rig.of(2).active()) {
            List<RecordedCommand> sent = rig.serverDevices.stream()
                    .map(device -> RecordedCommand.control(CommandCode.FLUSH).sentTo(device))
                    .toList();
            assertThat(sent).extracting(RecordedCommand::status).containsOnly(SendStatus.QUEUED);

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
