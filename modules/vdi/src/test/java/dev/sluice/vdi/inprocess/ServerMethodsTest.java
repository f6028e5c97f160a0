package dev.sluice.vdi.inprocess;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// The server's methods: every answer that their pages list, apart from those that follow from the state alone
/// ([ServerTransitionsTest]) and from the core contract ([CoreContractTest]).
@Timeout(60)
class ServerMethodsTest {

    // Open, GetConfiguration

    @Test
    void openFindsOnlyAnAccessibleSetOfThatNameAndCanBeTriedAgain() {
        try (Rig rig = Rig.of(1)) {
            Rig.assertFails(VdError.INVALID, () -> rig.server.open(null, Rig.SET));
            rig.created();
            Rig.assertFails(VdError.INVALID, () -> rig.server.open(null, "The-Set"));

            rig.server.open(null, Rig.SET);

            Rig.assertFails(VdError.INVALID, () -> rig.vdi.newServerSet().open(null, Rig.SET));
        }
    }

    @Test
    void openOfASetThatItsClientAbortedIsInvalid() {
        try (Rig rig = Rig.of(1).created()) {
            rig.client.signalAbort();

            Rig.assertFails(VdError.INVALID, () -> rig.server.open(null, Rig.SET));
        }
    }

    @Test
    void getConfigurationShowsWhatTheClientAskedFor() {
        VDConfig request = new VDConfig(
                3,
                Features.LIKE_PIPE.with(Feature.REQUEST_COMPLETE),
                64,
                4096,
                0,
                7,
                Duration.ofSeconds(9),
                0,
                0,
                0,
                0);
        try (Rig rig = Rig.of(VdiBehavior.DEFAULT, request, 1).connected()) {
            assertThat(rig.server.getConfiguration()).isEqualTo(request);
        }
    }

    // BeginConfiguration

    @ParameterizedTest(name = "blockSize {0}, alignment {1}, maxTransferSize {2}: {3}")
    @CsvSource({
        "512, 0, 65536, OK",
        "65536, 65536, 4194304, OK",
        "1024, 1024, 131072, OK",
        "256, 0, 65536, INVALID",
        "131072, 0, 65536, INVALID",
        "1000, 0, 65536, INVALID",
        "0, 0, 65536, INVALID",
        "-2147483648, 0, 65536, INVALID",
        "1024, 512, 65536, INVALID",
        "512, 131072, 65536, INVALID",
        "512, 1000, 65536, INVALID",
        "512, -512, 65536, INVALID",
        "512, 0, 0, INVALID",
        "512, 0, -65536, INVALID",
        "512, 0, 65535, INVALID",
        "512, 0, 100000, INVALID"
    })
    void beginConfigurationKeepsTheRulesOfItsNumbers(int blockSize, int alignment, int maxTransfer, String answer) {
        // The client's own wish for alignment must not hide a number of the server's that breaks its rule.
        VDConfig request = VDConfig.request(1, Features.LIKE_PIPE).withPrefixZone(0, 65_536);
        try (Rig rig = Rig.of(VdiBehavior.DEFAULT, request, 1).connected()) {
            assertThat(Rig.answer(() -> rig.server.beginConfiguration(
                            Features.of(Feature.WRITE_MEDIA), blockSize, alignment, maxTransfer, Duration.ZERO)))
                    .isEqualTo(answer);
            assertThat(rig.server).hasToString(answer.equals("OK") ? "CONFIGURABLE" : "CONNECTED");
        }
    }

    @ParameterizedTest(name = "client {0}, block {1}, server {2}: {3}")
    @CsvSource({
        "0, 512, 0, 512",
        "0, 512, 4096, 4096",
        "8192, 512, 4096, 8192",
        "1, 1024, 0, 1024",
        "512, 512, 65536, 65536"
    })
    void theSetsAlignmentIsTheStrictestOfClientBlockAndServer(int client, int block, int server, int effective) {
        VDConfig request = VDConfig.request(1, Features.LIKE_PIPE).withPrefixZone(0, client);
        try (Rig rig = Rig.of(VdiBehavior.DEFAULT, request, 1).connected()) {
            rig.server.beginConfiguration(Features.of(Feature.READ_MEDIA), block, server, 65_536, Duration.ZERO);
            rig.server.endConfiguration();

            VDConfig config = rig.client.getConfiguration(Timeouts.POLL);

            assertThat(config.alignment()).isEqualTo(effective);
            assertThat(config.blockSize()).isEqualTo(block);
            assertThat(config.features()).isEqualTo(Features.of(Feature.READ_MEDIA));
        }
    }

    // RequestBuffers, EndConfiguration, QueryAvailableBuffers

    @Test
    void requestsBeforeEndConfigurationAreSummedIntoOneArea() {
        try (Rig rig = Rig.of(1).configurable()) {
            rig.server.requestBuffers(Rig.TRANSFER, 0, 3);
            rig.server.requestBuffers(4096, 0, 2);
            rig.server.requestBuffers(4096, 0, 0);
            assertThat(rig.server.queryAvailableBuffers(4096, 0)).isZero();
            assertThat(rig.memory.reserved).hasValue(0);

            rig.server.endConfiguration();

            assertThat(rig.memory.reserved).hasValue(1);
            assertThat(rig.client.getConfiguration(Timeouts.POLL).bufferAreaSize())
                    .isEqualTo(3L * Rig.TRANSFER + 2 * 4096);
        }
    }

    @Test
    void laterRequestsAllocateAtOnce() {
        try (Rig rig = Rig.of(1).initializing()) {
            rig.server.requestBuffers(4096, 0, 2);
            assertThat(rig.memory.reserved).hasValue(2);
            rig.memory.limitTo(4096);

            Rig.assertFails(VdError.MEMORY, () -> rig.server.requestBuffers(4096, 0, 2));

            assertThat(rig.server).hasToString("INITIALIZING");
        }
    }

    @Test
    void endConfigurationWithoutMemoryStaysConfigurableWithNoBufferSpace() {
        try (Rig rig = Rig.of(1).configurable()) {
            rig.memory.limitTo(2 * Rig.TRANSFER);
            rig.server.requestBuffers(Rig.TRANSFER, 0, 3);
            Rig.assertFails(VdError.MEMORY, rig.server::endConfiguration);
            assertThat(rig.server).hasToString("CONFIGURABLE");
            Rig.assertFails(VdError.TIMEOUT, () -> rig.client.getConfiguration(Timeouts.POLL));

            rig.server.requestBuffers(Rig.TRANSFER, 0, 2);
            rig.server.endConfiguration();

            assertThat(rig.server.queryAvailableBuffers(Rig.TRANSFER, 0)).isEqualTo(2);
        }
    }

    @Test
    void memoryThatNoMachineHasIsAnsweredWithMemory() {
        try (Rig rig = Rig.of(1).configurable()) {
            for (int i = 0; i < 8; i++) {
                rig.server.requestBuffers(Integer.MAX_VALUE, 65_536, Integer.MAX_VALUE);
            }

            Rig.assertFails(VdError.MEMORY, rig.server::endConfiguration);
        }
    }

    @Test
    void buffersHavePositiveSizesAndCountsAndLegalAlignments() {
        try (Rig rig = Rig.of(1).initializing()) {
            Rig.assertFails(VdError.INVALID, () -> rig.server.requestBuffers(0, 0, 1));
            Rig.assertFails(VdError.INVALID, () -> rig.server.requestBuffers(512, 3, 1));
            Rig.assertFails(VdError.INVALID, () -> rig.server.requestBuffers(512, 0, -1));
            Rig.assertFails(VdError.INVALID, () -> rig.server.queryAvailableBuffers(-1, 0));
            Rig.assertFails(VdError.INVALID, () -> rig.server.queryAvailableBuffers(512, 131_072));
            Rig.assertFails(VdError.INVALID, () -> rig.server.allocateBuffer(0, 0));
            Rig.assertFails(VdError.INVALID, () -> rig.server.allocateBuffer(512, 1000));
        }
    }

    // AllocateBuffer, FreeBuffer, IsSharedBuffer

    @Test
    void allocateBufferHandsOutWhatQueryAvailableBuffersSaysAndThenAnswersMemory() {
        try (Rig rig = Rig.of(1).initializing()) {
            assertThat(rig.server.queryAvailableBuffers(Rig.TRANSFER, 0)).isEqualTo(4);
            List<MemorySegment> all = Stream.generate(rig::buffer).limit(4).toList();
            assertThat(rig.server.queryAvailableBuffers(Rig.TRANSFER, 0)).isZero();
            Rig.assertFails(VdError.MEMORY, rig::buffer);

            rig.server.freeBuffer(all.get(2));

            assertThat(rig.server.queryAvailableBuffers(Rig.TRANSFER, 0)).isEqualTo(1);
            rig.buffer();
        }
    }

    @Test
    void freeBufferRefusesForeignFreedAndBusyBuffers() {
        try (Rig rig = Rig.of(1).active();
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = rig.buffer();
            Rig.assertFails(VdError.INVALID, () -> rig.server.freeBuffer(arena.allocate(8)));
            Rig.assertFails(VdError.INVALID, () -> rig.server.freeBuffer(buffer.asSlice(8)));
            RecordedCommand write =
                    RecordedCommand.transfer(CommandCode.WRITE, buffer).sentTo(rig.serverDevice());
            Rig.assertFails(VdError.INVALID, () -> rig.server.freeBuffer(buffer));
            rig.complete(rig.fetch());
            write.outcome();

            rig.server.freeBuffer(buffer);

            Rig.assertFails(VdError.INVALID, () -> rig.server.freeBuffer(buffer));
        }
    }

    @Test
    void isSharedBufferTellsAllocatedBuffersFromAnythingElse() {
        try (Rig rig = Rig.of(1).active();
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = rig.buffer();

            assertThat(rig.server.isSharedBuffer(buffer)).isTrue();
            assertThat(rig.server.isSharedBuffer(buffer.asSlice(Rig.TRANSFER - 1)))
                    .isTrue();
            assertThat(rig.server.isSharedBuffer(buffer.asSlice(Rig.TRANSFER))).isFalse();
            assertThat(rig.server.isSharedBuffer(arena.allocate(8))).isFalse();
            assertThat(rig.server.isSharedBuffer(MemorySegment.NULL)).isFalse();
            rig.server.freeBuffer(buffer);
            assertThat(rig.server.isSharedBuffer(buffer)).isFalse();
        }
    }

    // OpenDevice, announceDevices

    @Test
    void openDeviceYieldsEachDeviceOnceAndThenAnswersOpen() {
        try (Rig rig = Rig.of(2).configurable()) {
            rig.server.endConfiguration();
            ServerVirtualDevice first = rig.server.openDevice(Rig.SET);
            Rig.assertFails(VdError.PROTOCOL, () -> rig.server.openDevice(Rig.SET));
            ServerVirtualDevice second = rig.server.openDevice("another");

            assertThat(List.of(first.name(), second.name())).containsExactly(Rig.SET, "another");
            Rig.assertFails(VdError.OPEN, () -> rig.server.openDevice("third"));
        }
    }

    @Test
    void openDeviceKeepsToTheAnnouncedNames() {
        try (Rig rig = Rig.of(2).initializing()) {
            Rig.assertFails(VdError.INVALID, () -> rig.server.openDevice("unheard-of"));

            rig.server.openDevice("the-set1");
            rig.server.openDevice(Rig.SET);
        }
    }

    @Test
    void announcedNamesAreAsManyAsDevicesAndDifferent() {
        try (Rig rig = Rig.of(2).connected()) {
            ServerVirtualDeviceSet server = rig.server;
            Rig.assertFails(VdError.INVALID, () -> server.announceDevices(List.of("one")));
            Rig.assertFails(VdError.INVALID, () -> server.announceDevices(List.of("one", "one")));
            Rig.assertFails(VdError.INVALID, () -> server.announceDevices(List.of("one", "")));
            Rig.assertFails(VdError.INVALID, () -> server.announceDevices(List.of("one", "t\\wo")));

            server.announceDevices(List.of("one", "two"));

            Rig.assertFails(VdError.INVALID, () -> server.announceDevices(List.of("three", "four")));
        }
    }

    // SendCommand, CloseDevice

    @Test
    void sendCommandAcceptsOnlyBuffersOfItsSetAndNoMoreBytesThanTheyHave() {
        try (Rig rig = Rig.of(1).active();
                Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = rig.buffer();
            for (RecordedCommand wrong : List.of(
                    RecordedCommand.transfer(CommandCode.WRITE, arena.allocate(512)),
                    new RecordedCommand(CommandCode.READ.number(), Rig.TRANSFER + 1, 0, buffer, _ -> {}),
                    new RecordedCommand(CommandCode.READ.number(), -1, 0, buffer, _ -> {}))) {
                assertThatThrownBy(() -> wrong.sentTo(rig.serverDevice()))
                        .isInstanceOf(IllegalArgumentException.class)
                        .hasMessageContaining("the buffer is not one that AllocateBuffer of this set returned");
            }
            assertThat(rig.clientDevice().getCommand(Timeouts.POLL).toString()).contains("TimedOut");

            rig.server.freeBuffer(buffer);
        }
    }

    @Test
    void sendCommandMayUseAPartOfABuffer() {
        try (Rig rig = Rig.of(1).active()) {
            MemorySegment buffer = rig.buffer();
            buffer.fill((byte) 1);
            buffer.asSlice(1024, 512).fill((byte) 2);

            new RecordedCommand(CommandCode.WRITE.number(), 512, 77, buffer.asSlice(1024), _ -> {})
                    .sentTo(rig.serverDevice());

            MemorySegment seen = Rig.bufferOf(rig.fetch());
            assertThat(seen.byteSize()).isEqualTo(512);
            assertThat(seen.mismatch(buffer.asSlice(1024, 512))).isEqualTo(-1);
        }
    }

    @Test
    void sendCommandToAClosedDeviceIsAProtocolErrorWhileOthersGoOn() {
        try (Rig rig = Rig.of(2).active()) {
            rig.serverDevice().closeDevice();

            assertThat(rig.send(CommandCode.FLUSH).status()).isEqualTo(SendStatus.PROTOCOL);

            RecordedCommand other = RecordedCommand.control(CommandCode.FLUSH).sentTo(rig.serverDevices.getLast());
            assertThat(other.status()).isEqualTo(SendStatus.QUEUED);
            Rig.assertFails(VdError.CLOSE, rig.serverDevice()::closeDevice);
        }
    }

    @Test
    void aCommandBlockCanBeSentAgainAfterItsCallback() {
        try (Rig rig = Rig.of(1).active()) {
            RecordedCommand flush = rig.send(CommandCode.FLUSH);
            rig.complete(rig.fetch());
            flush.outcome();

            flush.sentTo(rig.serverDevice());
            rig.complete(rig.fetch());
            rig.server.signalAbort();
            rig.agent().get();

            assertThat(flush.calls()).isEqualTo(2);
        }
    }
}
