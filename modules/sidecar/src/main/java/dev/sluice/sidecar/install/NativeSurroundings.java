package dev.sluice.sidecar.install;

import dev.sluice.engine.selftest.VdiSurroundings;
import dev.sluice.vdi.VirtualDeviceException;
import dev.sluice.vdi.jna.LinuxVdi;
import dev.sluice.vdi.jna.NativeVdi;
import dev.sluice.vdi.jna.VdiUnavailableException;
import java.io.IOException;
import java.nio.file.Files;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The native library of virtual devices, and the machine that it is on.
final class NativeSurroundings implements VdiSurroundings {

    private final Supplier<NativeVdi> opening;
    private @Nullable NativeVdi opened;

    /// @param opening loads the library; asked once
    NativeSurroundings(Supplier<NativeVdi> opening) {
        this.opening = opening;
    }

    private synchronized NativeVdi vdi() {
        NativeVdi known = opened;
        if (known == null) {
            known = opening.get();
            opened = known;
        }
        return known;
    }

    @Override
    public Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("os", System.getProperty("os.name") + " " + System.getProperty("os.version"));
        facts.put("architecture", System.getProperty("os.arch"));
        facts.put("java", System.getProperty("java.vendor.version", "") + " " + System.getProperty("java.version"));
        try {
            facts.put("library", vdi().description());
            if (vdi() instanceof LinuxVdi linux) {
                facts.put("libraryBytes", String.valueOf(Files.size(linux.library())));
            }
        } catch (VdiUnavailableException | IOException e) {
            facts.put("library", "cannot be used: " + e.getMessage());
        }
        return facts;
    }

    @Override
    public Optional<String> timeoutUnit() {
        try {
            return vdi() instanceof LinuxVdi linux
                    ? Optional.of(
                            switch (linux.measureTimeoutUnit()) {
                                case MILLISECONDS -> "GetConfiguration counts in milliseconds";
                                case LONGER_THAN_MILLISECONDS ->
                                    "GetConfiguration counts in something longer than milliseconds, such as seconds";
                                case UNKNOWN -> "GetConfiguration did not end with VD_E_TIMEOUT";
                            })
                    : Optional.empty();
        } catch (VdiUnavailableException | VirtualDeviceException e) {
            return Optional.of("it could not be measured: " + e.getMessage());
        }
    }

    @Override
    public Optional<String> symbols() {
        try {
            return vdi() instanceof LinuxVdi
                    ? Optional.of("every function that Sluice looks up by its symbol was found")
                    : Optional.empty();
        } catch (VdiUnavailableException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    @Override
    public boolean guardsCalls() {
        return true;
    }
}
