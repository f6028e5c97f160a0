package dev.sluice.simulator.server;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupType;
import dev.sluice.mtf.RecoveryModel;
import dev.sluice.mtf.generate.BackupRecipe;
import dev.sluice.simulator.database.BackupRecord;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.query.QueryEngine;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.transfer.MediaRequest;
import dev.sluice.simulator.transfer.StripeSource;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import java.util.List;

/// One BACKUP statement.
final class BackupRun extends MediaRun {

    BackupRun(
            Session session,
            Instance instance,
            QueryEngine queries,
            Request request,
            ResponseSink out,
            Cancellation cancellation) {
        super(session, instance, queries, request, out, cancellation);
    }

    void run(Statement.Backup statement) {
        run(statement.log() ? "BACKUP LOG" : "BACKUP DATABASE", () -> backUp(statement));
    }

    private void backUp(Statement.Backup statement) {
        StatementOptions options = new StatementOptions(queries, statement.devices(), statement.options());
        options.refuse(List.of("ENCRYPTION", "SNAPSHOT", "METADATA_ONLY", "STANDBY", "NO_TRUNCATE", "NORECOVERY"));
        Object name = queries.evaluate(statement.database()).value();
        Database database = instance.database(String.valueOf(name));
        BackupType type = statement.log()
                ? BackupType.LOG
                : options.has("DIFFERENTIAL") ? BackupType.DIFFERENTIAL : BackupType.DATABASE;
        requireAllowed(database, type);
        String operation = statement.log() ? "log backup" : "data backup";
        instance.begin(operation, database);
        try {
            send(database, type, options);
        } finally {
            instance.end(operation, database);
        }
    }

    private static void requireAllowed(Database database, BackupType type) {
        if (database.name().equalsIgnoreCase("tempdb")) {
            throw SqlFailure.error(3147, "Backup and restore operations are not allowed on database tempdb.");
        }
        if (database.state() != Database.State.ONLINE) {
            throw Errors.inMiddleOfRestore(database.name());
        }
        if (database.name().equalsIgnoreCase("master") && type != BackupType.DATABASE) {
            throw SqlFailure.error(
                    3024,
                    "You can only perform a full backup of the master database. Use BACKUP DATABASE to back up the entire master database.");
        }
        if (type == BackupType.LOG && database.recoveryModel() == RecoveryModel.SIMPLE) {
            throw SqlFailure.error(
                    4208,
                    "The statement BACKUP LOG is not allowed while the recovery model is SIMPLE. Use BACKUP DATABASE or change the recovery model using ALTER DATABASE.");
        }
        if (type == BackupType.LOG && database.lastLogBackup() < 0) {
            throw SqlFailure.error(4214, "BACKUP LOG cannot be performed because there is no current database backup.");
        }
        if (type == BackupType.DIFFERENTIAL && database.lastFull() < 0) {
            throw SqlFailure.error(
                    3035,
                    "Cannot perform a differential backup for database \"%s\", because a current database backup does not exist. Perform a full database backup by reissuing BACKUP DATABASE, omitting the WITH DIFFERENTIAL option."
                            .formatted(database.name()));
        }
    }

    private void send(Database database, BackupType type, StatementOptions options) {
        long began = System.nanoTime();
        BackupPlan plan = plan(database, type, options);
        List<StripeSource> stripes = plan.stripes();
        long total = stripes.stream().mapToLong(StripeSource::length).sum();
        withMedia(
                options,
                MediaRequest.Direction.TO_CLIENT,
                media -> media.write(stripes, total / 100, bytes -> progress(bytes, total, options.statisticsStep())));
        succeeded(database, type, options, plan, total);
        progress(total, total, options.statisticsStep());
        tell(database, type, plan, System.nanoTime() - began);
    }

    private BackupPlan plan(Database database, BackupType type, StatementOptions options) {
        return switch (database.content()) {
            case Content.Raw raw -> RawBackup.plan(instance, database, raw, type, options);
            case Content.Synthetic synthetic ->
                new SyntheticPlan(instance, session, database, synthetic, type, options).plan();
            case Content.Empty _ -> throw Errors.inMiddleOfRestore(database.name());
        };
    }

    private void succeeded(Database database, BackupType type, StatementOptions options, BackupPlan plan, long total) {
        BackupHeader header =
                plan.header().finished(instance.now(), plan.header().size());
        boolean copyOnly = options.has("COPY_ONLY") && type != BackupType.DIFFERENTIAL;
        boolean firstOfChain = type == BackupType.LOG
                && instance.history().backups().stream()
                        .noneMatch(backup -> backup.header().typeLetter() == 'L'
                                && database.guid().equals(backup.header().bindingId()));
        if (type == BackupType.DATABASE && !copyOnly) {
            database.fullBackedUp(plan.checkpoint(), plan.set());
        } else if (type == BackupType.LOG && !copyOnly) {
            database.logBackedUp(plan.lastRecord());
        }
        instance.history()
                .add(new BackupRecord(
                        instance.history().nextId(),
                        plan.set(),
                        plan.mediaSet(),
                        options.text("NAME", ""),
                        options.text("DESCRIPTION", ""),
                        session.login().name(),
                        header,
                        options.devices(),
                        options.blockSizeInBytes(),
                        copyOnly,
                        total,
                        firstOfChain,
                        false));
        instance.save();
    }

    private void tell(Database database, BackupType type, BackupPlan plan, long nanos) {
        long pages = 0;
        for (DatabaseFile file : database.files()) {
            long filePages = plan.pagesOf(file);
            if (filePages > 0 || file.isLog()) {
                out.message(SqlMessage.info(
                        4035,
                        "Processed %d pages for database '%s', file '%s' on file 1."
                                .formatted(filePages, database.name(), file.logicalName())));
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
        return new StripeSource() {
            @Override
            public long length() {
                return stream.length();
            }

            @Override
            public void read(java.lang.foreign.MemorySegment memory, int count) {
                if (stream.read(memory, 0, count) != count) {
                    throw new IllegalStateException("the generated stream ended early");
                }
            }
        };
    }
}
