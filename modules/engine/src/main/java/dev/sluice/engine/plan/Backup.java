package dev.sluice.engine.plan;

import dev.sluice.mtf.Lsn;
import dev.sluice.mtf.RecoveryModel;
import java.time.Instant;
import java.util.HashSet;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// A backup set, as far as planning looks at it. The words are those of `msdb.dbo.backupset`.
///
/// @param id               in the catalog; of a set that only msdb knows, its GUID
/// @param database         the name it had when it was backed up; decides nothing
/// @param copyOnly         no differential is based on it, and it truncated nothing
/// @param place            where its bytes are
/// @param set              `backup_set_uuid`
/// @param family           `family_guid`: survives restore and rename
/// @param path             the recovery forks it begins and ends in
/// @param firstLsn         first record in it
/// @param lastLsn          the record behind the last one in it
/// @param checkpointLsn    `checkpoint_lsn`
/// @param differentialBase of a differential, the set that it is based on
/// @param recoveryModel    of the database, when it was taken
/// @param started          by SQL Server's clock
/// @param finished         by SQL Server's clock
/// @param lastRecord       `last_valid_restore_time`: when the last record in it was written; null where the
///                         version does not tell
/// @param traits           what else is known of it
/// @param bytes            of all stripes
/// @param stripes          how many it has
/// @param missing          those that are not there, from 1
public record Backup(
        String id,
        String database,
        Kind kind,
        boolean copyOnly,
        Place place,
        UUID set,
        UUID family,
        RecoveryPath path,
        Lsn firstLsn,
        Lsn lastLsn,
        Lsn checkpointLsn,
        @Nullable UUID differentialBase,
        RecoveryModel recoveryModel,
        Instant started,
        Instant finished,
        @Nullable Instant lastRecord,
        Set<Trait> traits,
        long bytes,
        int stripes,
        Set<Integer> missing) {

    public Backup {
        traits = Set.copyOf(traits);
        missing = Set.copyOf(missing);
        if (lastLsn.compareTo(firstLsn) < 0) {
            throw new IllegalArgumentException(
                    "backup %s ends at %s, before it begins at %s".formatted(id, lastLsn, firstLsn));
        }
    }

    /// The set's GUID tells backups apart; going through twenty components for each look into a map would cost
    /// more than the planning.
    @Override
    public int hashCode() {
        return set.hashCode();
    }

    /// What is in it, under the letters of `msdb.dbo.backupset.type`.
    public enum Kind {
        FULL('D'),
        DIFFERENTIAL('I'),
        LOG('L'),
        FILE('F'),
        FILE_DIFFERENTIAL('G'),
        PARTIAL('P'),
        PARTIAL_DIFFERENTIAL('Q');

        private final char letter;

        Kind(char letter) {
            this.letter = letter;
        }

        public static Optional<Kind> ofLetter(String letter) {
            for (Kind kind : values()) {
                if (letter.strip().equals(String.valueOf(kind.letter))) {
                    return Optional.of(kind);
                }
            }
            return Optional.empty();
        }

        /// Whether it holds some of the database's files only.
        boolean isPart() {
            return switch (this) {
                case FULL, DIFFERENTIAL, LOG -> false;
                case FILE, FILE_DIFFERENTIAL, PARTIAL, PARTIAL_DIFFERENTIAL -> true;
            };
        }
    }

    /// What keeps a backup from being used, or is worth knowing.
    public enum Trait {
        /// `is_damaged`.
        DAMAGED,
        /// `is_snapshot`: the pages are in a snapshot of the storage, not in the stream.
        SNAPSHOT,
        /// `has_bulk_logged_data`: SQL Server cannot stop inside this log.
        BULK_LOGGED,
        /// `begins_log_chain`.
        BEGINS_LOG_CHAIN,
        /// `is_force_offline`: the tail, taken WITH NORECOVERY.
        TAIL,
        /// `has_backup_checksums`.
        CHECKSUMS,
        /// Another program has taken it, and its files are that program's.
        ADOPTED,
        /// A person has said that it is not to be used.
        LEFT_OUT
    }

    /// Where the bytes are.
    public sealed interface Place {

        /// In the bucket, and SQL Server has called it good.
        record Stored() implements Place {}

        /// In the bucket, complete; SQL Server's verdict was lost.
        record Unconfirmed() implements Place {}

        /// Known from msdb only, so that nothing can be restored from it here.
        sealed interface Absent extends Place {}

        /// Another program has taken it.
        ///
        /// @param device where to
        /// @param user   who
        record Elsewhere(String device, String user) implements Absent {}

        /// Sluice has taken it: the name of its device is of the form that only Sluice gives.
        ///
        /// @param backupId    identifier
        /// @param description what msdb says where it went; may be empty
        /// @param dataIsHere  whether its data lies in this bucket, and so its entry alone is missing
        record WithoutEntry(String backupId, String description, boolean dataIsHere) implements Absent {}
    }

    public boolean has(Trait trait) {
        return traits.contains(trait);
    }

    /// A log backup of a time in which nothing was logged.
    public boolean isEmpty() {
        return firstLsn.equals(lastLsn);
    }

    public Backup without(Set<Integer> stripesMissing) {
        return with(traits, stripesMissing);
    }

    /// For a plan that is to do without it, and yet knows that it is there.
    public Backup leftOut() {
        Set<Trait> more = new HashSet<>(traits);
        more.add(Trait.LEFT_OUT);
        return with(more, missing);
    }

    /// The same, taken by another program.
    Backup adopted() {
        Set<Trait> more = new HashSet<>(traits);
        more.add(Trait.ADOPTED);
        return with(more, missing);
    }

    private Backup with(Set<Trait> otherTraits, Set<Integer> stripesMissing) {
        return new Backup(
                id,
                database,
                kind,
                copyOnly,
                place,
                set,
                family,
                path,
                firstLsn,
                lastLsn,
                checkpointLsn,
                differentialBase,
                recoveryModel,
                started,
                finished,
                lastRecord,
                otherTraits,
                bytes,
                stripes,
                stripesMissing);
    }

    /// Whether it was in the bucket, and is not there whole or is not to be used.
    boolean isLost() {
        return !missing.isEmpty() || has(Trait.LEFT_OUT);
    }

    /// Why no plan may use it; empty when one may.
    ///
    /// @param unconfirmedToo whether a person has said that unconfirmed backups may be used
    Optional<String> unusable(boolean unconfirmedToo) {
        if (kind.isPart()) {
            return Optional.of("it holds single files or filegroups (type %c), which are not planned automatically"
                    .formatted(kind.letter));
        }
        if (has(Trait.LEFT_OUT)) {
            return Optional.of("it was to be left out");
        }
        if (has(Trait.DAMAGED)) {
            return Optional.of("SQL Server has marked it damaged");
        }
        if (has(Trait.SNAPSHOT)) {
            return Optional.of("its pages are in a snapshot of the storage, not in the backup");
        }
        if (!missing.isEmpty()) {
            return Optional.of(String.format(
                    Locale.ROOT,
                    "stripe %s of %d is missing",
                    String.join(
                            ", ",
                            new TreeSet<>(missing).stream().map(String::valueOf).toList()),
                    stripes));
        }
        return switch (place) {
            case Place.Stored() -> Optional.empty();
            case Place.Unconfirmed() ->
                unconfirmedToo
                        ? Optional.empty()
                        : Optional.of("it is unconfirmed: Sluice has not heard SQL Server's verdict");
            case Place.Elsewhere(String device, String user) ->
                Optional.of("%s took it to %s, outside the bucket".formatted(user, device));
            case Place.WithoutEntry(String backupId, String description, boolean dataIsHere) ->
                Optional.of(
                        dataIsHere
                                ? "Sluice took it as %s, and its data is in this bucket, but its catalog entry is lost or unreadable: `sluice catalog rebuild` makes it again"
                                        .formatted(backupId)
                                : "Sluice took it as %s into another bucket or prefix%s, or its catalog entry and data are lost"
                                        .formatted(
                                                backupId,
                                                description.isEmpty() ? "" : " (msdb says: " + description + ")"));
        };
    }

    /// For people.
    String named() {
        return "%s backup %s".formatted(kind.name().toLowerCase(Locale.ROOT).replace('_', ' '), id);
    }
}
