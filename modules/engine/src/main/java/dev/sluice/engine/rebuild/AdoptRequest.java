package dev.sluice.engine.rebuild;

import java.time.ZoneId;
import org.jspecify.annotations.Nullable;

/// Which files of other programs to make known.
///
/// @param prefix what their keys begin with, from the root of the bucket; a `/` in front makes no difference
/// @param zone   of the clock of the server that took them; null for what the files say, or UTC where they do not
/// @param read   whether to read every byte and make sums, without which nothing is restored
/// @param plan   whether only to tell what would be written
public record AdoptRequest(String prefix, @Nullable ZoneId zone, boolean read, boolean plan) {

    public AdoptRequest {
        prefix = prefix.startsWith("/") ? prefix.substring(1) : prefix;
    }
}
