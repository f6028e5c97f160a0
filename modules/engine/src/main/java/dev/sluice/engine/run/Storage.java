package dev.sluice.engine.run;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.catalog.BackupDocument.StoredAs;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.PartPlan;
import java.time.Duration;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/// What the objects of backups are to be like. Documents are as the bucket has it.
///
/// @param partSize bytes of a part, in whole mebibytes; 0 for what suits the backup's size and the memory
/// @param objects  class, encryption and tags; without a lock
/// @param lock     null for none
public record Storage(
        int partSize, ObjectOptions objects, @Nullable Lock lock) {

    /// Parts of the size that suits the backup, and objects as the bucket's defaults have them.
    public static final Storage DEFAULT = new Storage(0, ObjectOptions.NONE, null);

    /// Object Lock.
    ///
    /// @param time from the backup's beginning
    public record Lock(ObjectOptions.LockMode mode, Duration time) {

        ObjectOptions.Lock of(Instant startedAt) {
            return new ObjectOptions.Lock(mode, startedAt.plus(time));
        }
    }

    /// What a backup asks for its objects where that differs from what all others get.
    ///
    /// @param storageClass S3's name of it; null for the one of all others
    /// @param lock         null for the one of all others
    public record Choice(
            @Nullable String storageClass, @Nullable Lock lock) {

        /// As all others.
        public static final Choice NONE = new Choice(null, null);
    }

    public Storage {
        if (partSize != 0) {
            var _ = new PartPlan(partSize, 1, 1, 1);
        }
        if (objects.lock() != null) {
            throw new IllegalArgumentException("each backup's lock has a time of its own");
        }
    }

    /// With the lock.
    ///
    /// @param startedAt of the backup, by SQL Server's clock
    public ObjectOptions objects(Instant startedAt) {
        return lock == null
                ? objects
                : new ObjectOptions(objects.storageClass(), objects.encryption(), objects.tags(), lock.of(startedAt));
    }

    /// What a backup's objects are to be like: as its document says, or else as all others.
    public ObjectOptions objects(BackupDocument backup) {
        StoredAs asked = backup.options().objects();
        return asked == null
                ? objects(backup.startedAt())
                : new ObjectOptions(asked.storageClass(), objects.encryption(), objects.tags(), asked.lock());
    }

    /// What is asked for the objects of a backup that begins then; null for nothing in particular.
    public @Nullable StoredAs asked(Choice choice, Instant startedAt) {
        String storageClass = choice.storageClass() == null ? objects.storageClass() : choice.storageClass();
        ObjectOptions.Lock until =
                choice.lock() == null ? lock(startedAt) : choice.lock().of(startedAt);
        return storageClass == null && until == null ? null : new StoredAs(storageClass, until);
    }

    /// The lock of everything that is kept of a backup; null for none.
    public ObjectOptions.@Nullable Lock lock(Instant startedAt) {
        return objects(startedAt).lock();
    }

    /// As above, of a backup whose document may say it.
    public ObjectOptions.@Nullable Lock lock(BackupDocument backup) {
        return objects(backup).lock();
    }

    /// The plan that suits, with the size of parts that is asked for.
    public PartPlan plan(PartPlan suitable) {
        return partSize == 0
                ? suitable
                : new PartPlan(partSize, suitable.maxParts(), suitable.blockSize(), suitable.maxTransfer());
    }
}
