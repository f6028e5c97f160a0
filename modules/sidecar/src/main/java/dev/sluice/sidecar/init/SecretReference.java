package dev.sluice.sidecar.init;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/// Where a secret is kept. The configuration names the place and never holds the secret.
public sealed interface SecretReference {

    /// As the configuration writes it.
    String text();

    /// The secret, if it is there already and can be read.
    ///
    /// @param environment gives the value of a variable, or null
    Optional<String> value(UnaryOperator<@Nullable String> environment);

    /// A file with nothing but the secret in it.
    ///
    /// @param path absolute
    record InFile(Path path) implements SecretReference {
        public InFile {
            requireHarmless(path);
        }

        @Override
        public String text() {
            return "${file:%s}".formatted(path);
        }

        @Override
        public Optional<String> value(UnaryOperator<@Nullable String> environment) {
            try {
                return Optional.of(Files.readString(path).strip()).filter(secret -> !secret.isEmpty());
            } catch (IOException _) {
                return Optional.empty(); // it may come later
            }
        }
    }

    /// A file that will have a secret which is known already.
    ///
    /// @param path absolute
    record ToFile(Path path, String secret) implements SecretReference {
        public ToFile {
            requireHarmless(path);
        }

        @Override
        public String text() {
            return new InFile(path).text();
        }

        @Override
        public Optional<String> value(UnaryOperator<@Nullable String> environment) {
            return Optional.of(secret);
        }

        @Override
        public String toString() {
            return text();
        }
    }

    private static void requireHarmless(Path path) {
        if (!path.isAbsolute()) {
            throw new IllegalArgumentException("%s is not absolute".formatted(path));
        }
        if (!LoginScript.isHarmless(path.toString())) {
            throw new IllegalArgumentException(
                    "the path %s holds a line break, another control character or $(".formatted(path));
        }
        if (path.toString().contains("}")) {
            throw new IllegalArgumentException(
                    "%s contains '}', which ends a reference in the configuration".formatted(path));
        }
    }

    /// An environment variable.
    record InEnvironment(String name) implements SecretReference {
        public InEnvironment {
            if (!name.matches("[A-Za-z_][A-Za-z0-9_]*")) {
                throw new IllegalArgumentException("'%s' is no name of an environment variable".formatted(name));
            }
        }

        @Override
        public String text() {
            return "${%s}".formatted(name);
        }

        @Override
        public Optional<String> value(UnaryOperator<@Nullable String> environment) {
            return Optional.ofNullable(environment.apply(name)).filter(secret -> !secret.isBlank());
        }
    }
}
