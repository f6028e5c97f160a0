package dev.sluice.engine.selftest;

import java.util.List;

/// What became known of one device set.
///
/// @param step    of the self-test, in which it was used
/// @param asked   the configuration that Create asked for; empty when it was not called
/// @param granted the configuration that SQL Server decided on; empty when it decided on none
/// @param calls   on the set
/// @param devices in the order of OpenDevice
public record RecordedSet(String step, String asked, String granted, Calls calls, List<Device> devices) {

    public RecordedSet {
        devices = List.copyOf(devices);
    }

    /// Calls, of which a long stream makes too many to keep.
    ///
    /// @param first   from the beginning
    /// @param leftOut how many were made between them, and are only counted
    /// @param last    to the end
    public record Calls(List<RecordedCall> first, long leftOut, List<RecordedCall> last) {
        public Calls {
            first = List.copyOf(first);
            last = List.copyOf(last);
        }
    }

    /// One device.
    ///
    /// @param device   from 1
    /// @param bytes    that passed
    /// @param calls    one by one
    /// @param commands all of them, by kind
    public record Device(int device, long bytes, Calls calls, List<Commands> commands) {
        public Device {
            commands = List.copyOf(commands);
        }
    }

    /// All commands of one kind.
    ///
    /// @param kind   command and size
    /// @param waited how long GetCommand took
    /// @param held   from GetCommand to the end of CompleteCommand
    public record Commands(String kind, Times waited, Times held) {}

    /// How long calls took.
    ///
    /// @param count         of calls
    /// @param medianMicros  at most so long took half of them
    /// @param mostMicros    at most so long took 99 of a hundred
    /// @param longestMicros the longest
    public record Times(long count, long medianMicros, long mostMicros, long longestMicros) {}
}
