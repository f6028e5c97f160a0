package dev.sluice.catalog;

import dev.sluice.catalog.BackupDocument.Options;
import dev.sluice.catalog.BackupDocument.Outcome;
import dev.sluice.catalog.BackupDocument.StoredAs;
import dev.sluice.catalog.BackupDocument.Verdict;
import dev.sluice.s3.ObjectOptions;
import java.time.Instant;
import java.util.HexFormat;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The common parts of documents of every version: the bounds of their values, and members that have not changed.
final class DocumentParts {

    static final int MOST_STRIPES = 64; // of one BACKUP
    static final int MOST_SEGMENTS = 10_000;
    static final int MOST_PARTS = 1 << 24;
    static final long MOST_BYTES = 1L << 50;
    static final int LARGEST_BLOCK = 64 << 20;
    static final int LONGEST_KEY = 1_024; // S3's own limit

    /// Of all blocks of a document: 128 TiB in blocks of 8 MiB, which take 64 MiB of memory.
    static final int MOST_SUMS = 1 << 24;

    private static final int LARGEST_TRANSFER = 4 << 20;
    private static final int LONGEST_STORAGE_CLASS = 64;

    private DocumentParts() {}

    static String hex(int sum) {
        return HexFormat.of().toHexDigits(sum);
    }

    static Verdict verdict(StrictJson json) {
        var read = new Object() {
            @Nullable
            Outcome outcome;

            @Nullable
            String proof;
        };
        json.object(name -> {
            switch (name) {
                case "outcome" -> read.outcome = json.oneOf(Outcome.class);
                case "proof" -> read.proof = json.text(0, StrictJson.LONGEST_TEXT);
                default -> json.other();
            }
        });
        return new Verdict(json.need(read.outcome, "outcome"), json.need(read.proof, "proof"));
    }

    static Options options(StrictJson json) {
        var read = new Object() {
            @Nullable
            Integer maxTransferSize;

            @Nullable
            Integer blockSize;

            @Nullable
            Integer bufferCount;

            @Nullable
            Boolean compression;

            @Nullable
            Boolean checksum;

            @Nullable
            StoredAs objects;
        };
        json.object(name -> {
            switch (name) {
                case "maxTransferSize" -> read.maxTransferSize = json.count(0, LARGEST_TRANSFER);
                case "blockSize" -> read.blockSize = json.count(0, 64 << 10);
                case "bufferCount" -> read.bufferCount = json.count(0, Integer.MAX_VALUE);
                case "compression" -> read.compression = json.flag();
                case "checksum" -> read.checksum = json.flag();
                case "objects" -> read.objects = objects(json);
                default -> json.other();
            }
        });
        return new Options(
                json.need(read.maxTransferSize, "maxTransferSize"),
                json.need(read.blockSize, "blockSize"),
                json.need(read.bufferCount, "bufferCount"),
                json.need(read.compression, "compression"),
                json.need(read.checksum, "checksum"),
                read.objects);
    }

    private static StoredAs objects(StrictJson json) {
        var read = new Object() {
            @Nullable
            String storageClass;

            ObjectOptions.@Nullable LockMode mode;

            @Nullable
            Instant until;
        };
        json.object(name -> {
            switch (name) {
                case "storageClass" -> read.storageClass = json.isNull() ? null : json.text(1, LONGEST_STORAGE_CLASS);
                case "lockMode" -> read.mode = json.isNull() ? null : json.oneOf(ObjectOptions.LockMode.class);
                case "lockedUntil" -> read.until = json.isNull() ? null : json.instant();
                default -> json.other();
            }
        });
        ObjectOptions.LockMode mode = read.mode;
        Instant until = read.until;
        if ((mode == null) != (until == null)) {
            throw new StrictJson.Refusal(json.where() + " has one of lockMode and lockedUntil, but not the other");
        }
        return new StoredAs(
                read.storageClass, mode == null || until == null ? null : new ObjectOptions.Lock(mode, until));
    }

    /// Checks rules that concern several members.
    static void check(BackupDocument document) {
        if (!document.deviceSet().equals(BackupDocument.deviceSet(document.backupId()))) {
            throw new StrictJson.Refusal("deviceSet must be %s, but is '%s'"
                    .formatted(
                            BackupDocument.deviceSet(document.backupId()), PrintableText.text(document.deviceSet())));
        }
    }

    /// @param where the member that the facts come from, for the refusal
    static <T> T part(String where, Supplier<T> facts) {
        try {
            return facts.get();
        } catch (IllegalArgumentException e) {
            throw new StrictJson.Refusal(where + ": " + e.getMessage());
        }
    }
}
