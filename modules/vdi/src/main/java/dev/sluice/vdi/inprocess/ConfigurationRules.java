package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Feature;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.time.Duration;
import java.util.Locale;
import java.util.regex.Pattern;

/// The rules for the numbers and names of a set. Every rule is checked once, where the value enters.
final class ConfigurationRules {

    private static final int MAX_NAME = 255;
    private static final Pattern PORTABLE_NAME = Pattern.compile("[A-Za-z0-9-]{1,64}");

    /// Milliseconds travel as an unsigned 32-bit number, whose largest value means INFINITE elsewhere.
    private static final Duration MAX_SERVER_TIMEOUT = Duration.ofMillis(0xFFFF_FFFEL);

    private final VdiBehavior behavior;

    ConfigurationRules(VdiBehavior behavior) {
        this.behavior = behavior;
    }

    /// **Errors:** [VdError#INVALID], which the reference does not name for this.
    void checkName(String call, String name) {
        if (behavior.is(Answer.Names.PORTABLE)) {
            if (!PORTABLE_NAME.matcher(name).matches()) {
                throw new VirtualDeviceException(
                        VdError.INVALID, call, "a name must have 1 to 64 characters: letters, digits and hyphens");
            }
        } else if (name.isEmpty() || name.length() > MAX_NAME || name.indexOf('\\') >= 0) {
            throw new VirtualDeviceException(
                    VdError.INVALID,
                    call,
                    String.format(Locale.ROOT, "a name must have 1 to %d characters and no backslash", MAX_NAME));
        }
    }

    /// Checks a client's request. It ignores the fields that only the server fills in.
    ///
    /// **Errors:** [VdError#NOTSUPPORTED]
    void checkRequest(String call, VDConfig config) {
        supported(
                config.deviceCount() >= 1 && config.deviceCount() <= VDConfig.MAX_DEVICES,
                call,
                "deviceCount must be 1 to 64, got " + config.deviceCount());
        supported(
                config.features().requestable(),
                call,
                "features " + config.features() + " are not a supported combination");
        supported(
                behavior.is(Answer.LatchStats.ACCEPTED) || !config.features().has(Feature.LATCH_STATS),
                call,
                "LatchStats is not supported");
        int alignment = config.alignment();
        supported(
                alignment == 0 || (powerOfTwo(alignment) && alignment <= BufferMemory.ALIGNMENT),
                call,
                "alignment must be 0 or a power of two up to 65536, got " + alignment);
        supported(config.prefixZoneSize() >= 0, call, "prefixZoneSize must not be negative");
        supported(
                config.softFileMarkBlockSize() == 0
                        || (config.softFileMarkBlockSize() > 0
                                && config.features().has(Feature.FILE_MARKS)),
                call,
                "softFileMarkBlockSize needs FileMarks and must not be negative");
        supported(config.eomWarningSize() >= 0, call, "eomWarningSize must not be negative");
        Duration timeout = config.serverTimeout();
        supported(
                !timeout.isNegative() && timeout.compareTo(MAX_SERVER_TIMEOUT) <= 0,
                call,
                "serverTimeout must be 0 to %s, got %s".formatted(MAX_SERVER_TIMEOUT, timeout));
    }

    /// Checks BeginConfiguration's arguments.
    ///
    /// **Errors:** [VdError#INVALID], which the reference does not name for this.
    ///
    /// @return the set's alignment: the stricter one of the server's and the client's
    static int checkBegin(String call, VDConfig requested, int blockSize, int alignment, int maxTransferSize) {
        valid(
                powerOfTwo(blockSize) && blockSize >= 512 && blockSize <= 65_536,
                call,
                "blockSize must be a power of two, 512 to 65536, got " + blockSize);
        valid(
                alignment == 0
                        || (powerOfTwo(alignment) && alignment >= blockSize && alignment <= BufferMemory.ALIGNMENT),
                call,
                String.format(
                        Locale.ROOT,
                        "alignment must be 0 or a power of two, %d to 65536, got %d",
                        blockSize,
                        alignment));
        valid(
                maxTransferSize > 0 && maxTransferSize % 65_536 == 0,
                call,
                "maxTransferSize must be a multiple of 65536, got " + maxTransferSize);
        return Math.max(alignment == 0 ? blockSize : alignment, requested.alignment());
    }

    /// The alignment of one buffer: the set's, unless a stricter one is asked for.
    static int checkBuffer(String call, VDConfig config, int size, int alignment) {
        valid(size > 0, call, "a buffer's size must be positive, got " + size);
        valid(
                alignment == 0 || (powerOfTwo(alignment) && alignment <= BufferMemory.ALIGNMENT),
                call,
                "alignment must be 0 or a power of two up to 65536, got " + alignment);
        return Math.max(alignment, config.alignment());
    }

    static void valid(boolean rule, String call, String reason) {
        if (!rule) {
            throw new VirtualDeviceException(VdError.INVALID, call, reason);
        }
    }

    private static void supported(boolean rule, String call, String reason) {
        if (!rule) {
            throw new VirtualDeviceException(VdError.NOTSUPPORTED, call, reason);
        }
    }

    private static boolean powerOfTwo(int value) {
        return value > 0 && Integer.bitCount(value) == 1;
    }
}
