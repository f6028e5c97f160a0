package dev.sluice.engine.rebuild;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Ulid;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What Sluice has noted with an object when it began to write it, in the object's own metadata. Earlier versions have
/// noted nothing; and each writer of the bucket may write this, so it is held against key and stream.
///
/// @param backupId identifier
/// @param server   identity of the server; empty when it is not said
/// @param database the name; empty when it is not said
/// @param type     null when it is not said
/// @param stripe   from 1; 0 when it is not said
/// @param stripes  how many there are; 0 when it is not said
/// @param copyOnly null when it is not said
/// @param started  when the backup began, by SQL Server's clock; null when it is not said
record CreationNote(
        String backupId,
        String server,
        String database,
        @Nullable BackupType type,
        int stripe,
        int stripes,
        @Nullable Boolean copyOnly,
        @Nullable Instant started) {

    private static final Pattern STRIPE = Pattern.compile("([0-9]{1,5})/([0-9]{1,5})");

    /// Empty when Sluice has noted nothing there.
    static Optional<CreationNote> of(Map<String, String> metadata) {
        String id = metadata.getOrDefault("sluice-backup", "");
        if (!Ulid.isUlid(id)) {
            return Optional.empty();
        }
        Matcher stripe = STRIPE.matcher(metadata.getOrDefault("sluice-stripe", ""));
        boolean numbered = stripe.matches();
        String copyOnly = metadata.getOrDefault("sluice-copy-only", "");
        return Optional.of(new CreationNote(
                id,
                decoded(metadata.getOrDefault("sluice-server", "")),
                decoded(metadata.getOrDefault("sluice-database", "")),
                type(metadata.getOrDefault("sluice-type", "")),
                numbered ? Integer.parseInt(stripe.group(1)) : 0,
                numbered ? Integer.parseInt(stripe.group(2)) : 0,
                copyOnly.isEmpty() ? null : Boolean.valueOf(copyOnly),
                instant(metadata.getOrDefault("sluice-started", ""))));
    }

    private static String decoded(String percent) {
        try {
            return URLDecoder.decode(percent.replace("+", "%2B"), StandardCharsets.UTF_8);
        } catch (IllegalArgumentException _) {
            return "";
        }
    }

    private static @Nullable BackupType type(String said) {
        for (BackupType type : BackupType.values()) {
            if (type.name().equals(said.toUpperCase(Locale.ROOT))) {
                return type;
            }
        }
        return null;
    }

    private static @Nullable Instant instant(String said) {
        try {
            return said.isEmpty() ? null : Instant.parse(said);
        } catch (DateTimeException _) {
            return null;
        }
    }
}
