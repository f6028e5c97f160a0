package dev.sluice.engine.selftest;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// Gives the machine's own device sets, and records every call on them. The calls themselves are passed on as
/// they are, on the thread that made them.
///
/// **Threading:** any thread; one step at a time names itself.
final class RecordedDeviceSets implements Supplier<ClientVirtualDeviceSet> {

    /// So many sets are kept whole; of further ones the report has the number alone.
    private static final int MOST_SETS = 200;

    private final Supplier<? extends ClientVirtualDeviceSet> machine;
    private final List<SetRecording> sets = new ArrayList<>();
    private String step = "";
    private long leftOut;
    private volatile Listener listener = (_, _, _) -> {};

    /// Is told of a call that has returned, before its caller gets the answer.
    @FunctionalInterface
    interface Listener {

        /// @param call    the method, as Microsoft calls it
        /// @param command what GetCommand has fetched; null for other calls
        /// @param bytes   that have passed through the set before
        void called(String call, @Nullable Command command, long bytes);
    }

    RecordedDeviceSets(Supplier<? extends ClientVirtualDeviceSet> machine) {
        this.machine = machine;
    }

    @Override
    public ClientVirtualDeviceSet get() {
        ClientVirtualDeviceSet set = machine.get();
        SetRecording recording;
        synchronized (this) {
            recording = new SetRecording(step);
            if (sets.size() < MOST_SETS) {
                sets.add(recording);
            } else {
                leftOut++;
            }
        }
        return new RecordedDeviceSet(set, recording, (call, command, bytes) -> listener.called(call, command, bytes));
    }

    /// Sets that are made from here on belong to this step.
    synchronized void step(String name) {
        step = name;
    }

    /// The one listener there is; it is called on the threads that use the sets, and must return quickly.
    void listen(Listener other) {
        listener = other;
    }

    synchronized List<RecordedSet> recorded() {
        return sets.stream().map(SetRecording::result).toList();
    }

    /// Whether VDC_GetError was among the commands of the recorded sets.
    boolean sawGetError() {
        return recorded().stream()
                .flatMap(set -> set.devices().stream())
                .flatMap(device -> device.commands().stream())
                .anyMatch(commands -> commands.kind().equals(DeviceRecording.nameOf(CommandCode.GET_ERROR)));
    }

    synchronized long leftOut() {
        return leftOut;
    }
}
