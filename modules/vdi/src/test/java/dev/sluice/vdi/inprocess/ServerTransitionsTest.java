package dev.sluice.vdi.inprocess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerVirtualDevice;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The specification's Server Transitions, cell by cell, with the cells that its page does not show as our sheet
/// infers them.
class ServerTransitionsTest {

    /// OpenDevice has two rows: with a device left to open, and without. In ABORT, BeginConfiguration and
    /// RequestBuffers answer as their own pages say, not as the table does (Q28).
    private static final TransitionTable TABLE = TransitionTable.of("""
            Function          | DOES_NOT_EXIST  | CONNECTED            | CONFIGURABLE         | INITIALIZING         | ACTIVE               | NORMALLY_TERMINATED  | ABORT
            Open              | OK -> CONNECTED | PROTOCOL             | PROTOCOL             | PROTOCOL             | PROTOCOL             | PROTOCOL             | PROTOCOL
            GetConfiguration  | PROTOCOL        | OK                   | OK                   | OK                   | OK                   | OK                   | ABORT
            BeginConfiguration| PROTOCOL        | OK -> CONFIGURABLE   | PROTOCOL             | PROTOCOL             | PROTOCOL             | PROTOCOL             | ABORT
            RequestBuffers    | PROTOCOL        | PROTOCOL             | OK                   | OK                   | OK                   | PROTOCOL             | ABORT
            QueryAvailableBuffers | PROTOCOL    | PROTOCOL             | OK                   | OK                   | OK                   | PROTOCOL             | PROTOCOL
            EndConfiguration  | PROTOCOL        | PROTOCOL             | OK -> INITIALIZING   | PROTOCOL             | PROTOCOL             | PROTOCOL             | ABORT
            EndConfigurationWithoutMemory | PROTOCOL | PROTOCOL        | MEMORY               | PROTOCOL             | PROTOCOL             | PROTOCOL             | ABORT
            OpenDevice        | PROTOCOL        | PROTOCOL             | PROTOCOL             | OK -> ACTIVE         | OK                   | PROTOCOL             | ABORT
            OpenOneTooMany    | PROTOCOL        | PROTOCOL             | PROTOCOL             | OPEN -> ACTIVE       | OPEN                 | PROTOCOL             | ABORT
            ExecuteCompletionAgent | PROTOCOL   | PROTOCOL             | PROTOCOL             | OK -> ACTIVE         | OK                   | PROTOCOL             | ABORT
            AllocateBuffer    | PROTOCOL        | PROTOCOL             | PROTOCOL             | OK                   | OK                   | PROTOCOL             | ABORT
            FreeBuffer        | PROTOCOL        | PROTOCOL             | PROTOCOL             | OK                   | OK                   | OK                   | OK
            SendCommand       | PROTOCOL        | PROTOCOL             | PROTOCOL             | PROTOCOL             | OK                   | PROTOCOL             | ABORT
            CloseDevice       | PROTOCOL        | PROTOCOL             | PROTOCOL             | PROTOCOL             | OK -> NORMALLY_TERMINATED | CLOSE           | ABORT
            SignalAbort       | PROTOCOL        | OK -> ABORT          | OK -> ABORT          | OK -> ABORT          | OK -> ABORT          | OK -> ABORT          | OK
            Close             | PROTOCOL        | OK -> DOES_NOT_EXIST | OK -> DOES_NOT_EXIST | OK -> DOES_NOT_EXIST | PROTOCOL -> DOES_NOT_EXIST | OK -> DOES_NOT_EXIST | OK -> DOES_NOT_EXIST
            """);

    static Stream<Arguments> cells() {
        return TABLE.arguments();
    }

    @ParameterizedTest(name = "{0} in {1} answers {2}, then {3}")
    @MethodSource("cells")
    void answersAsTheTableSays(String function, String state, String answer, String next) {
        try (Scene scene = new Scene(state, function)) {
            assertThat(scene.rig.server).hasToString(state);

            assertThat(scene.call(function)).isEqualTo(answer);

            assertThat(scene.rig.server).hasToString(next);
        }
    }

    @Test
    void afterCloseTheSetDoesNotExistAndTheObjectIsOfNoFurtherUse() {
        for (TransitionTable.Cell cell : TABLE.cells()) {
            if (cell.state().equals("DOES_NOT_EXIST")) {
                try (Scene scene = new Scene("NORMALLY_TERMINATED", cell.function())) {
                    scene.rig.server.close();

                    assertThat(scene.call(cell.function())).as(cell.function()).isEqualTo("PROTOCOL");
                    assertThat(scene.rig.server).as(cell.function()).hasToString("DOES_NOT_EXIST");
                }
            }
        }
    }

    /// A set in the state, with a buffer allocated as soon as there are any.
    private static final class Scene implements AutoCloseable {
        private final Rig rig;
        private MemorySegment buffer = MemorySegment.NULL;

        Scene(String state, String function) {
            // OpenDevice in ACTIVE needs a device that is open, and one that is not.
            boolean oneLeft = function.equals("OpenDevice") && state.equals("ACTIVE");
            rig = Rig.of(oneLeft ? 2 : 1);
            switch (state) {
                case "DOES_NOT_EXIST" -> rig.created();
                case "CONNECTED" -> {
                    rig.connected();
                    rig.server.announceDevices(rig.names());
                }
                case "CONFIGURABLE" -> {
                    rig.configurable();
                    rig.server.announceDevices(rig.names());
                }
                case "INITIALIZING" -> rig.initializing();
                case "ACTIVE", "NORMALLY_TERMINATED", "ABORT" -> {
                    rig.initializing();
                    rig.serverDevices.add(rig.server.openDevice(Rig.SET));
                }
                default -> throw new IllegalArgumentException(state);
            }
            if (!rig.serverDevices.isEmpty() || state.equals("INITIALIZING")) {
                buffer = rig.buffer();
            }
            if (state.equals("NORMALLY_TERMINATED")) {
                rig.serverDevice().closeDevice();
            }
            if (state.equals("ABORT")) {
                rig.server.signalAbort();
            }
        }

        String call(String function) {
            return switch (function) {
                case "Open" -> Rig.answer(() -> rig.server.open(null, Rig.SET));
                case "GetConfiguration" -> Rig.answer(rig.server::getConfiguration);
                case "BeginConfiguration" ->
                    Rig.answer(() -> rig.server.beginConfiguration(
                            Features.LIKE_PIPE, Rig.BLOCK, 0, Rig.TRANSFER, Duration.ZERO));
                case "RequestBuffers" -> Rig.answer(() -> rig.server.requestBuffers(Rig.BLOCK, 0, 1));
                case "QueryAvailableBuffers" -> Rig.answer(() -> rig.server.queryAvailableBuffers(Rig.BLOCK, 0));
                case "EndConfiguration" -> Rig.answer(rig.server::endConfiguration);
                case "EndConfigurationWithoutMemory" -> {
                    rig.memory.limitTo(Rig.TRANSFER);
                    Rig.answer(() -> rig.server.requestBuffers(Rig.TRANSFER, 0, 2));
                    yield Rig.answer(rig.server::endConfiguration);
                }
                case "OpenDevice" ->
                    Rig.answer(() -> rig.server.openDevice(rig.names().getLast()));
                case "OpenOneTooMany" -> {
                    Rig.answer(() -> rig.server.openDevice(Rig.SET));
                    yield Rig.answer(() -> rig.server.openDevice("one-too-many"));
                }
                case "ExecuteCompletionAgent" -> executeCompletionAgent();
                case "AllocateBuffer" -> Rig.answer(() -> rig.server.allocateBuffer(Rig.BLOCK, 0));
                case "FreeBuffer" -> Rig.answer(() -> rig.server.freeBuffer(buffer));
                case "SendCommand" -> sendCommand();
                case "CloseDevice" -> closeDevice();
                case "SignalAbort" -> Rig.answer(rig.server::signalAbort);
                case "Close" -> Rig.answer(rig.server::close);
                default -> throw new IllegalArgumentException(function);
            };
        }

        /// The agent's return is not awaited where it does not return.
        private String executeCompletionAgent() {
            String state = rig.server.toString();
            if (state.equals("INITIALIZING") || state.equals("ACTIVE")) {
                rig.startAgent();
                return "OK";
            }
            return Rig.answer(rig.server::executeCompletionAgent);
        }

        private String sendCommand() {
            if (!rig.serverDevices.isEmpty()) {
                return spelt(rig.send(CommandCode.FLUSH).status());
            }
            SharedSet set = rig.vdi.find(null, Rig.SET);
            SharedDevice unopened = set == null ? null : set.device(Rig.SET);
            if (set == null || unopened == null) {
                return spelt(RecordedCommand.control(CommandCode.FLUSH)
                        .sentTo(deviceOfAClosedSet())
                        .status());
            }
            set.lock.lock();
            try {
                return spelt(unopened.send(RecordedCommand.control(CommandCode.FLUSH).command));
            } finally {
                set.lock.unlock();
            }
        }

        private static String spelt(SendStatus status) {
            return status == SendStatus.QUEUED ? "OK" : status.name();
        }

        private String closeDevice() {
            if (!rig.serverDevices.isEmpty()) {
                return Rig.answer(rig.serverDevice()::closeDevice);
            }
            SharedSet set = rig.vdi.find(null, Rig.SET);
            SharedDevice unopened = set == null ? null : set.device(Rig.SET);
            if (set == null || unopened == null) {
                return Rig.answer(deviceOfAClosedSet()::closeDevice);
            }
            return Rig.answer(new ServerSet.Device(set, Objects.requireNonNull(unopened))::closeDevice);
        }

        private static ServerVirtualDevice deviceOfAClosedSet() {
            try (Rig other = Rig.of(1).terminated()) {
                return other.serverDevice();
            }
        }

        @Override
        public void close() {
            rig.close();
        }
    }
}
