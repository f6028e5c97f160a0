package dev.sluice.engine.selftest;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Fetched;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/// A device of the machine's, every call of which is recorded.
///
/// **Threading, errors:** those of the device behind it.
final class RecordedDevice implements ClientVirtualDevice {

    private final ClientVirtualDevice device;
    private final SetRecording set;
    private final DeviceRecording recording;
    private final RecordedDeviceSets.Listener listener;

    /// When the commands were fetched that are held, by token.
    private final Map<Long, Long> fetched = new ConcurrentHashMap<>();

    RecordedDevice(
            ClientVirtualDevice device,
            SetRecording set,
            DeviceRecording recording,
            RecordedDeviceSets.Listener listener) {
        this.device = device;
        this.set = set;
        this.recording = recording;
        this.listener = listener;
    }

    @Override
    public String name() {
        return device.name();
    }

    @Override
    public Fetched getCommand(Duration timeout) {
        long began = System.nanoTime();
        String call = "GetCommand(%s)".formatted(RecordedDeviceSet.text(timeout));
        Fetched result;
        try {
            result = device.getCommand(timeout);
        } catch (RuntimeException | Error e) {
            recording.called(set.call(began, call, RecordedDeviceSet.failure(e)));
            throw e;
        }
        String text = switch (result) {
            case Command command -> {
                long now = System.nanoTime();
                fetched.put(command.token(), now);
                listener.called("GetCommand", command, set.bytes());
                recording.fetched(command, now - began);
                yield DeviceRecording.nameOf(command);
            }
            case Fetched.Closed _ -> "VD_E_CLOSE";
            case Fetched.Aborted _ -> "VD_E_ABORT";
            case Fetched.TimedOut _ -> "VD_E_TIMEOUT";
        };
        recording.called(set.call(began, call, text));
        return result;
    }

    @Override
    public void completeCommand(Command command, int code, int bytes, long position) {
        long began = System.nanoTime();
        String call = String.format(
                Locale.ROOT,
                "CompleteCommand(%s, %s, %d bytes)",
                DeviceRecording.nameOf(command),
                CompletionCode.describe(code),
                bytes);
        // Before: behind it, the token may belong to the next command.
        Long since = fetched.remove(command.token());
        try {
            device.completeCommand(command, code, bytes, position);
        } catch (RuntimeException | Error e) {
            recording.called(set.call(began, call, RecordedDeviceSet.failure(e)));
            throw e;
        }
        recording.completed(command, bytes, System.nanoTime() - (since == null ? began : since));
        recording.called(set.call(began, call, "0"));
    }
}
