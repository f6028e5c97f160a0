package dev.sluice.benchmarks;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;

/// What the build of the simulator made with `g++` and `make`.
final class NativeLibraries {

    private NativeLibraries() {}

    /// The simulator's `libsqlvdi.so`.
    static Path simulator() {
        return built("libsqlvdi.so");
    }

    /// A library with SQL Server's symbols and nothing behind them.
    static Path nothing() {
        return built("libnothing.so");
    }

    private static Path built(String file) {
        Path library = root().resolve("modules/simulator/target/native").resolve(file);
        if (!Files.exists(library)) {
            throw new IllegalStateException("%s was not built: it takes g++ and make".formatted(library));
        }
        return library;
    }

    /// The project's directory: these classes are in its `benchmarks/target/classes`.
    private static Path root() {
        try {
            URI classes = NativeLibraries.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI();
            return Path.of(classes).resolve("../../..").normalize();
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
