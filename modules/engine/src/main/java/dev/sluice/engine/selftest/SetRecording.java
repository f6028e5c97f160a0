package dev.sluice.engine.selftest;

import dev.sluice.vdi.VDConfig;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What was called on one device set and its devices.
///
/// **Threading:** any thread.
final class SetRecording {

    private static final int AT_EACH_END = 24;
    private static final int NANOS_IN_MICRO = 1_000;

    private final String step;
    private final long began = System.nanoTime();
    private final BoundedCalls calls = new BoundedCalls(AT_EACH_END);
    private final List<DeviceRecording> devices = new ArrayList<>();
    private @Nullable VDConfig asked;
    private @Nullable VDConfig granted;

    /// @param step of the self-test, in which the set is used
    SetRecording(String step) {
        this.step = step;
    }

    RecordedCall call(long beganNanos, String call, String result) {
        return new RecordedCall(
                (beganNanos - began) / NANOS_IN_MICRO,
                (System.nanoTime() - beganNanos) / NANOS_IN_MICRO,
                Thread.currentThread().getName(),
                call,
                result);
    }

    synchronized void called(RecordedCall call) {
        calls.add(call);
    }

    synchronized void asked(VDConfig config) {
        asked = config;
    }

    synchronized void granted(VDConfig config) {
        granted = config;
    }

    synchronized DeviceRecording opened() {
        DeviceRecording device = new DeviceRecording(devices.size() + 1);
        devices.add(device);
        return device;
    }

    /// Bytes that passed through all devices.
    synchronized long bytes() {
        return devices.stream().mapToLong(DeviceRecording::bytes).sum();
    }

    synchronized RecordedSet result() {
        return new RecordedSet(
                step,
                asked == null ? "" : text(asked),
                granted == null ? "" : text(granted),
                calls.calls(),
                devices.stream().map(DeviceRecording::result).toList());
    }

    /// The fields that either side sets.
    static String text(VDConfig config) {
        return String.format(
                Locale.ROOT,
                "deviceCount %d, features %s, prefixZoneSize %d, alignment %d, serverTimeOut %d ms, blockSize %d,"
                        + " maxIODepth %d, maxTransferSize %d, bufferAreaSize %d",
                config.deviceCount(),
                config.features(),
                config.prefixZoneSize(),
                config.alignment(),
                config.serverTimeout().toMillis(),
                config.blockSize(),
                config.maxIoDepth(),
                config.maxTransferSize(),
                config.bufferAreaSize());
    }
}
