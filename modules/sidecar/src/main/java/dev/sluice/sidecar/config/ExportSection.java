package dev.sluice.sidecar.config;

import org.jspecify.annotations.Nullable;

/// `export:`
public record ExportSection(
        @Key(
                value =
                        "What seals exports of the instance, and opens them. Keep it in another place than this machine,"
                                + " too: nothing else opens them. Without it, the commands ask for it, or read it from"
                                + " `--passphrase-file`.",
                bound = "12 characters or more",
                optional = true,
                example = "${file:/run/secrets/export-passphrase}")
        @Nullable
        Secret passphrase) {

    private static final int SHORTEST = 12;

    public ExportSection {
        if (passphrase != null && passphrase.reveal().length() < SHORTEST) {
            throw new Invalid(
                    "passphrase",
                    "it is shorter than 12 characters, and could be guessed",
                    "choose a longer one, such as five words");
        }
    }
}
