package dev.sluice.sidecar.cli;

import dev.sluice.engine.bucket.PastBucket;
import dev.sluice.sidecar.install.Installation;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.ZonedDateTime;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/// The instant as of which a command reads the bucket. Only for commands that write nothing there.
final class AsOfOption {

    static final String NAME = "--as-of";

    @Option(
            names = NAME,
            paramLabel = "INSTANT",
            description =
                    "Read the bucket as it was at this instant (2026-03-01T10:42:00+01:00, or ending in Z): backups"
                            + " that were removed or overwritten since are there. The bucket must keep versions.")
    @Nullable
    String text;

    boolean isSaid() {
        return text != null;
    }

    /// The instant, or now.
    Instant orNow() {
        Instant said = instant();
        return said == null ? Instant.now() : said;
    }

    /// Starts what the command works on, and tells the user what limits the answers about the instant.
    Installation start(Shutdown shutdown, InstallationOption target, CommonOptions common) {
        Instant instant = instant();
        Installation installation = shutdown.guard(target.start(common.config, instant));
        if (instant != null) {
            PastBucket.look(installation.environment())
                    .forEach(note -> common.output().notice("sluice: " + note));
        }
        return installation;
    }

    /// What a restore cannot do with an older bucket.
    ///
    /// @param tail  whether it stores the tail of the log
    /// @param files where a script finds its files; null without a script
    void refuse(boolean tail, @Nullable String files) {
        if (isSaid() && tail) {
            throw new UsageError(
                    "--tail stores a backup, and a bucket that is read as it was takes none: not both --tail and "
                            + NAME,
                    "Save the tail first with `sluice backup DB --type tail`, or lose it with --discard-tail.");
        }
        if (isSaid() && files != null && files.startsWith("s3://")) {
            throw new UsageError(
                    "SQL Server reads the objects that the bucket has now, not those of " + NAME,
                    "Get the files with `sluice fetch %s INSTANT ID DIR`, and say --files DIR.".formatted(NAME));
        }
    }

    /// **Errors:** [UsageError] for what is no instant, and for one that is yet to come.
    private @Nullable Instant instant() {
        if (text == null) {
            return null;
        }
        Instant instant;
        try {
            // A day and a time, too, as people write them.
            instant = ZonedDateTime.parse(text.strip().replace(' ', 'T')).toInstant();
        } catch (DateTimeException e) {
            throw new UsageError(
                    "%s '%s' is no instant with an offset".formatted(NAME, text),
                    "Say %s 2026-03-01T10:42:00+01:00, or %s 2026-03-01T09:42:00Z.".formatted(NAME, NAME));
        }
        if (instant.isAfter(Instant.now())) {
            throw new UsageError(
                    "%s %s is yet to come, by this machine's clock".formatted(NAME, text),
                    "Say an instant that is past, or leave it away for what the bucket has now.");
        }
        return instant;
    }
}
