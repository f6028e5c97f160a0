package dev.sluice.sidecar.config;

import dev.sluice.catalog.BackupType;
import org.jspecify.annotations.Nullable;

/// `policies[].backup:`
///
/// What is null is as `backup` and `store` have it.
public record PolicyBackup(
        @Key(
                value =
                        "Devices, and so objects, of a backup. Log backups take up to so many. Default: `backup.stripes`.",
                optional = true,
                min = "1",
                max = "64",
                example = "4")
        @Nullable
        Integer stripes,

        @Key(value = "As `backup.compression`, which is the default.", optional = true, example = "zstd")
        BackupSection.@Nullable Compression compression,

        @Key(value = "As `backup.checksum`, which is the default.", optional = true, example = "true") @Nullable
        Boolean checksum,

        @Key(
                value = "Whether backups are copy-only: they touch neither the differential base nor the log chain of"
                        + " another program. Default: `false`.",
                optional = true,
                bound = "not beside `diff` or `keep.full`",
                example = "true")
        @Nullable
        Boolean copyOnly,

        @Key(
                value = "The storage class of the objects. Default: `store.storage-class`.",
                optional = true,
                pattern = StoreSection.STORAGE_CLASS,
                bound = StoreSection.STORAGE_CLASS_BOUND,
                example = "STANDARD_IA")
        @Nullable
        String storageClass,

        @Key(
                value = "Object Lock of the objects, only beside `store.object-lock`, which is the default.",
                optional = true)
        StoreSection.@Nullable ObjectLock objectLock,

        @Key(value = "What differs for full backups.", optional = true) @Nullable
        OfType full,

        @Key(value = "What differs for differentials.", optional = true) @Nullable
        OfType diff,

        @Key(value = "What differs for log backups.", optional = true) @Nullable
        OfType log) {

    /// Nothing differs.
    public static final PolicyBackup NONE = new PolicyBackup(null, null, null, null, null, null, null, null, null);

    /// `policies[].backup.full:` and the like.
    public record OfType(
            @Key(
                    value = "Devices, and so objects, of a backup: exactly so many, also of a log backup.",
                    optional = true,
                    min = "1",
                    max = "64",
                    example = "1")
            @Nullable
            Integer stripes,

            @Key(value = "As `backup.compression`.", optional = true, example = "xpress")
            BackupSection.@Nullable Compression compression,

            @Key(value = "As `backup.checksum`.", optional = true, example = "true") @Nullable
            Boolean checksum,

            @Key(
                    value = "Whether they are copy-only.",
                    optional = true,
                    bound = "not with `diff`; with `log` only if full backups are copy-only too",
                    example = "true")
            @Nullable
            Boolean copyOnly,

            @Key(
                    value = "The storage class of the objects.",
                    optional = true,
                    pattern = StoreSection.STORAGE_CLASS,
                    bound = StoreSection.STORAGE_CLASS_BOUND,
                    example = "STANDARD_IA")
            @Nullable
            String storageClass,

            @Key(value = "Object Lock of the objects, only beside `store.object-lock`.", optional = true)
            StoreSection.@Nullable ObjectLock objectLock) {

        private static final OfType NONE = new OfType(null, null, null, null, null, null);

        public OfType {
            StoreSection.requireReadable(storageClass);
        }
    }

    public PolicyBackup {
        StoreSection.requireReadable(storageClass);
        if (diff != null && Boolean.TRUE.equals(diff.copyOnly())) {
            throw new Invalid(
                    "diff.copy-only",
                    "there are no copy-only differentials: SQL Server ignores COPY_ONLY beside DIFFERENTIAL",
                    "leave it out");
        }
        if (copyOnly(BackupType.LOG, copyOnly, log) && !copyOnly(BackupType.FULL, copyOnly, full)) {
            throw new Invalid(
                    log != null && log.copyOnly() != null ? "log.copy-only" : "full.copy-only",
                    "log backups are copy-only and full backups are not: those would become the base of another program's"
                            + " differentials",
                    "write copy-only: true beside them, for both");
        }
    }

    /// What holds for a type: what is said of it, or else of all.
    OfType of(BackupType type) {
        OfType own = ofItsOwn(type);
        return new OfType(
                or(own.stripes(), stripes),
                or(own.compression(), compression),
                or(own.checksum(), checksum),
                isCopyOnly(type),
                or(own.storageClass(), storageClass),
                or(own.objectLock(), objectLock));
    }

    /// What is said of this type alone.
    OfType ofItsOwn(BackupType type) {
        OfType own = switch (type) {
            case FULL -> full;
            case DIFFERENTIAL -> diff;
            case LOG -> log;
        };
        return own == null ? OfType.NONE : own;
    }

    /// Whether backups of a type are copy-only. Differentials never are.
    boolean isCopyOnly(BackupType type) {
        return copyOnly(type, copyOnly, ofItsOwn(type));
    }

    private static boolean copyOnly(BackupType type, @Nullable Boolean all, @Nullable OfType own) {
        Boolean said = (own == null || own.copyOnly() == null) ? all : own.copyOnly();
        return type != BackupType.DIFFERENTIAL && Boolean.TRUE.equals(said);
    }

    private static <T> @Nullable T or(@Nullable T own, @Nullable T all) {
        return own == null ? all : own;
    }
}
