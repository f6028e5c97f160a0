package dev.sluice.sidecar.install;

import dev.sluice.engine.selftest.VdiSurroundings;
import java.util.Map;
import java.util.Optional;

/// Both sides of virtual devices in this process, without a native library.
final class InProcessSurroundings implements VdiSurroundings {

    @Override
    public Map<String, String> facts() {
        return Map.of("library", "none: the stand-in and Sluice are in one process");
    }

    @Override
    public Optional<String> timeoutUnit() {
        return Optional.empty();
    }

    @Override
    public Optional<String> symbols() {
        return Optional.empty();
    }

    @Override
    public boolean guardsCalls() {
        return false;
    }
}
