package dev.sluice.sidecar.cli;

import dev.sluice.engine.export.Passphrase;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.log.Masking;
import java.io.Console;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// Where the passphrase of an export comes from: a file, the configuration, or the person at the terminal.
/// Never the command line, which every process of the machine can read.
final class PassphraseOption {

    private static final int LARGEST = 4096;

    @Option(
            names = "--passphrase-file",
            paramLabel = "FILE",
            description =
                    "Read the passphrase from this file, without the line's end. Default: export.passphrase of the"
                            + " configuration; without it, the terminal is asked.")
    @Nullable
    Path file;

    /// @param configured of the configuration, or null
    /// @param again      whether a person has to type it twice, because a mistake would be found too late
    Passphrase passphrase(@Nullable Secret configured, boolean again) {
        if (file != null) {
            return of(read(file), file.toString());
        }
        if (configured != null) {
            return of(configured.reveal().toCharArray(), "export.passphrase");
        }
        Console console = Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .orElse(null);
        if (console == null) {
            throw new UsageError(
                    "there is no passphrase, and no terminal to ask at",
                    "Name a file with --passphrase-file, or set export.passphrase in the configuration.");
        }
        char[] typed = typed(console, "Passphrase of the export: ");
        if (again && !Arrays.equals(typed, typed(console, "Once more: "))) {
            throw new UsageError("the two passphrases differ", "Type the same one twice.");
        }
        return of(typed, "the passphrase");
    }

    private static char[] typed(Console console, String question) {
        char[] typed = console.readPassword("%s", question);
        return typed == null ? new char[0] : typed;
    }

    private static char[] read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(LARGEST + 1);
            if (bytes.length > LARGEST) {
                throw new UsageError("%s is larger than any passphrase".formatted(file), "Name the right file.");
            }
            String text = new String(bytes, StandardCharsets.UTF_8);
            return (text.endsWith("\r\n")
                            ? text.substring(0, text.length() - 2)
                            : text.endsWith("\n") ? text.substring(0, text.length() - 1) : text)
                    .toCharArray();
        } catch (IOException e) {
            throw new UsageError(
                    "the passphrase cannot be read from %s: %s".formatted(file, e),
                    "Name a file that this user may read.");
        }
    }

    private static Passphrase of(char[] letters, String where) {
        if (letters.length < Passphrase.SHORTEST) {
            throw new UsageError(
                    "%s has fewer than %s characters, and could be guessed".formatted(where, Passphrase.SHORTEST),
                    "Choose a longer one, such as five words.");
        }
        Masking.hideToo(new String(letters));
        return new Passphrase(letters);
    }
}
