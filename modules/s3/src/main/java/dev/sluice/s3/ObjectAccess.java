package dev.sluice.s3;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Whether an object can be read now; see [S3Store#access(String, boolean)].
public sealed interface ObjectAccess {

    /// The object's key, below the store's prefix.
    String key();

    /// Its first byte came.
    ///
    /// @param thawedUntil when the restored copy of an archived object expires; null when it is not such a copy,
    ///                    or the server does not say
    record Available(ObjectInfo object, @Nullable Instant thawedUntil) implements ObjectAccess {
        @Override
        public String key() {
            return object.key();
        }
    }

    /// There is no such object.
    record Absent(String key) implements ObjectAccess {}

    /// It is in an archive: a RestoreObject request must come first.
    ///
    /// @param archive  storage class or tier, in S3's words
    /// @param tiered   whether it is a tier of INTELLIGENT_TIERING, which thaws for good
    /// @param thawing  whether that request was made and has not finished yet
    record Archived(String key, String archive, boolean tiered, boolean thawing) implements ObjectAccess {}

    /// The server refuses this object, because of the object's rights or its encryption key.
    record Refused(String key, S3Failure why) implements ObjectAccess {}
}
