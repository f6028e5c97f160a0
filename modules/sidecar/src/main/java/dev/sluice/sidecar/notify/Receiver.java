package dev.sluice.sidecar.notify;

import dev.sluice.catalog.Ulid;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.sql.LogSpace;
import dev.sluice.sidecar.config.NotifySection;
import dev.sluice.sidecar.schedule.JobOutcome;
import dev.sluice.sidecar.serve.JobEvent;
import dev.sluice.sidecar.serve.TrackedBackup;
import dev.sluice.sidecar.serve.TrackedDrill;
import dev.sluice.sidecar.serve.TrackedJob;
import dev.sluice.sidecar.serve.TrackedRestore;
import dev.sluice.sidecar.serve.TrackedVerification;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/// One receiver: decides which events are news to it, and owns its outbox.
///
/// **Threading:** any thread; never waits for the other side.
final class Receiver {

    private static final String CHAIN = "chain";

    private final NotifySection section;
    private final String server;
    private final Ulid ids;
    private final Consumer<Outbox.Settled> count;
    private final RepeatFilter repeats = new RepeatFilter();
    private final LogAlarm logs;
    private final Outbox outbox;

    /// @param count is told what became of each notification
    Receiver(
            NotifySection section,
            Channel channel,
            AttemptPauses pauses,
            String server,
            Ulid ids,
            Consumer<Outbox.Settled> count) {
        this.section = section;
        this.server = server;
        this.ids = ids;
        this.count = count;
        this.logs = new LogAlarm(section.logPercent());
        this.outbox = Outbox.start(section.name(), channel, pauses, this::settled);
    }

    NotifySection section() {
        return section;
    }

    Outbox outbox() {
        return outbox;
    }

    /// Of a database that is this receiver's. Jobs that were cancelled or left out say nothing of how backups
    /// are.
    void on(JobEvent.Ended ended) {
        String type = type(ended.job());
        if (section.types().stream().noneMatch(wanted -> wanted.text().equals(type))) {
            return;
        }
        boolean good = ended.outcome() == JobOutcome.GOOD;
        if (section.heartbeat() != null) {
            if (good && ended.job() instanceof TrackedBackup) {
                outbox.offer(about(NotificationEvent.GOOD_BACKUP, ended, "Good.", null, null));
            }
            return;
        }
        if (ended.outcome() == JobOutcome.FAILED || ended.outcome() == JobOutcome.UNCONFIRMED) {
            failed(ended);
        } else if (good) {
            succeeded(ended);
            chain(ended);
        }
    }

    private void failed(JobEvent.Ended ended) {
        OperationFailed why = ended.failure();
        FailureId id = why == null ? FailureId.UNEXPECTED : why.id();
        if (tells(NotifySection.Event.FAILURE)) {
            // Two damaged backups are two troubles, although they have one id.
            String what = ended.job() instanceof TrackedVerification verification
                    ? id.text() + " " + verification.backupId()
                    : id.text();
            if (!repeats.isNews(subject(ended.job()), what, ended.at())) {
                return;
            }
            outbox.offer(about(
                    NotificationEvent.FAILURE,
                    ended,
                    why == null ? "The job failed." : "%s (%s)".formatted(why.what(), why.where()),
                    id,
                    why == null ? id.remedy() : why.hint()));
        } else {
            // A receiver that wants to hear of the end alone needs to know that there was a beginning.
            repeats.isNews(subject(ended.job()), id.text(), ended.at());
        }
    }

    private void succeeded(JobEvent.Ended ended) {
        // A backup that is sound is no end of the trouble with another one.
        if (ended.job() instanceof TrackedVerification verification && verification.isDamageKnown()) {
            return;
        }
        if (repeats.isWellAgain(subject(ended.job())) && tells(NotifySection.Event.RESOLVED)) {
            outbox.offer(about(NotificationEvent.RESOLVED, ended, "It is good again.", null, null));
        }
    }

    /// A copy-only backup touches no chain, and says nothing of one.
    private void chain(JobEvent.Ended ended) {
        BackupResult taken = ended.backup();
        if (taken == null
                || !tells(NotifySection.Event.CHAIN_BROKEN)
                || (ended.job() instanceof TrackedBackup backup && backup.job().copyOnly())) {
            return;
        }
        RepeatFilter.Subject subject = new RepeatFilter.Subject(ended.job().database(), CHAIN);
        List<ChainFinding> findings = taken.chain();
        if (findings.isEmpty()) {
            repeats.forget(subject);
            return;
        }
        String kinds = findings.stream()
                .map(finding -> finding.kind().name())
                .distinct()
                .sorted()
                .collect(Collectors.joining(" "));
        if (repeats.isNews(subject, kinds, ended.at())) {
            String message = findings.stream()
                    .map(finding -> "%s. %s".formatted(finding.what(), finding.consequence()))
                    .collect(Collectors.joining(" "));
            outbox.offer(about(NotificationEvent.CHAIN_BROKEN, ended, message, null, remedy(findings)));
        }
    }

    private static String remedy(List<ChainFinding> findings) {
        return switch (findings.stream()
                .map(finding -> finding.kind().remedy())
                .max(ChainFinding.Remedy::compareTo)
                .orElse(ChainFinding.Remedy.NONE)) {
            case NONE -> "No backup heals this while the recovery model is SIMPLE.";
            case DIFFERENTIAL -> "Take a differential backup, or let backup.on-broken-chain do it.";
            case FULL -> "Take a full backup, or let backup.on-broken-chain do it.";
        };
    }

    /// Whether it hears of full logs at all.
    boolean wantsLogs() {
        return section.heartbeat() == null && section.everyType() && tells(NotifySection.Event.LOG_FULL);
    }

    /// @param usages of databases that are this receiver's
    void onLogs(List<LogSpace.Usage> usages, Instant at) {
        if (!wantsLogs()) {
            return;
        }
        for (LogAlarm.News news : logs.seen(usages, at)) {
            LogSpace.Usage usage = news.usage();
            if (news.full()) {
                outbox.offer(aboutLog(
                        NotificationEvent.LOG_FULL,
                        usage,
                        "%s What keeps it from being truncated, in SQL Server's words: %s."
                                .formatted(howFull(usage), usage.reuseWait()),
                        LogAlarm.remedy(usage.reuseWait()),
                        at));
            } else if (tells(NotifySection.Event.RESOLVED)) {
                outbox.offer(aboutLog(NotificationEvent.RESOLVED, usage, howFull(usage), null, at));
            } else {
                logs.settled(usage.database(), false, true);
            }
        }
    }

    private static String howFull(LogSpace.Usage usage) {
        return usage.sizeKilobytes() == 0
                ? "The log is %s percent full.".formatted(usage.percent())
                : "The log is %s percent full: %s of %s MB."
                        .formatted(usage.percent(), megabytes(usage.usedKilobytes()), megabytes(usage.sizeKilobytes()));
    }

    /// Rounded up: a log that is in use is never of no size.
    private static long megabytes(long kilobytes) {
        return Math.ceilDiv(kilobytes, 1024L);
    }

    private Notification aboutLog(
            NotificationEvent event, LogSpace.Usage usage, String message, @Nullable String remedy, Instant at) {
        return new Notification(
                Notification.VERSION,
                ids.next(),
                at.toString(),
                event,
                server,
                usage.database(),
                null,
                null,
                message,
                remedy,
                null);
    }

    private boolean tells(NotifySection.Event event) {
        return section.events().contains(event);
    }

    private static RepeatFilter.Subject subject(TrackedJob job) {
        return new RepeatFilter.Subject(job.database(), type(job));
    }

    /// Of a backup the planned type, which stays the same when another type is taken in its place: the end of a
    /// trouble must find its beginning.
    private static String type(TrackedJob job) {
        return switch (job) {
            case TrackedBackup backup -> backup.job().type().name().toLowerCase(Locale.ROOT);
            case TrackedRestore _ -> "restore";
            case TrackedVerification _ -> "verification";
            case TrackedDrill _ -> "drill";
        };
    }

    private static @Nullable String backup(JobEvent.Ended ended) {
        if (ended.backup() != null) {
            return ended.backup().document().backupId();
        }
        return switch (ended.job()) {
            case TrackedBackup backup -> backup.backupId();
            case TrackedRestore _ -> null;
            case TrackedVerification verification -> verification.backupId();
            case TrackedDrill drill -> drill.backupId();
        };
    }

    private Notification about(
            NotificationEvent event,
            JobEvent.Ended ended,
            String message,
            @Nullable FailureId failure,
            @Nullable String remedy) {
        return new Notification(
                Notification.VERSION,
                ids.next(),
                ended.at().toString(),
                event,
                server,
                ended.job().database(),
                type(ended.job()),
                failure == null ? null : failure.text(),
                message,
                remedy,
                backup(ended));
    }

    /// A receiver that could not be told of a trouble hears of it when it is met again.
    private void settled(Notification notification, Outbox.Settled how) {
        count.accept(how);
        String database = notification.database();
        String type = notification.type();
        if (database == null) {
            return;
        }
        boolean delivered = how == Outbox.Settled.DELIVERED;
        if (type == null) {
            logs.settled(database, notification.event() == NotificationEvent.LOG_FULL, delivered);
            return;
        }
        if (delivered) {
            return;
        }
        switch (notification.event()) {
            case FAILURE -> repeats.forget(new RepeatFilter.Subject(database, type));
            case CHAIN_BROKEN -> repeats.forget(new RepeatFilter.Subject(database, CHAIN));
            case LOG_FULL, RESOLVED, GOOD_BACKUP, TEST -> {
                // There is no trouble to be told again.
            }
        }
    }
}
