package dev.sluice.deployment;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/// The three settings that `infra/helm/examples` shows.
enum Settings {
    EKS("eks.yaml"),
    ON_PREM("on-prem.yaml"),
    /// Another chart, with its own StatefulSet, that depends on this one.
    EXISTING("existing");

    private final String name;

    Settings(String name) {
        this.name = name;
    }

    /// @param directory of the test's own, where a dependency is laid as `helm dependency update` would
    Path chart(Path directory) throws IOException {
        if (this != EXISTING) {
            return Checkout.CHART;
        }
        Path chart = copy(Checkout.HELM.resolve("examples").resolve(name), directory.resolve("sql"));
        copy(Checkout.CHART, chart.resolve("charts/sluice"));
        return chart;
    }

    Path[] files() {
        return this == EXISTING
                ? new Path[0]
                : new Path[] {Checkout.HELM.resolve("examples").resolve(name)};
    }

    Rendered render(Path directory) throws IOException {
        return Rendered.of(chart(directory), files());
    }

    /// Links become what they point to.
    static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> all = Files.walk(from, FileVisitOption.FOLLOW_LINKS)) {
            all.forEach(path -> {
                try {
                    Path target = to.resolve(from.relativize(path).toString());
                    if (Files.isDirectory(path)) {
                        Files.createDirectories(target);
                    } else {
                        Files.copy(path, target);
                    }
                } catch (IOException e) {
                    throw new UncheckedIOException(e);
                }
            });
        }
        return to;
    }
}
