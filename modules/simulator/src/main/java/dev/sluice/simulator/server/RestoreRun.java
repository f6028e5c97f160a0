package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupType;
import dev.sluice.mtf.RecoveryModel;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.RawFiles;
import dev.sluice.simulator.database.RestoreRecord;
import dev.sluice.simulator.query.QueryEngine;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.transfer.MediaRequest;
import dev.sluice.simulator.transfer.StripeSink;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// One RESTORE statement.
final class RestoreRun extends MediaRun {

    RestoreRun(
            Session session,
            Instance instance,
            QueryEngine queries,
            Request request,
            ResponseSink out,
            Cancellation cancellation) {
        super(session, instance, queries, request, out, cancellation);
    }

    void run(Statement.Restore statement) {
        String operation = "RESTORE " + statement.kind().name();
        run(operation, () -> {
            StatementOptions options = new StatementOptions(queries, statement.devices(), statement.options());
            options.refuse(List.of("SNAPSHOT", "METADATA_ONLY", "PARTIAL"));
            String name = statement.database() == null
                    ? ""
                    : String.valueOf(queries.evaluate(statement.database()).value());
            if (statement.devices().isEmpty()) {
                recoverOnly(name, options);
            } else {
                read(statement.kind(), name, options);
            }
        });
    }

    private void recoverOnly(String name, StatementOptions options) {
        Database database = instance.database(name);
        if (database.state() != Database.State.RESTORING) {
            throw SqlFailure.error(3153, "The database is already fully recovered.");
        }
        if (!options.has("NORECOVERY")) {
            database.online();
        }
        instance.save();
        out.message(SqlMessage.info(3014, "RESTORE DATABASE " + speed(0, 1)));
    }

    private void read(Statement.Restore.Kind kind, String name, StatementOptions options) {
        long began = System.nanoTime();
        if (options.number("FILE", 1) != 1) {
            throw SqlFailure.error(
                    4038,
                    "Cannot find file ID %d on device '%s'."
                            .formatted(
                                    options.number("FILE", 1), options.devices().getFirst()));
        }
        boolean knowsRaw = instance.databases().all().stream()
                .anyMatch(database -> database.content() instanceof Content.Raw raw
                        && !raw.files().isEmpty());
        boolean lays = kind == Statement.Restore.Kind.DATABASE || kind == Statement.Restore.Kind.LOG;
        RestoreTarget target = lays ? new RestoreTarget(instance, session, name, options, kind) : null;
        RestoreSet set = new RestoreSet(kind, name, options.devices(), knowsRaw, known -> {
            if (target != null) {
                target.plan(known.header().orElseThrow());
            }
        });
        List<StripeSink> sinks = new ArrayList<>(set.readers());
        long[] total = {Long.MAX_VALUE};
        try {
            withMedia(
                    options,
                    MediaRequest.Direction.FROM_CLIENT,
                    media -> media.read(sinks, 1 << 20, bytes -> {
                        if (total[0] == Long.MAX_VALUE && target != null && target.expectedBytes() > 0) {
                            total[0] = target.expectedBytes();
                        }
                        progress(bytes, total[0], options.statisticsStep());
                    }));
            finish(kind, set, target, options, began);
        } finally {
            if (target != null) {
                target.end();
            }
        }
    }

    private void finish(
            Statement.Restore.Kind kind,
            RestoreSet set,
            @Nullable RestoreTarget target,
            StatementOptions options,
            long began) {
        switch (kind) {
            case DATABASE, LOG, VERIFYONLY -> {
                boolean understood =
                        set.readers().stream().anyMatch(reader -> reader.inspection() instanceof Inspection.Inspected);
                if (understood) {
                    requireComplete(set);
                }
                set.readers().forEach(reader -> reader.requireSound(options.has("CHECKSUM")));
                if (kind == Statement.Restore.Kind.VERIFYONLY) {
                    if (!understood) {
                        requireKnown(set);
                    }
                    out.message(SqlMessage.info(3262, "The backup set on file 1 is valid."));
                } else if (target != null) {
                    layDown(kind, set, target, options, began);
                }
            }
            case HEADERONLY, FILELISTONLY, LABELONLY ->
                throw new SqlFailure(Errors.ofTheStandIn("RESTORE " + kind + " is not there yet"));
        }
    }

    private void requireComplete(RestoreSet set) {
        for (int i = 0; i < set.readers().size(); i++) {
            StripeReader reader = set.readers().get(i);
            if (reader.size() == 0) {
                throw SqlFailure.error(
                        3208,
                        "Unexpected end of file while reading beginning of backup set. Confirm that the media contains a valid SQL Server backup set, and see the console error log for more details.");
            }
            if (!(reader.inspection() instanceof Inspection.Inspected) || reader.label() == null) {
                throw RestoreErrors.malformed(set.device(i));
            }
        }
        if (set.header() == null) {
            throw RestoreErrors.incomplete();
        }
    }

    /// Bytes that nobody understands are good if they are those of a raw database.
    private List<Content.Stripe> requireKnown(RestoreSet set) {
        List<Content.Stripe> sums =
                set.readers().stream().map(StripeReader::sum).toList();
        boolean known = instance.databases().all().stream()
                .map(Database::content)
                .filter(content ->
                        content instanceof Content.Raw raw && raw.files().size() == sums.size())
                .map(content -> ((Content.Raw) content)
                        .files().stream().map(RawFiles::stripe).toList())
                .anyMatch(sums::equals);
        if (!known) {
            throw RestoreErrors.malformed(set.device(0));
        }
        return sums;
    }

    private void layDown(
            Statement.Restore.Kind kind, RestoreSet set, RestoreTarget target, StatementOptions options, long began) {
        BackupHeader header = set.header();
        boolean norecovery = options.has("NORECOVERY");
        Database.State next = norecovery ? Database.State.RESTORING : Database.State.ONLINE;
        long pages;
        if (header == null) {
            List<Content.Stripe> sums = requireKnown(set);
            target.planUnknown();
            target.database()
                    .restored(
                            new Content.Raw(List.of(), sums),
                            UUID.randomUUID(),
                            target.database().files(),
                            next);
            pages = sums.stream().mapToLong(Content.Stripe::size).sum() / 8192;
        } else if (Content.seedOf(header.familyGuid()).isPresent()) {
            pages = set.readers().stream().mapToLong(StripeReader::pages).sum();
            laySynthetic(
                    set, target, header, Content.seedOf(header.familyGuid()).get(), next);
        } else {
            pages = set.readers().stream().mapToLong(StripeReader::pages).sum();
            layRaw(set, target, header, next);
        }
        record(kind, header, set, target, options, norecovery);
        tell(kind, target, pages, System.nanoTime() - began);
    }

    private static void layRaw(RestoreSet set, RestoreTarget target, BackupHeader header, Database.State next) {
        UUID family = header.familyGuid();
        List<Content.Stripe> sums =
                set.readers().stream().map(StripeReader::sum).toList();
        boolean full = header.typeLetter() == BackupType.DATABASE.letter();
        Content content =
                full ? new Content.Raw(List.of(), sums) : target.database().content();
        target.database().restored(content, family == null ? UUID.randomUUID() : family, target.files(), next);
    }

    private static void laySynthetic(
            RestoreSet set, RestoreTarget target, BackupHeader header, long seed, Database.State next) {
        long expected =
                header.files().stream().mapToLong(BackupFile::backedUpPages).sum();
        long delivered = set.readers().stream()
                        .mapToLong(reader -> reader.extents().cardinality())
                        .sum()
                * 8L;
        if (delivered != expected) {
            throw RestoreErrors.damaged();
        }
        Map<Long, Long> versions = new HashMap<>();
        long extents = header.files().stream()
                        .filter(file -> file.kind() == BackupFile.Kind.DATA)
                        .mapToLong(BackupFile::size)
                        .sum()
                / 65_536;
        if (header.typeLetter() != BackupType.DATABASE.letter()
                && target.database().content() instanceof Content.Synthetic before) {
            versions.putAll(before.versions());
        }
        set.readers().forEach(reader -> versions.putAll(reader.versions()));
        target.database()
                .restored(new Content.Synthetic(seed, extents, versions), Content.familyOf(seed), target.files(), next);
    }

    private void record(
            Statement.Restore.Kind kind,
            @Nullable BackupHeader header,
            RestoreSet set,
            RestoreTarget target,
            StatementOptions options,
            boolean norecovery) {
        UUID guid = null;
        if (set.readers().getFirst().inspection() instanceof Inspection.Inspected known && known.set() != null) {
            guid = known.set().guid();
        }
        int backup = guid == null
                ? 0
                : instance.history().bySet(guid).map(BackupRecord::id).orElse(0);
        char type = kind == Statement.Restore.Kind.LOG
                ? BackupType.LOG.letter()
                : header == null ? BackupType.DATABASE.letter() : header.typeLetter();
        instance.history()
                .add(new RestoreRecord(
                        instance.history().nextId(),
                        instance.now(),
                        target.database().name(),
                        session.login().name(),
                        backup,
                        type,
                        options.has("REPLACE"),
                        !norecovery));
        if (header != null) {
            target.database().recoveryModel(header.recoveryModel());
        }
        instance.save();
    }

    private void tell(Statement.Restore.Kind kind, RestoreTarget target, long pages, long nanos) {
        for (DatabaseFile file : target.database().files()) {
            out.message(SqlMessage.info(
                    4035,
                    "Processed %d pages for database '%s', file '%s' on file 1."
                            .formatted(
                                    file.isLog() ? 0 : pages, target.database().name(), file.logicalName())));
        }
        String what = kind == Statement.Restore.Kind.LOG ? "RESTORE LOG " : "RESTORE DATABASE ";
        out.message(SqlMessage.info(3014, what + speed(pages, nanos)));
    }

    /// Whether an existing database must be protected from being overwritten.
    static boolean protectsLog(Database database) {
        return database.recoveryModel() != RecoveryModel.SIMPLE && database.state() == Database.State.ONLINE;
    }
}
