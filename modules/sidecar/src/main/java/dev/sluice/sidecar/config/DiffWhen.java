package dev.sluice.sidecar.config;

import org.jspecify.annotations.Nullable;

/// `policies[].diff-when:`
public record DiffWhen(
        @Key(
                value = "A differential is left out while less than this has changed since the last full backup. Not of"
                        + " databases without log backups: there it is the only copy of the changes.",
                optional = true,
                min = "1MiB",
                max = "1TiB",
                bound = "only beside `log`",
                example = "16MiB")
        @Nullable
        Size atLeast,

        @Key(
                value = "A full backup is taken instead when more of the data than this has changed.",
                optional = true,
                min = "1%",
                max = "99%",
                example = "60%")
        @Nullable
        Percentage fullAbove) {

    public DiffWhen {
        if (atLeast == null && fullAbove == null) {
            throw new Invalid("", "decides nothing", "say at-least or full-above");
        }
    }
}
