package dev.sluice.sidecar.config;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// `upload:`
public record UploadSection(
        @Key(
                value = "Requests at once that carry backup bytes. `auto`: 8.",
                word = "auto",
                min = "1",
                max = "256",
                example = "16")
        @Nullable
        Integer concurrency,

        @Key(
                value = "How large parts are. `auto`: 16MiB, up to 64MiB for large stripes with memory for eight,"
                        + " larger where 10,000 of them would be too few, smaller where memory is short. What"
                        + " does not fit into 10,000 parts goes into a further object.",
                word = "auto",
                min = "5MiB",
                max = "512MiB",
                bound = "a multiple of 1MiB; fits into `memory.budget` with a transfer, once for each of"
                        + " `backup.stripes`",
                example = "64MiB")
        @Nullable
        Size partSize,

        @Key(
                value = "How fast all uploads together may send.",
                word = "none",
                min = "64KiB/s",
                bound = "64KiB/s for each of `concurrency` at least, and enough for them to send a part each in"
                        + " ten minutes",
                example = "200MiB/s")
        @Nullable
        Rate rateLimit) {

    private static final int USUAL_CONCURRENCY = 8;
    private static final long USUAL_PART = 16L << 20;
    private static final long PART_SECONDS = 600;
    private static final long LEAST_PER_REQUEST = 64 << 10;

    public UploadSection {
        if (partSize != null && partSize.bytes() % (1 << 20) != 0) {
            throw new Invalid("part-size", "%s is no multiple of 1MiB".formatted(partSize), "try 16MiB");
        }
        int requests = concurrency == null ? USUAL_CONCURRENCY : concurrency;
        long part = partSize == null ? USUAL_PART : partSize.bytes();
        // Below this, requests that only wait for their turn would be taken for dead.
        long least = requests * Math.max(LEAST_PER_REQUEST, Math.ceilDiv(part, PART_SECONDS));
        if (rateLimit != null && rateLimit.bytesPerSecond() < least) {
            throw new Invalid(
                    "rate-limit",
                    String.format(
                            Locale.ROOT,
                            "%s is too little for %d requests at once with parts of %s",
                            rateLimit,
                            requests,
                            new Size(part)),
                    "give at least %s, or lower upload.concurrency"
                            .formatted(new Rate(Math.ceilDiv(least, 1024) * 1024)));
        }
    }
}
