package dev.sluice.engine.selftest;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/// What was called on one device, in bounded memory: the first and the last calls, and all of them by command
/// and size.
///
/// **Threading:** any thread.
final class DeviceRecording {

    private static final int AT_EACH_END = 12;
    private static final int KINDS = 64;
    private static final String OTHERS = "others";

    private final int device;
    private final BoundedCalls calls = new BoundedCalls(AT_EACH_END);
    private final Map<String, Kind> kinds = new LinkedHashMap<>();
    private long bytes;

    private static final class Kind {
        final CallTimes waited = new CallTimes();
        final CallTimes held = new CallTimes();
    }

    /// @param device from 1, in the order of OpenDevice
    DeviceRecording(int device) {
        this.device = device;
    }

    synchronized void called(RecordedCall call) {
        calls.add(call);
    }

    synchronized void fetched(Command command, long waitedNanos) {
        kind(command).waited.add(waitedNanos);
        if (command instanceof Command.Write write) {
            bytes += write.buffer().byteSize();
        }
    }

    synchronized void completed(Command command, int count, long heldNanos) {
        kind(command).held.add(heldNanos);
        if (command instanceof Command.Read) {
            bytes += count;
        }
    }

    private Kind kind(Command command) {
        String name = nameOf(command);
        return kinds.computeIfAbsent(kinds.size() < KINDS || kinds.containsKey(name) ? name : OTHERS, _ -> new Kind());
    }

    synchronized long bytes() {
        return bytes;
    }

    synchronized RecordedSet.Device result() {
        return new RecordedSet.Device(
                device,
                bytes,
                calls.calls(),
                kinds.entrySet().stream()
                        .map(kind -> new RecordedSet.Commands(
                                kind.getKey(),
                                kind.getValue().waited.summary(),
                                kind.getValue().held.summary()))
                        .toList());
    }

    /// A command as the report writes it: `Write 65536`.
    static String nameOf(Command command) {
        CommandCode known = CommandCode.ofNumber(command.code());
        String name = known == null ? "command " + command.code() : nameOf(known);
        return switch (command) {
            case Command.Write(var _, var buffer, var _) ->
                String.format(Locale.ROOT, "%s %d", name, buffer.byteSize());
            case Command.Read(var _, var buffer, var _) -> String.format(Locale.ROOT, "%s %d", name, buffer.byteSize());
            default -> name;
        };
    }

    /// As Microsoft writes it: `ClearError`.
    static String nameOf(CommandCode code) {
        return Arrays.stream(code.name().split("_"))
                .map(word -> word.charAt(0) + word.substring(1).toLowerCase(Locale.ROOT))
                .collect(Collectors.joining());
    }
}
