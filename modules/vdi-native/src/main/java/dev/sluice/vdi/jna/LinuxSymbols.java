package dev.sluice.vdi.jna;

import com.sun.jna.Function;
import com.sun.jna.Library;
import com.sun.jna.NativeLibrary;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The member functions of one loaded `libsqlvdi.so`, all found before the first is called.
final class LinuxSymbols {

    /// RTLD_NOW with RTLD_LOCAL: the load fails on an unresolvable dependency, instead of a backup in the middle;
    /// and two libraries that export the same names do not disturb each other.
    private static final int OPEN_FLAGS = 2;

    /// The functions that this module calls. A constructor has two symbols for one function; a library may export
    /// either.
    ///
    /// **Source:** `vdi.h` of sql-server-samples `sqlvdi-linux`, mangled by the Itanium C++ ABI.
    enum Member {
        SET_CONSTRUCTOR(
                "ClientVirtualDeviceSet::ClientVirtualDeviceSet()",
                "_ZN22ClientVirtualDeviceSetC1Ev",
                "_ZN22ClientVirtualDeviceSetC2Ev"),
        SET_DESTRUCTOR(
                "ClientVirtualDeviceSet::~ClientVirtualDeviceSet()",
                "_ZN22ClientVirtualDeviceSetD1Ev",
                "_ZN22ClientVirtualDeviceSetD2Ev"),
        CREATE("ClientVirtualDeviceSet::Create(char*, VDConfig*)", "_ZN22ClientVirtualDeviceSet6CreateEPcP8VDConfig"),
        GET_CONFIGURATION(
                "ClientVirtualDeviceSet::GetConfiguration(long, VDConfig*)",
                "_ZN22ClientVirtualDeviceSet16GetConfigurationElP8VDConfig"),
        OPEN_DEVICE(
                "ClientVirtualDeviceSet::OpenDevice(char*, ClientVirtualDevice**)",
                "_ZN22ClientVirtualDeviceSet10OpenDeviceEPcPP19ClientVirtualDevice"),
        CLOSE("ClientVirtualDeviceSet::Close()", "_ZN22ClientVirtualDeviceSet5CloseEv"),
        SIGNAL_ABORT("ClientVirtualDeviceSet::SignalAbort()", "_ZN22ClientVirtualDeviceSet11SignalAbortEv"),
        OPEN_IN_SECONDARY(
                "ClientVirtualDeviceSet::OpenInSecondary(char*)", "_ZN22ClientVirtualDeviceSet15OpenInSecondaryEPc"),
        GET_BUFFER_HANDLE(
                "ClientVirtualDeviceSet::GetBufferHandle(unsigned char*, unsigned int*)",
                "_ZN22ClientVirtualDeviceSet15GetBufferHandleEPhPj"),
        MAP_BUFFER_HANDLE(
                "ClientVirtualDeviceSet::MapBufferHandle(int, unsigned char**)",
                "_ZN22ClientVirtualDeviceSet15MapBufferHandleEiPPh"),
        GET_COMMAND(
                "ClientVirtualDevice::GetCommand(long, VDC_Command**)",
                "_ZN19ClientVirtualDevice10GetCommandElPP11VDC_Command"),
        COMPLETE_COMMAND(
                "ClientVirtualDevice::CompleteCommand(VDC_Command*, int, unsigned long, long)",
                "_ZN19ClientVirtualDevice15CompleteCommandEP11VDC_Commandiml");

        private final String signature;
        private final String symbol;
        private final String alternative;

        Member(String signature, String symbol) {
            this(signature, symbol, symbol);
        }

        Member(String signature, String symbol, String alternative) {
            this.signature = signature;
            this.symbol = symbol;
            this.alternative = alternative;
        }

        String signature() {
            return signature;
        }
    }

    private final Map<Member, Function> functions = new EnumMap<>(Member.class);

    private LinuxSymbols() {}

    /// Loads the library and finds every function.
    ///
    /// @throws UnsatisfiedLinkError the library cannot be loaded, or lacks functions that the message names
    static LinuxSymbols load(Path library) {
        NativeLibrary loaded =
                NativeLibrary.getInstance(library.toString(), Map.of(Library.OPTION_OPEN_FLAGS, OPEN_FLAGS));
        LinuxSymbols symbols = new LinuxSymbols();
        List<String> missing = new ArrayList<>();
        for (Member member : Member.values()) {
            Function function = find(loaded, member);
            if (function == null) {
                missing.add("%s (%s)".formatted(member.signature, member.symbol));
            } else {
                symbols.functions.put(member, function);
            }
        }
        if (!missing.isEmpty()) {
            loaded.close();
            throw new UnsatisfiedLinkError("it lacks " + String.join(", ", missing));
        }
        return symbols;
    }

    private static @Nullable Function find(NativeLibrary library, Member member) {
        Function function = find(library, member.symbol);
        return function != null ? function : find(library, member.alternative);
    }

    private static @Nullable Function find(NativeLibrary library, String symbol) {
        try {
            return library.getFunction(symbol);
        } catch (UnsatisfiedLinkError e) {
            return null;
        }
    }

    Function function(Member member) {
        Function function = functions.get(member);
        if (function == null) {
            throw new IllegalStateException(member + " was not looked up");
        }
        return function;
    }
}
