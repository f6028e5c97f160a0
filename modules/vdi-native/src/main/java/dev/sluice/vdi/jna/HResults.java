package dev.sluice.vdi.jna;

import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.util.Locale;

/// The library's return codes: 0, one of VDI's codes, or another HRESULT.
final class HResults {

    static final int NOERROR = 0;

    private HResults() {}

    static boolean is(int result, VdError error) {
        return result == error.code();
    }

    static void check(String call, int result) {
        if (result != NOERROR) {
            throw failure(call, result);
        }
    }

    static VirtualDeviceException failure(String call, int result) {
        return VdError.ofCode(result)
                .map(error -> new VirtualDeviceException(error, call))
                .orElseGet(() -> new VirtualDeviceException(
                        VdError.UNEXPECTED, call, "the library answered " + describe(result)));
    }

    /// The number, with the name of codes that occur in practice.
    static String describe(int result) {
        String name = switch (result) {
            case 0x80040154 -> " (REGDB_E_CLASSNOTREG, class not registered)";
            case 0x80040111 -> " (CLASS_E_CLASSNOTAVAILABLE, class not available)";
            case 0x80010106 -> " (RPC_E_CHANGED_MODE, the thread is in another apartment)";
            case 0x80070005 -> " (E_ACCESSDENIED)";
            default ->
                VdError.ofCode(result)
                        .map(error -> " (%s, %s)".formatted(error.symbol(), error.meaning()))
                        .orElse("");
        };
        return String.format(Locale.ROOT, "0x%08X%s", result, name);
    }
}
