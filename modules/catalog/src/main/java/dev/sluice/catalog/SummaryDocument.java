package dev.sluice.catalog;

import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a server's sidecar says about itself and its databases: small, so that those of a thousand servers are read in
/// seconds. It is a sidecar's word. The entries are what counts, and nothing is restored, kept or removed by a summary.
///
/// Each sidecar has one of its own. It replaces it when a condition has changed, and after `interval` at the latest, so
/// its age by the bucket's clock tells whether the sidecar still runs. The replicas of an availability group share an
/// identity and a directory, and each has a summary there, see [Summaries].
///
/// @param sluiceVersion the program that wrote it
/// @param server        the configured identity
/// @param identity      of the SQL Server that the sidecar works with, without its groups
/// @param writtenAt     by the clock of the sidecar's machine. Nothing is decided by it where the bucket tells the time
/// @param interval      within which the sidecar promises to write the next one; whole seconds, 1 second to 1 day
/// @param unmet         what backups need and is not so now, by the names of the readiness checks
/// @param databases     the worst first
/// @param omitted       how many further databases found no room
/// @param shared        whether the directory was claimed for an availability group, so that summaries of other
///                      replicas may lie beside this one
public record SummaryDocument(
        String sluiceVersion,
        String server,
        ServerIdentity identity,
        Instant writtenAt,
        Duration interval,
        List<String> unmet,
        List<Database> databases,
        int omitted,
        boolean shared) {

    /// The largest object, in bytes: more than a thousand databases.
    public static final int LARGEST = 1 << 20;

    /// The longest sentence about what is wrong.
    public static final int LONGEST_PROBLEM = 300;

    /// The most sentences about one database.
    public static final int MOST_PROBLEMS = 5;

    static final Duration LONGEST_INTERVAL = Duration.ofDays(1);
    static final int MOST_UNMET = 16;
    static final int MOST_DATABASES = 1 << 15;
    static final int MOST_TYPES = 3;

    /// How much a person is needed.
    public enum Condition {
        /// Something cannot be restored, or will not be backed up.
        FAILING,
        /// Something should be looked at.
        ATTENTION,
        WELL
    }

    /// One database.
    ///
    /// @param problems    what is wrong, in sentences
    /// @param earliest    the first instant of the newest unbroken stretch that can be restored; null for none
    /// @param latest      its last instant; null for none
    /// @param unconfirmed backups without a verdict
    /// @param types       what policies take of it
    /// @param drill       the last restore drill; null for none
    public record Database(
            String name,
            Condition condition,
            List<String> problems,
            @Nullable Instant earliest,
            @Nullable Instant latest,
            int unconfirmed,
            List<Type> types,
            @Nullable Drill drill) {

        public Database {
            if ((earliest == null) != (latest == null)) {
                throw new IllegalArgumentException("a stretch has two ends");
            }
            if (unconfirmed < 0) {
                throw new IllegalArgumentException("unconfirmed is negative");
            }
            problems = problems.stream()
                    .limit(MOST_PROBLEMS)
                    .map(SummaryDocument::shortened)
                    .toList();
            types = List.copyOf(types);
        }
    }

    /// One type of backup of a database.
    ///
    /// @param last   when the last good one ended; null when there is none
    /// @param next   when the next one is due, or has been since; null when none is
    /// @param failed whether the last attempt failed
    public record Type(
            BackupType type,
            @Nullable Instant last,
            @Nullable Instant next,
            boolean failed) {}

    /// The last restore drill of a database.
    public record Drill(DrillDocument.Outcome outcome, Instant finishedAt) {}

    public SummaryDocument {
        if (interval.toSeconds() < 1 || interval.toNanosPart() != 0 || interval.compareTo(LONGEST_INTERVAL) > 0) {
            throw new IllegalArgumentException("interval must be whole seconds, from 1 second to 1 day");
        }
        if (omitted < 0) {
            throw new IllegalArgumentException("omitted is negative");
        }
        identity = identity.withoutGroups();
        unmet = List.copyOf(unmet);
        databases = List.copyOf(databases);
    }

    private static String shortened(String problem) {
        if (problem.length() <= LONGEST_PROBLEM) {
            return problem;
        }
        // Not within a pair of surrogates.
        int end = LONGEST_PROBLEM - 1;
        return problem.substring(0, Character.isHighSurrogate(problem.charAt(end - 1)) ? end - 1 : end) + "…";
    }

    /// The same without the last of its databases, of which there must be some.
    SummaryDocument withDatabases(int count) {
        return new SummaryDocument(
                sluiceVersion,
                server,
                identity,
                writtenAt,
                interval,
                unmet,
                databases.subList(0, count),
                omitted + databases.size() - count,
                shared);
    }
}
