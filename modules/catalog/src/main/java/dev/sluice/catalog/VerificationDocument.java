package dev.sluice.catalog;

import java.time.Instant;
import java.util.List;
import java.util.Locale;

/// What was found when a backup in the bucket was read again to its last byte.
///
/// @param sluiceVersion the program that read it
/// @param backupId      which backup
/// @param database      the backup's
/// @param startedAt     by the clock of the machine that read it
/// @param finishedAt    by the same clock
/// @param outcome       what is known now
/// @param bytes         how many were read
/// @param structure     how far SQL Server's format could be followed: `WHOLE`, `FRONT` or `UNKNOWN`
/// @param checksums     how many of SQL Server's own checksums were computed again and hold
/// @param problems      what is wrong, a sentence each
/// @param remarks       what could not be judged, a sentence each
public record VerificationDocument(
        String sluiceVersion,
        String backupId,
        String database,
        Instant startedAt,
        Instant finishedAt,
        Outcome outcome,
        long bytes,
        String structure,
        long checksums,
        List<String> problems,
        List<String> remarks) {

    /// A damaged object can have a problem for each of its blocks: the first ones tell enough.
    private static final int MOST_SENTENCES = 100;

    private static final int LONGEST_SENTENCE = 2_000;

    /// Keys count in units of 100 ns, as all times of the catalog do.
    private static final long UNIT = 100;

    /// What is known after a verification.
    public enum Outcome {
        /// Every byte is as it was stored, and the stream is as SQL Server's format wants it, as far as it can
        /// be followed.
        SOUND,
        /// A byte differs, an object is missing, or the stream breaks its format.
        DAMAGED;

        /// As keys and people have it.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public VerificationDocument {
        // As exactly as the key has it.
        finishedAt = counted(finishedAt);
        problems = bounded(problems);
        remarks = bounded(remarks);
    }

    /// A moment as exactly as keys have it.
    public static Instant counted(Instant moment) {
        return Instant.ofEpochSecond(moment.getEpochSecond(), moment.getNano() / UNIT * UNIT);
    }

    private static List<String> bounded(List<String> sentences) {
        return sentences.stream()
                .limit(MOST_SENTENCES)
                .map(sentence -> sentence.length() <= LONGEST_SENTENCE
                        ? sentence
                        : sentence.substring(0, LONGEST_SENTENCE - 1) + "…")
                .toList();
    }
}
