package dev.sluice.s3;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// Which version of one object was current at an instant: the newest one that was written at the instant or
/// before, unless a delete marker is newer.
///
/// The times of versions are whole seconds, so several can have the same one. Then the version that is current
/// today is the newest, and of others the one that S3 lists first.
///
/// **Threading:** one thread at a time.
final class VersionChoice {

    private final String key;
    private final Instant instant;
    private VersionEntry.@Nullable Version version;
    private VersionEntry.@Nullable DeleteMarker marker;

    VersionChoice(String key, Instant instant) {
        this.key = key;
        this.instant = instant;
    }

    /// What the lines of a listing say.
    sealed interface Outcome {}

    record Present(VersionEntry.Version version) implements Outcome {}

    record Absent() implements Outcome {}

    /// The version was written and the object deleted in one second, in an order that is not known yet.
    record SameSecond(VersionEntry.Version version, VersionEntry.DeleteMarker marker) implements Outcome {}

    String key() {
        return key;
    }

    /// @param entry comes in the order of the listing, apart from that of versions and delete markers among
    ///              each other
    void add(VersionEntry entry) {
        if (entry.modified().isAfter(instant)) {
            return;
        }
        switch (entry) {
            case VersionEntry.Version next -> version = isNewer(next, version) ? next : version;
            case VersionEntry.DeleteMarker next -> marker = isNewer(next, marker) ? next : marker;
        }
    }

    private static boolean isNewer(VersionEntry next, @Nullable VersionEntry before) {
        return before == null || next.modified().isAfter(before.modified());
    }

    Outcome outcome() {
        VersionEntry.Version written = version;
        VersionEntry.DeleteMarker deleted = marker;
        if (written == null) {
            return new Absent();
        }
        if (deleted == null || written.latest() || written.modified().isAfter(deleted.modified())) {
            return new Present(written);
        }
        return deleted.latest() || deleted.modified().isAfter(written.modified())
                ? new Absent()
                : new SameSecond(written, deleted);
    }
}
