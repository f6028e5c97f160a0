package dev.sluice.engine.rebuild;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.s3.ObjectFacts;
import java.time.LocalDateTime;
import java.util.Locale;
import java.util.UUID;

/// A file that is one stripe of one backup set.
///
/// @param mediaSet  shared by the stripes
/// @param set       the backup set
/// @param family    which stripe, from 1
/// @param families  how many there are
/// @param localTime when the backup began, by the server's local clock
record MediaMember(
        ObjectFacts facts,
        StoredStream.Seen seen,
        UUID mediaSet,
        UUID set,
        int family,
        int families,
        LocalDateTime localTime) {

    private static final String FILE_N =
            "restore it with SQL Server's own RESTORE ... FROM DISK WITH FILE = n, or copy each"
                    + " set into a file of its own";

    /// **Errors:** [Unusable] when it is a backup, and none that can be restored from here; the reason says what to
    /// do.
    static MediaMember of(ObjectFacts facts, StoredStream.Seen seen) {
        StreamHead head = seen.head();
        MediaLabel label =
                head.label().orElseThrow(() -> new Unusable("its media label cannot be read: " + head.reason()));
        BackupSet set = head.set().orElseThrow(() -> new Unusable("no backup set begins in it"));
        BackupHeader header = head.header()
                .orElseThrow(() -> new Unusable("its header cannot be read; is it whole? See `sluice verify`"));
        LocalDateTime started = header.started() == null ? set.started() : header.started();
        if (label.mediaSet() == null || set.guid() == null || started == null) {
            throw new Unusable("it does not say which backup set it is of");
        }
        if (label.passwordProtected()) {
            throw new Unusable(
                    "it has a media password: only RESTORE ... WITH MEDIAPASSWORD reads it, of SQL Server up to"
                            + " 2019; restore it there and take a backup without one");
        }
        requireOneWholeSet(head);
        if (set.position() > 1) {
            throw new Unusable(String.format(
                    Locale.ROOT, "its first backup set has number %d on its medium: %s", set.position(), FILE_N));
        }
        if (label.family() < 1 || label.family() > label.families()) {
            throw new Unusable(
                    String.format(Locale.ROOT, "it calls itself stripe %d of %d", label.family(), label.families()));
        }
        return new MediaMember(facts, seen, label.mediaSet(), set.guid(), label.family(), label.families(), started);
    }

    /// **Errors:** as above.
    static void requireOneWholeSet(StreamHead head) {
        if (head.sets() > 1) {
            throw new Unusable(String.format(
                    Locale.ROOT,
                    "%d backup sets or more are in it, and a restore from here reads the first: %s",
                    head.sets(),
                    FILE_N));
        }
        if (head.end() == StreamHead.End.CUT) {
            throw new Unusable("it does not end as a backup ends: it was cut off, or is still being written");
        }
    }

    String key() {
        return facts.object().key();
    }

    long bytes() {
        return facts.object().bytes();
    }

    BackupHeader header() {
        return seen.head().header().orElseThrow();
    }
}
