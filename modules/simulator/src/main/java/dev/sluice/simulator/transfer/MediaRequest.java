package dev.sluice.simulator.transfer;

import java.util.List;
import java.util.Locale;

/// What a statement asks of its devices.
///
/// @param devices their names, in the order of the VIRTUAL_DEVICE clauses; the first is the set's
/// @param direction which way the bytes go
/// @param blockSize bytes; BLOCKSIZE
/// @param maxTransferSize bytes; MAXTRANSFERSIZE
/// @param bufferCount large buffers, shared by all devices; BUFFERCOUNT
public record MediaRequest(
        List<String> devices, Direction direction, int blockSize, int maxTransferSize, int bufferCount) {

    private static final int SMALL = 4096;

    /// Which way the bytes go.
    public enum Direction {
        /// BACKUP.
        TO_CLIENT,
        /// RESTORE.
        FROM_CLIENT
    }

    public MediaRequest {
        devices = List.copyOf(devices);
        if (devices.isEmpty() || bufferCount < 1) {
            throw new IllegalArgumentException(String.format(
                    Locale.ROOT, "a statement needs devices and buffers, got %d and %d", devices.size(), bufferCount));
        }
    }

    /// Bytes of a buffer for metadata, which goes in transfers of its own.
    int smallTransferSize() {
        return Math.max(SMALL, blockSize);
    }
}
