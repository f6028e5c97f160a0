package dev.sluice.vdi;

import java.time.Duration;

/// The configuration of a virtual device set: the client's request at Create, completed by the server.
///
/// **Source:** `VDConfig` of Microsoft's headers; the meanings are those of the specification's VDConfig page.
///
/// @param deviceCount            devices (stripes) of the set, 1 to 64; by the client
/// @param features               by the client, changed by the server
/// @param prefixZoneSize         bytes before each buffer that are the client's; by the client, 0 for none
/// @param alignment              bytes, minimum alignment of buffers; by the client, tightened by the server
/// @param softFileMarkBlockSize  bytes, only with [Feature#FILE_MARKS]; by the client
/// @param eomWarningSize         bytes of the end-of-media warning zone; by the client
/// @param serverTimeout          how long the server waits for client responses; zero for ever. The operation is
///                               aborted after two such intervals without any completion; by the client
/// @param blockSize              bytes, every transfer is a multiple; by the server
/// @param maxIoDepth             deprecated, 4; by the server
/// @param maxTransferSize        bytes of the largest transfer; by the server
/// @param bufferAreaSize         bytes of shared memory that the server reserved; by the server
public record VDConfig(
        int deviceCount,
        Features features,
        int prefixZoneSize,
        int alignment,
        int softFileMarkBlockSize,
        int eomWarningSize,
        Duration serverTimeout,
        int blockSize,
        int maxIoDepth,
        int maxTransferSize,
        long bufferAreaSize) {

    /// The most devices a set can have.
    public static final int MAX_DEVICES = 64;

    /// What a client asks for: everything that only the server fills in is zero.
    public static VDConfig request(int deviceCount, Features features) {
        return new VDConfig(deviceCount, features, 0, 0, 0, 0, Duration.ZERO, 0, 0, 0, 0);
    }

    public VDConfig withServerTimeout(Duration timeout) {
        return new VDConfig(
                deviceCount,
                features,
                prefixZoneSize,
                alignment,
                softFileMarkBlockSize,
                eomWarningSize,
                timeout,
                blockSize,
                maxIoDepth,
                maxTransferSize,
                bufferAreaSize);
    }

    public VDConfig withPrefixZone(int bytes, int alignment) {
        return new VDConfig(
                deviceCount,
                features,
                bytes,
                alignment,
                softFileMarkBlockSize,
                eomWarningSize,
                serverTimeout,
                blockSize,
                maxIoDepth,
                maxTransferSize,
                bufferAreaSize);
    }

    /// This request as the server decided it.
    public VDConfig configured(
            Features features, int alignment, int blockSize, int maxTransferSize, long bufferAreaSize) {
        return new VDConfig(
                deviceCount,
                features,
                prefixZoneSize,
                alignment,
                softFileMarkBlockSize,
                eomWarningSize,
                serverTimeout,
                blockSize,
                4,
                maxTransferSize,
                bufferAreaSize);
    }
}
