package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupFile;
import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.simulator.database.Access;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.Certificate;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseException;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.RawFiles;
import dev.sluice.simulator.database.RestoreRecord;
import dev.sluice.simulator.database.RestoredBackup;
import dev.sluice.simulator.database.StopPoint;
import dev.sluice.simulator.query.QueryEngine;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.transfer.MediaRequest;
import dev.sluice.simulator.transfer.StripeSink;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import dev.sluice.simulator.tsql.Statement.Restore;
import java.time.LocalDateTime;
import java.util.List;
import java.util.Locale;
import java.util.UUID;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One RESTORE statement.
final class RestoreRun extends MediaRun {

    private static final long PROGRESS_STEP = 1 << 20;

    public RestoreRun(
            Session session,
            Instance instance,
            QueryEngine queries,
            Request request,
            ResponseSink out,
            Cancellation cancellation) {
        super(session, instance, queries, request, out, cancellation);
    }

    void run(Statement.Restore statement) {
        run("RESTORE " + statement.kind().name(), Faults.Target.RESTORE, () -> {
            StatementOptions options = new StatementOptions(queries, statement.devices(), statement.options());
            options.refuse(List.of("SNAPSHOT", "METADATA_ONLY", "PARTIAL"));
            options.requireOpening(statement.kind());
            if (statement.kind().takesOneDevice()) {
                options.refuseForListing(statement.kind());
            }
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
        if (database.state() != Database.State.RESTORING && !database.isStandby()) {
            throw SqlFailure.error(3153, "The database is already fully recovered.");
        }
        if (database.content() instanceof Content.Empty) {
            throw SqlFailure.error(4333, "The database cannot be recovered because the log was not restored.");
        }
        finishSequence(database, options);
        instance.save();
        out.message(SqlMessage.info(3014, "RESTORE DATABASE " + speed(0, 1)));
    }

    private void finishSequence(Database database, StatementOptions options) {
        if (options.has("STANDBY")) {
            database.openStandby();
        } else if (!options.has("NORECOVERY")) {
            database.recover(instance.now());
            open(database, options);
        }
    }

    private static void open(Database database, StatementOptions options) {
        Access access = database.access().restricted(options.has("RESTRICTED_USER"));
        if (options.has("NEW_BROKER")) {
            access = access.newBroker();
        } else if (options.has("ENABLE_BROKER") || options.has("ERROR_BROKER_CONVERSATIONS")) {
            access = access.broker(true);
        }
        database.access(access);
    }

    private void read(Restore.Kind kind, String name, StatementOptions options) {
        long began = System.nanoTime();
        if (options.number("FILE", 1) != 1) {
            throw SqlFailure.error(
                    4038,
                    String.format(
                            Locale.ROOT,
                            "Cannot find file ID %d on device '%s'.",
                            options.number("FILE", 1),
                            options.devices().getFirst()));
        }
        boolean lays = kind == Restore.Kind.DATABASE || kind == Restore.Kind.LOG;
        StopPoint stop = StopPoints.of(options, kind, queries.values());
        RestoreTarget target = lays ? new RestoreTarget(instance, name, options, kind) : null;
        RestoreSet set = new RestoreSet(kind, name, options.devices(), knowsRawBackups(), known -> {
            if (target != null) {
                BackupHeader header = known.header().orElseThrow();
                if (isPlayback(kind, known, header)) {
                    target.planPlayback(header);
                } else {
                    target.plan(header);
                }
            }
        });
        List<EncryptedStream.Sink> sinks = set.readers().stream()
                .map(reader -> new EncryptedStream.Sink(reader, instance.certificates()::require))
                .toList();
        try {
            withMedia(
                    options,
                    MediaRequest.Direction.FROM_CLIENT,
                    media -> media.read(List.<StripeSink>copyOf(sinks), PROGRESS_STEP, bytes -> {
                        long expected = target == null ? 0 : target.expectedBytes();
                        if (expected > 0) {
                            progress(bytes, expected, options.statisticsStep());
                        }
                    }));
            if (target == null) {
                list(kind, set, options, sinks.getFirst().encryptor());
            } else {
                layDown(kind, set, target, options, stop, began);
            }
        } catch (DatabaseException e) {
            throw LogErrors.of(e, instance.database(name));
        } finally {
            if (target != null) {
                target.end();
            }
        }
    }

    private boolean knowsRawBackups() {
        return rawDatabases().findAny().isPresent();
    }

    /// Those that still have their files, and so can send them.
    private Stream<Content.Raw> rawDatabases() {
        return instance.databases().all().stream()
                .map(Database::content)
                .filter(Content.Raw.class::isInstance)
                .map(Content.Raw.class::cast)
                .filter(raw -> !raw.files().isEmpty());
    }

    /// Whether these are the bytes of a real log or differential backup that a raw database of this server
    /// sends as its own "full" backup. They come back the way they went: as bytes. Streams of other databases are
    /// refused as ever.
    private boolean isPlayback(Restore.Kind kind, Inspection.Inspected known, BackupHeader header) {
        UUID set = guid(known);
        return kind == Restore.Kind.DATABASE
                && header.typeLetter() != BackupSetType.DATABASE.letter()
                && set != null
                && rawDatabases()
                        .map(raw -> RawBackup.front(raw.files().getFirst()))
                        .anyMatch(front -> front instanceof Inspection.Inspected sent && set.equals(guid(sent)));
    }

    private static @Nullable UUID guid(Inspection.Inspected stream) {
        return stream.set() == null ? null : stream.set().guid();
    }

    private void list(
            Restore.Kind kind, RestoreSet set, StatementOptions options, Certificate.@Nullable Encryptor encryptor) {
        if (kind == Restore.Kind.VERIFYONLY) {
            if (requireSound(set, options) == null) {
                requireKnown(set);
            }
            out.message(SqlMessage.info(3262, "The backup set on file 1 is valid."));
            return;
        }
        requireBeginning(set);
        StripeReader first = set.readers().getFirst();
        if (!(first.inspection() instanceof Inspection.Inspected known)) {
            throw RestoreErrors.malformed(set.device(0));
        }
        BackupHeader header = set.header();
        Relation rows = kind == Restore.Kind.LABELONLY && known.media() != null
                ? RestoreListings.label(known.media(), known.container() == Inspection.Container.COMPRESSED)
                : header == null
                        ? null
                        : kind == Restore.Kind.HEADERONLY
                                ? headerRow(known, header, encryptor)
                                : RestoreListings.files(header);
        if (rows == null) {
            throw RestoreErrors.incomplete();
        }
        out.resultSet(rows.columns());
        rows.rows().forEach(out::row);
    }

    private Relation headerRow(
            Inspection.Inspected known, BackupHeader header, Certificate.@Nullable Encryptor encryptor) {
        UUID own = guid(known);
        String algorithm = own == null
                ? null
                : instance.history()
                        .bySet(own)
                        .map(BackupRecord::compressionAlgorithm)
                        .orElse(null);
        boolean has2022Columns = instance.options().product().has2022Columns();
        return RestoreListings.header(known, header, encryptor, algorithm, has2022Columns);
    }

    private static void requireBeginning(RestoreSet set) {
        for (StripeReader reader : set.readers()) {
            if (reader.size() == 0) {
                throw SqlFailure.error(
                        3208,
                        "Unexpected end of file while reading beginning of backup set. Confirm that the media contains a valid SQL Server backup set, and see the console error log for more details.");
            }
        }
    }

    /// @return the header, or null if the bytes are none that anybody understands
    private static @Nullable BackupHeader requireSound(RestoreSet set, StatementOptions options) {
        requireBeginning(set);
        boolean understood =
                set.readers().stream().anyMatch(reader -> reader.inspection() instanceof Inspection.Inspected);
        if (!understood) {
            return null;
        }
        for (int i = 0; i < set.readers().size(); i++) {
            StripeReader reader = set.readers().get(i);
            if (!(reader.inspection() instanceof Inspection.Inspected) || reader.label() == null) {
                throw RestoreErrors.malformed(set.device(i));
            }
            reader.requireSound(options.has("CHECKSUM"));
        }
        BackupHeader header = set.header();
        if (header == null) {
            throw RestoreErrors.incomplete();
        }
        return header;
    }

    /// Bytes that are no MTF stream are good if they are those of a raw database.
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
            Restore.Kind kind,
            RestoreSet set,
            RestoreTarget target,
            StatementOptions options,
            StopPoint stop,
            long began) {
        BackupHeader header = requireSound(set, options);
        boolean finishes = true;
        if (header == null) {
            List<Content.Stripe> sums = requireKnown(set);
            target.planUnknown();
            Database database = target.database();
            database.restoreRaw(
                    new Content.Raw(List.of(), sums), UUID.randomUUID(), target.files(), database.recoveryModel());
        } else if (Content.seedOf(header.familyGuid()).isPresent()) {
            finishes = laySynthetic(set, target, header, stop);
        } else {
            layRaw(set, target, header);
        }
        Database database = target.database();
        if (finishes) {
            finishSequence(database, options);
        } else {
            out.message(
                    stop instanceof StopPoint.Marked
                            ? SqlMessage.info(
                                    4329,
                                    "This log file contains records logged before the designated mark. The database is being left in the Restoring state so you can apply another log file.")
                            : SqlMessage.info(
                                    4322,
                                    "This backup set contains records that were logged before the designated point in time. The database is being left in the restoring state so that more roll forward can be performed."));
        }
        record(kind, header, set, database, options, stop);
        committed();
        progress(1, 1, options.statisticsStep());
        loseConnectionIfAsked();
        tell(kind, set, database, System.nanoTime() - began);
    }

    private static void layRaw(RestoreSet set, RestoreTarget target, BackupHeader header) {
        if (header.typeLetter() != BackupSetType.DATABASE.letter() && !target.isPlayback()) {
            return; // what a real log or differential would do to real pages is not known here
        }
        UUID family = header.familyGuid();
        List<Content.Stripe> sums =
                set.readers().stream().map(StripeReader::sum).toList();
        target.database()
                .restoreRaw(
                        new Content.Raw(List.of(), sums),
                        family == null ? UUID.randomUUID() : family,
                        target.files(),
                        header.recoveryModel());
    }

    /// @return whether the roll forward is over, as far as the stop point tells
    private static boolean laySynthetic(RestoreSet set, RestoreTarget target, BackupHeader header, StopPoint stop) {
        RestoredBackup backup = set.restored(header);
        long expected =
                header.files().stream().mapToLong(BackupFile::backedUpPages).sum();
        if (backup.extents().cardinality() * 8L != expected || backup.log().size() != backup.last() - backup.first()) {
            throw RestoreErrors.damaged();
        }
        Database database = target.database();
        boolean unlimited = stop instanceof StopPoint.None;
        switch (header.typeLetter()) {
            case 'L' -> {
                boolean reached = database.restoreLog(backup, stop);
                database.restoreFiles(target.files());
                return reached || unlimited;
            }
            case 'I' -> {
                requireNotTooEarly(backup, stop);
                database.restoreDifferential(backup);
                database.restoreFiles(target.files());
            }
            default -> {
                requireNotTooEarly(backup, stop);
                database.restoreFull(backup, target.files());
            }
        }
        return unlimited;
    }

    private static void requireNotTooEarly(RestoredBackup backup, StopPoint stop) {
        if (!stop.isBehind(backup)) {
            throw LogErrors.stopPointTooEarly();
        }
    }

    private void record(
            Restore.Kind kind,
            @Nullable BackupHeader header,
            RestoreSet set,
            Database database,
            StatementOptions options,
            StopPoint stop) {
        UUID guid = set.setGuid();
        int backup = guid == null
                ? 0
                : instance.history().bySet(guid).map(BackupRecord::id).orElse(0);
        char type = kind == Restore.Kind.LOG || header == null
                ? (kind == Restore.Kind.LOG ? BackupSetType.LOG : BackupSetType.DATABASE).letter()
                : header.typeLetter();
        instance.history()
                .add(new RestoreRecord(
                        instance.history().nextId(),
                        instance.now(),
                        database.name(),
                        session.login().name(),
                        backup,
                        type,
                        options.has("REPLACE"),
                        database.state() == Database.State.ONLINE,
                        stop instanceof StopPoint.At(LocalDateTime when) ? when : null,
                        StopPoints.mark(options)));
        instance.save();
    }

    private void tell(Restore.Kind kind, RestoreSet set, Database database, long nanos) {
        long pages = set.readers().stream().mapToLong(StripeReader::pages).sum();
        for (DatabaseFile file : database.files()) {
            out.message(SqlMessage.info(
                    4035,
                    String.format(
                            Locale.ROOT,
                            "Processed %d pages for database '%s', file '%s' on file 1.",
                            file.isLog() ? 0 : pages,
                            database.name(),
                            file.logicalName())));
        }
        String what = kind == Restore.Kind.LOG ? "RESTORE LOG " : "RESTORE DATABASE ";
        out.message(SqlMessage.info(3014, what + speed(pages, nanos)));
    }
}
