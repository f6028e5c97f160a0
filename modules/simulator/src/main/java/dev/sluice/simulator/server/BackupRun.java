package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSetType;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.Certificate;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.DataSnapshot;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseException;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.LogSnapshot;
import dev.sluice.simulator.database.Membership;
import dev.sluice.simulator.generator.BackupRecipe;
import dev.sluice.simulator.query.QueryEngine;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.transfer.MediaRequest;
import dev.sluice.simulator.transfer.StripeSource;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// One BACKUP statement.
final class BackupRun extends MediaRun {

    private Certificate.@Nullable Encryptor encryptor;

    public BackupRun(
            Session session,
            Instance instance,
            QueryEngine queries,
            Request request,
            ResponseSink out,
            Cancellation cancellation) {
        super(session, instance, queries, request, out, cancellation);
    }

    void run(Statement.Backup statement) {
        if (statement.log()) {
            run("BACKUP LOG", Faults.Target.LOG, () -> backUp(statement));
        } else {
            run("BACKUP DATABASE", Faults.Target.DATA, () -> backUp(statement));
        }
    }

    private void backUp(Statement.Backup statement) {
        StatementOptions options = new StatementOptions(queries, statement.devices(), statement.options());
        options.refuse(List.of("SNAPSHOT", "METADATA_ONLY"));
        Compression.require(instance.options().product(), options);
        encryptor =
                instance.certificates().encryptor(options, instance.options().product());
        Database database = instance.database(
                String.valueOf(queries.evaluate(statement.database()).value()));
        BackupSetType type = statement.log()
                ? BackupSetType.LOG
                : options.has("DIFFERENTIAL") ? BackupSetType.DIFFERENTIAL : BackupSetType.DATABASE;
        requireAllowed(database, type, options);
        String operation = statement.log() ? "log backup" : "data backup";
        instance.begin(operation, database);
        try {
            send(database, type, options);
        } catch (DatabaseException e) {
            throw LogErrors.of(e, database);
        } finally {
            instance.end(operation, database);
        }
    }

    private void requireAllowed(Database database, BackupSetType type, StatementOptions options) {
        if (database.name().equals("tempdb")) {
            throw SqlFailure.error(3147, "Backup and restore operations are not allowed on database tempdb.");
        }
        if (database.state() == Database.State.RESTORING) {
            throw Errors.inMiddleOfRestore(database.name());
        }
        if (database.name().equals("master") && type != BackupSetType.DATABASE) {
            throw SqlFailure.error(
                    3024,
                    "You can only perform a full backup of the master database. Use BACKUP DATABASE to back up the entire master database.");
        }
        if (database.isStandby()) {
            throw SqlFailure.error(
                    3036,
                    "The database \"%s\" is in warm-standby state (set by executing RESTORE WITH STANDBY) and cannot be backed up until the entire restore sequence is completed."
                            .formatted(database.name()));
        }
        if (type != BackupSetType.LOG) {
            options.refuse(List.of("NORECOVERY", "NO_TRUNCATE", "STANDBY"));
        }
        if (database.isDamaged() && !options.has("NO_TRUNCATE")) {
            throw SqlFailure.error(
                    945,
                    "Database '%s' cannot be opened due to inaccessible files or insufficient memory or disk space. See the SQL Server errorlog for details."
                            .formatted(database.name()));
        }
        Membership membership = database.membership();
        boolean copyOnlyFull = type == BackupSetType.DATABASE && !counts(options);
        if (membership != null && !membership.primary() && type != BackupSetType.LOG && !copyOnlyFull) {
            throw new SqlFailure(Errors.ofTheStandIn(
                    "on a secondary replica there are copy-only full backups and log backups only"));
        }
        if (isTail(options)) {
            instance.requireUnused(database);
        }
    }

    private static boolean isTail(StatementOptions options) {
        return options.has("NORECOVERY") || options.has("STANDBY");
    }

    private void send(Database database, BackupSetType type, StatementOptions options) {
        switch (database.content()) {
            case Content.Raw raw -> {
                BackupPlan plan = RawBackup.plan(instance, database, raw, type, options);
                long here = database.logUsage().next();
                transfer(
                        database,
                        type,
                        options,
                        plan,
                        () -> database.dataBackedUp(here, here, plan.set(), counts(options), counts(options)));
            }
            case Content.Synthetic _ when type == BackupSetType.LOG -> sendLog(database, options);
            case Content.Synthetic _ -> sendData(database, type, options);
            case Content.Empty _ -> throw Errors.inMiddleOfRestore(database.name());
        }
    }

    private void sendData(Database database, BackupSetType type, StatementOptions options) {
        boolean differential = type == BackupSetType.DIFFERENTIAL;
        DataSnapshot snapshot = database.beginDataBackup(differential, instance.now());
        try {
            BackupPlan plan = new SyntheticPlan(instance, session, database, options).data(snapshot, type);
            boolean startsChain = differential || counts(options);
            boolean base = !differential && counts(options);
            transfer(
                    database,
                    type,
                    options,
                    plan,
                    () -> database.dataBackedUp(
                            snapshot.first(), snapshot.checkpoint(), plan.set(), base, startsChain));
        } finally {
            database.endDataBackup();
        }
    }

    /// Whether the backup takes part in the sequence of backups.
    private static boolean counts(StatementOptions options) {
        return !options.has("COPY_ONLY");
    }

    private void sendLog(Database database, StatementOptions options) {
        LogSnapshot snapshot = database.beginLogBackup();
        BackupPlan plan = new SyntheticPlan(instance, session, database, options).log(snapshot);
        boolean keeps = options.has("COPY_ONLY") || options.has("NO_TRUNCATE");
        transfer(database, BackupSetType.LOG, options, plan, () -> {
            if (!keeps) {
                database.logBackedUp(snapshot);
                instance.truncated(database, snapshot, options.devices().getFirst());
            }
            if (isTail(options)) {
                database.toRestoring();
                if (options.has("STANDBY")) {
                    database.openStandby();
                }
            }
        });
    }

    /// @param commits makes the success count in the database
    private void transfer(
            Database database, BackupSetType type, StatementOptions options, BackupPlan plan, Runnable commits) {
        BackupHeader header = plan.header();
        long began = System.nanoTime();
        List<StripeSource> stripes = encrypted(plan.stripes(), options);
        long total = stripes.stream().mapToLong(StripeSource::length).sum();
        withMedia(
                options,
                MediaRequest.Direction.TO_CLIENT,
                media -> media.write(stripes, total / 100, bytes -> progress(bytes, total, options.statisticsStep())));
        dieIfAsked(Fault.DiesBeforeTruncation.class);
        commits.run();
        failIfAsked();
        boolean copyOnly =
                (options.has("COPY_ONLY") || options.has("NO_TRUNCATE")) && type != BackupSetType.DIFFERENTIAL;
        instance.save();
        dieIfAsked(Fault.DiesBeforeHistory.class);
        if (historyMode() == Faults.History.LOCKED) {
            instance.faults().awaitHistory(cancellation);
        }
        instance.remember(
                new BackupRecord(
                        instance.history().nextId(),
                        plan.set(),
                        plan.mediaSet(),
                        options.text("NAME", ""),
                        options.text("DESCRIPTION", ""),
                        session.login().name(),
                        header.finished(instance.now(), header.size()),
                        options.devices(),
                        options.blockSizeInBytes(),
                        copyOnly,
                        total,
                        plan.beginsChain() && !copyOnly,
                        isTail(options),
                        plan.lastRecord(),
                        Compression.algorithm(options),
                        encryptor),
                historyMode(),
                this::warn);
        instance.save();
        committed();
        progress(total, total, options.statisticsStep());
        loseConnectionIfAsked();
        tell(database, type, plan, System.nanoTime() - began);
    }

    private List<StripeSource> encrypted(List<StripeSource> plain, StatementOptions options) {
        Certificate.Encryptor with = encryptor;
        return with == null
                ? plain
                : plain.stream()
                        .map(stripe -> EncryptedStream.source(stripe, with, options.blockSizeInBytes()))
                        .toList();
    }

    private void tell(Database database, BackupSetType type, BackupPlan plan, long nanos) {
        long pages = 0;
        for (DatabaseFile file : database.files()) {
            long filePages = plan.pagesOf(file);
            if (filePages > 0 || file.isLog()) {
                out.message(SqlMessage.info(
                        4035,
                        String.format(
                                Locale.ROOT,
                                "Processed %d pages for database '%s', file '%s' on file 1.",
                                filePages,
                                database.name(),
                                file.logicalName())));
                pages += filePages;
            }
        }
        String what = switch (type) {
            case LOG -> "BACKUP LOG";
            case DIFFERENTIAL -> "BACKUP DATABASE WITH DIFFERENTIAL";
            default -> "BACKUP DATABASE";
        };
        out.message(SqlMessage.info(3014, what + " " + speed(pages, nanos)));
    }

    /// A recipe's stripes as devices take them.
    static StripeSource source(BackupRecipe recipe, int stripe) {
        var stream = recipe.stripe(stripe);
        return source(stream.length(), (memory, count) -> stream.read(memory, 0, count));
    }

    /// As [#source], in the container of `WITH COMPRESSION`.
    static StripeSource compressed(BackupRecipe recipe, int stripe) {
        var stream = recipe.compressedStripe(stripe);
        return source(stream.length(), (memory, count) -> stream.read(memory, 0, count));
    }

    private interface Generator {
        long read(MemorySegment memory, int count);
    }

    private static StripeSource source(long length, Generator generator) {
        return new StripeSource() {
            @Override
            public long length() {
                return length;
            }

            @Override
            public void read(MemorySegment memory, int count) {
                if (generator.read(memory, count) != count) {
                    throw new IllegalStateException("the generated stream ended early");
                }
            }
        };
    }
}
