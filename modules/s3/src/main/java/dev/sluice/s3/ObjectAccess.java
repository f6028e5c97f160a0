package dev.sluice.s3;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Whether an object can be read now; see [S3Store#access(String, boolean)].
public sealed interface ObjectAccess {

    /// Below the store's prefix.
    String key();

    /// Its first byte came.
    ///
    /// @param thawedUntil when a copy of an archived object is frozen again; null when it is no such copy, or
    ///                    the server does not say
    record Available(ObjectInfo object, @Nullable Instant thawedUntil) implements ObjectAccess {
        @Override
        public String key() {
            return object.key();
        }
    }

    /// There is none.
    record Absent(String key) implements ObjectAccess {}

    /// It is in an archive, and somebody has to ask for it first.
    ///
    /// @param archive  storage class or tier, in S3's words
    /// @param tiered   whether it is a tier of INTELLIGENT_TIERING, which thaws for good
    /// @param thawing  whether that was asked for and is not done yet
    record Archived(String key, String archive, boolean tiered, boolean thawing) implements ObjectAccess {}

    /// The server refuses this object, for a reason of its own: rights, or the key that it is encrypted with.
    record Refused(String key, S3Failure why) implements ObjectAccess {}
}
