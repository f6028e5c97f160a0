package dev.sluice.vdi.inprocess;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// The specification's Client Transitions, cell by cell.
class ClientTransitionsTest {

    /// Two cells differ from the specification's page in the way the reference pages of the methods ask for:
    /// OpenDevice in ACTIVE (the page says PROTOCOL, which no set of several devices could live with) and Close in
    /// ACTIVE (the page says OK). GetCommand answers OK or CLOSE in ACTIVE; both are here.
    private static final TransitionTable TABLE = TransitionTable.of("""
            Function        | DOES_NOT_EXIST     | CONFIGURABLE       | INITIALIZING       | ACTIVE                      | NORMALLY_TERMINATED  | ABORT
            Create          | OK -> CONFIGURABLE | PROTOCOL           | PROTOCOL           | PROTOCOL                    | PROTOCOL             | PROTOCOL
            GetConfiguration| PROTOCOL           | OK -> INITIALIZING | OK                 | OK                          | OK                   | ABORT
            OpenDevice      | PROTOCOL           | PROTOCOL           | OK -> ACTIVE       | OPEN                        | PROTOCOL             | ABORT
            GetCommand      | PROTOCOL           | PROTOCOL           | PROTOCOL           | OK                          | PROTOCOL             | ABORT
            GetLastCommand  | PROTOCOL           | PROTOCOL           | PROTOCOL           | CLOSE -> NORMALLY_TERMINATED| PROTOCOL             | ABORT
            CompleteCommand | PROTOCOL           | PROTOCOL           | PROTOCOL           | OK                          | PROTOCOL             | ABORT
            SignalAbort     | PROTOCOL           | OK -> ABORT        | OK -> ABORT        | OK -> ABORT                 | OK -> ABORT          | OK
            Close           | PROTOCOL           | OK -> DOES_NOT_EXIST | OK -> DOES_NOT_EXIST | OPEN -> DOES_NOT_EXIST  | OK -> DOES_NOT_EXIST | OK -> DOES_NOT_EXIST
            """);

    static Stream<Arguments> cells() {
        return TABLE.arguments();
    }

    @ParameterizedTest(name = "{0} in {1} answers {2}, then {3}")
    @MethodSource("cells")
    void answersAsTheTableSays(String function, String state, String answer, String next) {
        try (Rig rig = inState(state)) {
            assertThat(rig.client).hasToString(state);

            assertThat(call(rig, function)).isEqualTo(answer);

            assertThat(rig.client).hasToString(next);
        }
    }

    @Test
    void afterCloseTheSetDoesNotExistAgain() {
        for (TransitionTable.Cell cell : TABLE.cells()) {
            if (cell.state().equals("DOES_NOT_EXIST")) {
                try (Rig rig = inState("NORMALLY_TERMINATED")) {
                    rig.client.close();

                    assertThat(call(rig, cell.function())).as(cell.function()).isEqualTo(cell.answer());
                    assertThat(rig.client).as(cell.function()).hasToString(cell.next());
                }
            }
        }
    }

    private static Rig inState(String state) {
        Rig rig = Rig.of(1);
        return switch (state) {
            case "DOES_NOT_EXIST" -> rig;
            case "CONFIGURABLE" -> {
                rig.configurable();
                rig.server.announceDevices(rig.names());
                yield rig;
            }
            case "INITIALIZING" -> rig.initializing();
            case "ACTIVE" -> rig.active();
            case "NORMALLY_TERMINATED" -> rig.terminated();
            case "ABORT" -> {
                rig.active();
                rig.client.signalAbort();
                yield rig;
            }
            default -> throw new IllegalArgumentException(state);
        };
    }

    private static String call(Rig rig, String function) {
        return switch (function) {
            case "Create" ->
                Rig.answer(() -> rig.client.create(null, "another", VDConfig.request(1, Features.LIKE_PIPE)));
            case "GetConfiguration" -> {
                boolean waits = rig.client.toString().equals("CONFIGURABLE");
                if (waits) {
                    rig.server.endConfiguration();
                }
                yield Rig.answer(() -> rig.client.getConfiguration(Timeouts.POLL));
            }
            case "OpenDevice" -> Rig.answer(() -> rig.client.openDevice(Rig.SET));
            case "GetCommand" -> {
                if (rig.client.toString().equals("ACTIVE")) {
                    rig.send(CommandCode.FLUSH);
                }
                yield getCommand(rig);
            }
            case "GetLastCommand" -> {
                if (rig.client.toString().equals("ACTIVE")) {
                    rig.serverDevices.forEach(ServerVirtualDevice::closeDevice);
                }
                yield getCommand(rig);
            }
            case "CompleteCommand" -> {
                Command command = new Command.Flush(1);
                if (rig.client.toString().equals("ACTIVE")) {
                    rig.send(CommandCode.FLUSH);
                    command = rig.fetch();
                }
                yield completeCommand(rig, command);
            }
            case "SignalAbort" -> Rig.answer(rig.client::signalAbort);
            case "Close" -> Rig.answer(rig.client::close);
            default -> throw new IllegalArgumentException(function);
        };
    }

    private static String getCommand(Rig rig) {
        Fetched[] fetched = new Fetched[1];
        String answer = Rig.answer(() -> fetched[0] = deviceOf(rig).getCommand(Timeouts.POLL));
        return switch (fetched[0]) {
            case null -> answer;
            case Command _ -> "OK";
            case Fetched.Closed _ -> "CLOSE";
            case Fetched.Aborted _ -> "ABORT";
            case Fetched.TimedOut _ -> "TIMEOUT";
        };
    }

    private static String completeCommand(Rig rig, Command command) {
        return Rig.answer(() -> deviceOf(rig).completeCommand(command, CompletionCode.ERROR_SUCCESS, 0, 0));
    }

    /// The device, also in states in which no client can have one in hand.
    private static ClientVirtualDevice deviceOf(Rig rig) {
        if (!rig.clientDevices.isEmpty()) {
            return rig.clientDevice();
        }
        SharedSet set = rig.vdi.find(null, Rig.SET);
        if (set == null) {
            return deviceOfAClosedSet();
        }
        return new ClientSet.Device(new ClientAttachment(set, false), Objects.requireNonNull(set.device(Rig.SET)));
    }

    private static ClientVirtualDevice deviceOfAClosedSet() {
        try (Rig other = Rig.of(1).terminated()) {
            return other.clientDevice();
        }
    }
}
