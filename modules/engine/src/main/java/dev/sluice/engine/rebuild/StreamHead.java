package dev.sluice.engine.rebuild;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamTail;
import java.util.Objects;
import java.util.Optional;

/// What a stream says about itself at its beginning and at its end.
///
/// @param inspection of the beginning, with the final header if it was found
/// @param end        how it ends
/// @param sets       backup sets in it; 0 when that is not known
record StreamHead(Inspection inspection, End end, int sets) {

    enum End {
        /// As a backup ends.
        WHOLE,
        /// Not as a backup ends.
        CUT,
        /// Its end is packed (compressed by SQL Server), or it is no stream that is understood.
        UNKNOWN
    }

    /// Of a stream that was read to its end, or of whose end nothing can be told.
    static StreamHead of(Inspection inspection) {
        return switch (inspection) {
            case Inspection.NotInspected _ -> new StreamHead(inspection, End.UNKNOWN, 0);
            case Inspection.Inspected inspected ->
                switch (inspected.ending()) {
                    case Inspection.Ending.Complete() -> new StreamHead(inspection, End.WHOLE, inspected.sets());
                    case Inspection.Ending.Incomplete _ -> new StreamHead(inspection, End.CUT, inspected.sets());
                    case Inspection.Ending.Unknown() -> new StreamHead(inspection, End.UNKNOWN, 0);
                };
        };
    }

    /// Of a stream whose beginning and whose end were read.
    static StreamHead of(Inspection front, Optional<StreamTail> tail) {
        if (front instanceof Inspection.Inspected inspected && tail.isPresent()) {
            int sets = Math.max(inspected.sets(), Math.max(tail.get().set(), isOne(inspected, tail.get()) ? 1 : 2));
            // Behind further sets it is the header of the last one.
            return new StreamHead(
                    sets > 1 ? front : inspected.concluded(tail.get().header()), End.WHOLE, sets);
        }
        return new StreamHead(front, End.CUT, 0);
    }

    /// Whether the header in front and the one at the end are of the same backup.
    private static boolean isOne(Inspection.Inspected front, StreamTail tail) {
        BackupHeader first = front.provisional();
        BackupHeader last = tail.header();
        return first == null
                || (first.database().equals(last.database())
                        && first.typeLetter() == last.typeLetter()
                        && Objects.equals(first.started(), last.started()));
    }

    Optional<MediaLabel> label() {
        return understood().flatMap(inspected -> Optional.ofNullable(inspected.media()));
    }

    Optional<BackupSet> set() {
        return understood().flatMap(inspected -> Optional.ofNullable(inspected.set()));
    }

    Optional<BackupHeader> header() {
        return understood().flatMap(Inspection.Inspected::header);
    }

    boolean isCompressed() {
        return understood()
                .filter(inspected -> inspected.container() == Inspection.Container.COMPRESSED)
                .isPresent();
    }

    Optional<Inspection.Inspected> understood() {
        return inspection instanceof Inspection.Inspected inspected ? Optional.of(inspected) : Optional.empty();
    }

    /// Why it was not understood; empty when it was.
    String reason() {
        return inspection instanceof Inspection.NotInspected not ? not.reason() : "";
    }
}
