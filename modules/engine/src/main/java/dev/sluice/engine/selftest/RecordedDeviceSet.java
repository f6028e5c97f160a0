package dev.sluice.engine.selftest;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.Locale;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// A device set of the machine's, every call of which is recorded.
///
/// **Threading, ownership, errors:** those of the set behind it.
final class RecordedDeviceSet implements ClientVirtualDeviceSet {

    private final ClientVirtualDeviceSet set;
    private final SetRecording recording;
    private final RecordedDeviceSets.Listener listener;

    RecordedDeviceSet(ClientVirtualDeviceSet set, SetRecording recording, RecordedDeviceSets.Listener listener) {
        this.set = set;
        this.recording = recording;
        this.listener = listener;
    }

    @Override
    public void create(@Nullable String instance, String name, VDConfig config) {
        recording.asked(config);
        run("Create", "(\"%s\")".formatted(name), () -> set.create(instance, name, config));
    }

    @Override
    public VDConfig getConfiguration(Duration timeout) {
        VDConfig granted = call(
                "GetConfiguration",
                "(%s)".formatted(text(timeout)),
                () -> set.getConfiguration(timeout),
                SetRecording::text);
        recording.granted(granted);
        return granted;
    }

    @Override
    public ClientVirtualDevice openDevice(String name) {
        ClientVirtualDevice device =
                call("OpenDevice", "(\"%s\")".formatted(name), () -> set.openDevice(name), _ -> "0");
        return new RecordedDevice(device, recording, recording.opened(), listener);
    }

    @Override
    public void signalAbort() {
        run("SignalAbort", "()", set::signalAbort);
    }

    @Override
    public void close() {
        run("Close", "()", set::close);
    }

    @Override
    public void openInSecondary(@Nullable String instance, String name) {
        run("OpenInSecondary", "(\"%s\")".formatted(name), () -> set.openInSecondary(instance, name));
    }

    @Override
    public int getBufferHandle(MemorySegment buffer) {
        return call("GetBufferHandle", "()", () -> set.getBufferHandle(buffer), _ -> "0");
    }

    @Override
    public MemorySegment mapBufferHandle(int handle) {
        return call("MapBufferHandle", "()", () -> set.mapBufferHandle(handle), _ -> "0");
    }

    private void run(String method, String arguments, Runnable work) {
        call(
                method,
                arguments,
                () -> {
                    work.run();
                    return true;
                },
                _ -> "0");
    }

    private <T> T call(String method, String arguments, Supplier<T> work, Function<? super T, String> shown) {
        long began = System.nanoTime();
        try {
            T result = work.get();
            recording.called(recording.call(began, method + arguments, shown.apply(result)));
            listener.called(method, null, recording.bytes());
            return result;
        } catch (RuntimeException | Error e) {
            recording.called(recording.call(began, method + arguments, failure(e)));
            throw e;
        }
    }

    /// VDI's code, or what else was thrown.
    static String failure(Throwable e) {
        return e instanceof VirtualDeviceException known ? known.error().toString() : e.toString();
    }

    static String text(Duration timeout) {
        return Timeouts.nanos(timeout) == Long.MAX_VALUE
                ? "INFINITE"
                : String.format(Locale.ROOT, "%d ms", timeout.toMillis());
    }
}
