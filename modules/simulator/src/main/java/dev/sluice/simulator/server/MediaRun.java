package dev.sluice.simulator.server;

import dev.sluice.simulator.query.QueryEngine;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SessionEnded;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.transfer.Disturbance;
import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.simulator.transfer.MediaFailure;
import dev.sluice.simulator.transfer.MediaRequest;
import dev.sluice.simulator.transfer.VirtualMedia;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.vdi.CommandCode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What BACKUP and RESTORE have in common: rights, devices, progress, and how failures are told.
abstract class MediaRun {

    private static final int HUNDRED = 100;
    private static final int SYNTAX = 15;

    final Session session;
    final Instance instance;
    final QueryEngine queries;
    final Request request;
    final ResponseSink out;
    final Cancellation cancellation;
    private int lastPercent;
    private boolean committed;
    private @Nullable Fault fault;

    MediaRun(
            Session session,
            Instance instance,
            QueryEngine queries,
            Request request,
            ResponseSink out,
            Cancellation cancellation) {
        this.session = session;
        this.instance = instance;
        this.queries = queries;
        this.request = request;
        this.out = out;
        this.cancellation = cancellation;
    }

    /// The part that differs.
    interface Body {
        void run();
    }

    /// Runs the statement and tells its end: what failed and 3013, or nothing more.
    ///
    /// @param operation as messages call it, such as BACKUP DATABASE
    void run(String operation, Faults.Target kind, Body body) {
        request.command(operation);
        fault = instance.faults().take(kind).orElse(null);
        List<SqlMessage> errors = new ArrayList<>();
        try {
            if (!session.login().sysadmin()) {
                throw Errors.notSysadmin();
            }
            if (session.transactions() > 0) {
                throw SqlFailure.error(3021, "Cannot perform a backup or restore operation within a transaction.");
            }
            body.run();
        } catch (SqlFailure failure) {
            errors.addAll(failure.messages());
        } catch (MediaFailure failure) {
            errors.addAll(explain(failure));
        } catch (SessionEnded ended) {
            instance.ended(
                    session.id(),
                    operation,
                    request.text(),
                    committed ? List.of() : List.of(Errors.aborted(), Errors.terminating(operation)));
            throw ended;
        }
        if (!errors.isEmpty()) {
            if (errors.getFirst().severity() != SYNTAX) {
                errors.add(Errors.terminating(operation)); // what cannot be read never began
            }
            session.lastError(errors.getFirst().number());
        }
        instance.ended(session.id(), operation, request.text(), errors);
        switch (fault) {
            case Fault.DiesAtCommand _ -> instance.restart(Duration.ZERO);
            case Fault.RestartsAfter(long _, Duration down) -> instance.restart(down);
            case null, default -> {}
        }
        errors.forEach(out::message);
        out.done();
    }

    /// From here on the statement is a success, whether its client hears of it or not.
    void committed() {
        committed = true;
    }

    /// Something is not as it should be, and the statement is a success all the same.
    void warn(SqlMessage message) {
        out.message(message);
    }

    /// The server's process ends here, if that was asked for: nothing more is written, and the client gets no
    /// answer.
    void dieIfAsked(Class<? extends Fault> when) {
        if (when.isInstance(fault)) {
            instance.restart(Duration.ZERO);
            throw new SqlFailure(Errors.ofTheStandIn("the server died on purpose"));
        }
    }

    /// The statement fails here, if that was asked for, and what it has committed stays.
    void failIfAsked() {
        if (fault instanceof Fault.FailsAfterTruncation) {
            instance.save();
            throw new SqlFailure(Errors.ofTheStandIn("the server failed on purpose"));
        }
    }

    /// How msdb takes this statement's row.
    Faults.History historyMode() {
        if (fault instanceof Fault.Remembers(Faults.History how)) {
            return how;
        }
        return instance.traceFlags().isOn(TraceFlags.NO_BACKUP_HISTORY, session)
                ? Faults.History.OFF
                : instance.faults().history();
    }

    void loseConnectionIfAsked() {
        if (fault instanceof Fault.LosesConnection) {
            session.link().drop();
        }
    }

    private static List<SqlMessage> explain(MediaFailure failure) {
        return switch (failure) {
            case MediaFailure.NotFound _, MediaFailure.Unusable _ ->
                throw new IllegalStateException("opening failed, and was told already", failure);
            case MediaFailure.Cancelled _ -> List.of(Errors.aborted());
            case MediaFailure.Disturbed _ ->
                List.of(
                        SqlMessage.error(
                                3043,
                                "The operation detected an error on page (1:42) of a data file, as this stand-in was asked to."));
            case MediaFailure.Internal internal ->
                internal.getCause() instanceof SqlFailure sql
                        ? sql.messages()
                        : List.of(Errors.ofTheStandIn(String.valueOf(internal.getCause())));
            case MediaFailure.CommandFailed command -> explain(command);
        };
    }

    private static List<SqlMessage> explain(MediaFailure.CommandFailed failure) {
        String device = failure.device();
        int code = failure.code();
        if (failure.command() == CommandCode.READ) {
            return List.of(Errors.readFailed(device, code));
        }
        SqlMessage first = failure.command() == CommandCode.WRITE
                ? Errors.writeFailed(device, code)
                : Errors.flushFailed(device, code);
        return List.of(first, Errors.nonrecoverable(device, code));
    }

    /// The part that needs the devices.
    interface Transfer {
        void run(VirtualMedia media);
    }

    /// Opens the devices for the transfer and closes them on every path.
    void withMedia(StatementOptions options, MediaRequest.Direction direction, Transfer transfer) {
        if (cancellation.requested()) {
            throw new SqlFailure(Errors.aborted());
        }
        MediaRequest wanted = new MediaRequest(
                options.devices(),
                direction,
                options.blockSizeInBytes(),
                options.maxTransferSizeInBytes(),
                options.buffers());
        Disturbance disturbance = disturbance();
        instance.faults().running(disturbance);
        try (Cancellation.Registration _ = cancellation.onCancel(() -> cancelled(disturbance))) {
            if (fault instanceof Fault.NeverOpens) {
                waitWithoutOpening(disturbance, options);
            }
            transferOrCloseEarly(open(options, wanted, disturbance), disturbance, transfer);
        } finally {
            instance.faults().ended(disturbance);
        }
    }

    private void transferOrCloseEarly(VirtualMedia media, Disturbance disturbance, Transfer transfer) {
        try {
            transfer(media, disturbance, transfer);
        } catch (MediaFailure.Disturbed failure) {
            if (fault instanceof Fault.ClosesEarlyAfter) {
                disturbance.awaitRelease();
            }
            throw failure;
        }
    }

    /// Who has missed the client's death does not hear of its connection's either.
    private void cancelled(Disturbance disturbance) {
        boolean fromOutside = cancellation
                .reason()
                .map(reason -> reason == Cancellation.Reason.KILLED || reason == Cancellation.Reason.SHUTDOWN)
                .orElse(false);
        if (fromOutside || !(fault instanceof Fault.MissesDeath)) {
            disturbance.release();
        }
    }

    private VirtualMedia open(StatementOptions options, MediaRequest wanted, Disturbance disturbance) {
        MediaBehavior behavior = fault instanceof Fault.Behaves(MediaBehavior other)
                ? other
                : instance.options().behavior();
        String device = options.devices().getFirst();
        try {
            return VirtualMedia.open(
                    instance.options().devices().get(), wanted, behavior, instance.statistics(), disturbance);
        } catch (MediaFailure.NotFound notFound) {
            throw new SqlFailure(
                    Errors.cannotOpen(device, String.format(Locale.ROOT, "0x%08X(error not found)", notFound.code())));
        } catch (MediaFailure.Unusable unusable) {
            throw new SqlFailure(Errors.unusableConfiguration(device, String.valueOf(unusable.getMessage())));
        }
    }

    private void transfer(VirtualMedia media, Disturbance disturbance, Transfer transfer) {
        request.media(media);
        try (media;
                Cancellation.Registration _ = cancellation.onCancel(media::cancel)) {
            transfer.run(media);
        } catch (MediaFailure failure) {
            boolean gone = failure instanceof MediaFailure.Cancelled
                    || (failure instanceof MediaFailure.CommandFailed command && command.isAbort());
            if (gone && fault instanceof Fault.MissesDeath) {
                disturbance.awaitRelease();
            }
            throw failure;
        } finally {
            request.media(null);
        }
    }

    private Disturbance disturbance() {
        return switch (fault) {
            case Fault.FailsAfter(long bytes) -> Disturbance.afterBytes(Disturbance.Kind.FAILS, bytes);
            case Fault.StallsAfter(long bytes) -> Disturbance.afterBytes(Disturbance.Kind.STALLS, bytes);
            case Fault.DamagesAfter(long bytes) -> Disturbance.afterBytes(Disturbance.Kind.DAMAGES, bytes);
            case Fault.AbortsAfter(long bytes) -> Disturbance.afterBytes(Disturbance.Kind.ABORTS, bytes);
            case Fault.CancelsAfter(long bytes) -> Disturbance.afterBytes(Disturbance.Kind.CANCELS, bytes);
            case Fault.ClosesEarlyAfter(long bytes) -> Disturbance.afterBytes(Disturbance.Kind.FAILS, bytes);
            case Fault.RestartsAfter(long bytes, Duration _) -> Disturbance.afterBytes(Disturbance.Kind.ABORTS, bytes);
            case Fault.DiesAtCommand(long command) -> Disturbance.afterCommands(Disturbance.Kind.ABORTS, command);
            case Fault.FailsAfterComplete _ -> Disturbance.afterBytes(Disturbance.Kind.FAILS_AFTER_COMPLETE, 0);
            case null, default -> Disturbance.none();
        };
    }

    private void waitWithoutOpening(Disturbance disturbance, StatementOptions options) {
        disturbance.awaitRelease();
        throw new SqlFailure(
                cancellation.requested()
                        ? Errors.aborted()
                        : Errors.cannotOpen(options.devices().getFirst(), Errors.systemError(2)));
    }

    /// Notes how far it is, and says 3211 for each step that was reached.
    void progress(long bytes, long total, int step) {
        int percent = (int) Math.min(HUNDRED, bytes * HUNDRED / Math.max(1, total));
        request.percentComplete(percent);
        while (step > 0 && lastPercent + step <= percent) {
            lastPercent += step;
            out.message(SqlMessage.info(3211, String.format(Locale.ROOT, "%d percent processed.", lastPercent)));
        }
    }

    /// What 3014 says about size and time.
    static String speed(long pages, long nanos) {
        long millis = Math.max(1, nanos / 1_000_000);
        double megabytesPerSecond = pages * 8192 / 1024.0 / 1024.0 / (millis / 1000.0);
        return String.format(
                Locale.ROOT,
                "successfully processed %d pages in %d.%03d seconds (%.3f MB/sec).",
                pages,
                millis / 1000,
                millis % 1000,
                megabytesPerSecond);
    }
}
