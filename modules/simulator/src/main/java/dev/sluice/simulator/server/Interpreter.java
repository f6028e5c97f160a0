package dev.sluice.simulator.server;

import dev.sluice.mtf.RecoveryModel;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.LogRecord;
import dev.sluice.simulator.query.Environment;
import dev.sluice.simulator.query.QueryEngine;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.regional.DateFormat;
import dev.sluice.simulator.regional.Language;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.Parameter;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.transfer.VirtualMedia;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.ServerCommand;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import java.time.Duration;
import java.time.LocalTime;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Runs the statements of one batch.
final class Interpreter {

    /// What a killed backup's client gets to complete what it holds, before the set is aborted under its hands.
    private static final Duration PATIENCE_WITH_KILLED = Duration.ofSeconds(10);

    private static final String COLLATE = "COLLATE ";

    private final Session session;
    private final Instance instance;
    private final Batch batch;
    private final Request request;
    private final ResponseSink out;
    private final Cancellation cancellation;
    private final Variables variables;
    private final QueryEngine queries;
    private final Procedures procedures;

    Interpreter(
            Session session,
            Instance instance,
            Batch batch,
            Request request,
            ResponseSink out,
            Cancellation cancellation) {
        this.session = session;
        this.instance = instance;
        this.batch = batch;
        this.request = request;
        this.out = out;
        this.cancellation = cancellation;
        this.variables = new Variables(session, instance.options().collation(), batch.parameters());
        this.queries = new QueryEngine(
                new SessionEnvironment(session, instance, variables), new SystemCatalog(session, instance));
        this.procedures = new Procedures(session, instance, cancellation);
    }

    void run(List<Statement> statements) throws InterruptedException {
        runAll(statements);
        for (Parameter parameter : batch.parameters()) {
            Environment.Typed value = variables.get(parameter.name());
            if (parameter.output() && value != null) {
                out.output(parameter.name(), value.value());
            }
        }
    }

    /// @return false when a RETURN or a cancel ended the batch
    private boolean runAll(List<Statement> statements) throws InterruptedException {
        for (Statement statement : statements) {
            if (cancellation.requested() || !runOne(statement)) {
                return false;
            }
        }
        return true;
    }

    private boolean runOne(Statement statement) throws InterruptedException {
        try {
            boolean goesOn = run(statement);
            session.lastError(0);
            return goesOn;
        } catch (SqlFailure failure) {
            // Most errors end their statement only, and the batch goes on.
            session.lastError(failure.messages().getFirst().number());
            failure.messages().forEach(out::message);
            out.done();
            if (session.abortsTransactions()) {
                if (session.transactions() > 0) {
                    session.rollBack();
                }
                return false;
            }
            return failure.messages().stream().noneMatch(message -> message.severity() == 15);
        }
    }

    private boolean run(Statement statement) throws InterruptedException {
        switch (statement) {
            case Statement.Select select -> select(select);
            case Statement.Declare declare -> {
                for (Statement.Declaration one : declare.declarations()) {
                    variables.declare(one.variable(), one.type(), one.value() == null ? null : value(one.value()));
                }
            }
            case Statement.Assign assign -> variables.assign(assign.variable(), value(assign.value()));
            case Statement.SetOption set -> {
                session.set(set.text());
                out.done();
            }
            case Statement.SetLanguage set -> {
                session.speak(language(text(set.name())), out);
                out.done();
            }
            case Statement.SetDateFormat set -> {
                session.dates(dateFormat(text(set.name())));
                out.done();
            }
            case Statement.Use use -> {
                session.use(instance.database(use.database()), out);
                out.done();
            }
            case Statement.Kill kill -> kill(kill);
            case Statement.Execute execute -> execute(execute);
            case Statement.Print print -> {
                out.message(SqlMessage.of(0, 0, text(print.text())));
                out.done();
            }
            case Statement.WaitFor waitFor -> {
                cancellation.await(delay(text(waitFor.delay())));
                out.done();
            }
            case Statement.If choice -> {
                if (queries.holds(choice.condition())) {
                    return run(choice.then());
                }
                return choice.otherwise() == null || run(choice.otherwise());
            }
            case Statement.Block block -> {
                return runAll(block.statements());
            }
            case Statement.Return _ -> {
                return false;
            }
            case Statement.Transaction transaction -> transaction(transaction);
            case Statement.Dbcc dbcc -> dbcc(dbcc);
            case Statement.Certificate certificate -> {
                instance.certificates().run(certificate, instance.now());
                instance.save();
                out.done();
            }
            case Statement.OfServer ofServer -> ofServer(ofServer.command());
            case Statement.AlterDatabase alter -> alter(alter);
            case Statement.RenameDatabase rename -> rename(rename);
            case Statement.AddFile add -> {
                Errors.requireSysname(add.logicalName());
                instance.database(add.database()).addFile(add.logicalName(), add.path());
                instance.save();
                out.done();
            }
            case Statement.CreateDatabase create -> {
                WorkloadTable.create(create, instance);
                instance.save();
                out.done();
            }
            case Statement.ResizeFile resize -> {
                WorkloadTable.resize(resize, instance);
                instance.save();
                out.done();
            }
            case Statement.CreateTable create -> {
                WorkloadTable.create(create, session, instance);
                out.done();
            }
            case Statement.Insert insert -> {
                int rows = WorkloadTable.insert(insert, session, instance, queries);
                session.rowCount(rows);
                out.done(rows);
            }
            case Statement.DropDatabase drop -> drop(drop);
            case Statement.Backup backup ->
                new BackupRun(session, instance, queries, request, out, cancellation).run(backup);
            case Statement.Restore restore ->
                new RestoreRun(session, instance, queries, request, out, cancellation).run(restore);
        }
        return true;
    }

    private void ofServer(ServerCommand command) {
        if (!session.login().sysadmin()) {
            throw SqlFailure.error(15247, "User does not have permission to perform this action.");
        }
        if (command instanceof ServerCommand.Reconfigure) {
            instance.objects().configurations().reconfigure();
        } else {
            instance.objects()
                    .principals()
                    .run(command, name -> instance.databases().find(name).isPresent());
        }
        instance.save();
        out.done();
    }

    private @Nullable Object value(Expression expression) {
        return queries.evaluate(expression).value();
    }

    private String text(Expression expression) {
        Object value = value(expression);
        return value == null ? "" : Values.text(value, 0);
    }

    private static Duration delay(String time) {
        try {
            return Duration.between(LocalTime.MIDNIGHT, LocalTime.parse(time));
        } catch (DateTimeParseException e) {
            throw SqlFailure.error(148, "Incorrect time syntax in time string '%s' used with WAITFOR.".formatted(time));
        }
    }

    private static Language language(String name) {
        return Language.named(name)
                .orElseThrow(() -> SqlFailure.error(
                        2740,
                        "SET LANGUAGE failed because '%s' is not an official language name or a language alias on this SQL Server."
                                .formatted(name)));
    }

    private static DateFormat dateFormat(String name) {
        return DateFormat.named(name)
                .orElseThrow(
                        () -> SqlFailure.error(2741, "SET DATEFORMAT date order '%s' is invalid.".formatted(name)));
    }

    private void select(Statement.Select select) {
        Relation result = queries.run(select.query());
        if (result == null) {
            return;
        }
        out.resultSet(result.columns());
        for (@Nullable Object[] row : result.rows()) {
            out.row(row);
        }
        session.rowCount(result.rows().size());
        out.done();
    }

    private void execute(Statement.Execute execute) throws InterruptedException {
        Procedures.Arguments arguments = new Procedures.Arguments(session.values());
        for (Statement.Argument argument : execute.arguments()) {
            arguments.add(argument.name(), value(argument.value()));
        }
        int status;
        try {
            status = procedures.call(execute.procedure(), arguments, out);
        } catch (SqlFailure failure) {
            if (!ServerProcedures.isRaised(failure)) {
                throw failure;
            }
            // Only the status tells it for certain: @@ERROR is of the procedure's last statement.
            failure.messages().forEach(out::message);
            out.done();
            status = 1;
        }
        if (execute.result() != null) {
            variables.assign(execute.result(), status);
        } else {
            out.returnStatus(status);
        }
    }

    private void transaction(Statement.Transaction transaction) {
        int open = session.transactions();
        switch (transaction.step()) {
            case BEGIN -> {
                Expression name = transaction.name();
                String description = transaction.mark() == null ? "" : text(transaction.mark());
                session.begin(
                        transaction.marked() && name != null ? new LogRecord.Mark(text(name), description) : null);
            }
            case COMMIT -> {
                if (open == 0) {
                    throw SqlFailure.error(
                            3902, "The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.");
                }
                session.commit();
            }
            case ROLLBACK -> {
                if (open == 0) {
                    throw SqlFailure.error(
                            3903, "The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.");
                }
                session.rollBack();
            }
        }
        out.done();
    }

    private void dbcc(Statement.Dbcc dbcc) {
        List<@Nullable Object> arguments = new ArrayList<>();
        dbcc.arguments().forEach(argument -> arguments.add(value(argument)));
        if (dbcc.command().equals(ConsistencyCheck.COMMAND)) {
            new ConsistencyCheck(session, instance, out).run(arguments, dbcc.quiet());
            return;
        }
        List<Integer> numbers = arguments.stream()
                .map(argument -> (Integer) session.values().convert(argument, SqlType.INT, 0))
                .map(number -> number == null ? 0 : number)
                .toList();
        instance.traceFlags().run(dbcc.command(), numbers, dbcc.quiet(), session, out);
    }

    private void kill(Statement.Kill kill) {
        Integer id = (Integer) session.values().convert(value(kill.session()), SqlType.INT, 0);
        if (id != null && id == session.id()) {
            throw SqlFailure.error(6104, "Cannot use KILL to kill your own process.");
        }
        Session victim = id == null ? null : instance.session(id);
        if (victim == null) {
            throw SqlFailure.error(6106, "Process ID %s is not an active process ID.".formatted(id));
        }
        VirtualMedia media = instance.requests().stream()
                .filter(running -> running.sessionId() == victim.id())
                .map(Request::media)
                .filter(Objects::nonNull)
                .findFirst()
                .orElse(null);
        if (media != null && victim.isCancelled()) {
            media.abort(); // it was cancelled before, and its client did not complete what it holds
        } else if (media != null) {
            abortLater(media, victim);
        }
        victim.link().kill();
        out.done();
    }

    /// A client that does not complete its commands would hold the killed session for ever.
    private void abortLater(VirtualMedia media, Session victim) {
        Thread.ofVirtual().name("kill-" + victim.id()).start(() -> {
            try {
                Thread.sleep(PATIENCE_WITH_KILLED);
                if (instance.session(victim.id()) == victim) {
                    media.abort();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private void alter(Statement.AlterDatabase alter) {
        Database database = instance.database(alter.database());
        if (alter.words().startsWith(COLLATE)) {
            String name = alter.words().substring(COLLATE.length());
            database.collation(Collation.named(name)
                    .orElseThrow(() -> SqlFailure.error(448, "Invalid collation '%s'.".formatted(name))));
            instance.save();
            out.done();
            return;
        }
        switch (alter.words()) {
            case "RECOVERY FULL" -> database.recoveryModel(RecoveryModel.FULL);
            case "RECOVERY SIMPLE" -> database.recoveryModel(RecoveryModel.SIMPLE);
            case "RECOVERY BULK_LOGGED" -> database.recoveryModel(RecoveryModel.BULK_LOGGED);
            case "MULTI_USER" -> database.access(database.access().restricted(false));
            case "RESTRICTED_USER" -> database.access(database.access().restricted(true));
            case "ENABLE_BROKER", "ERROR_BROKER_CONVERSATIONS" ->
                database.access(database.access().broker(true));
            case "NEW_BROKER" -> database.access(database.access().newBroker());
            case "DISABLE_BROKER" -> database.access(database.access().broker(false));
            case "SINGLE_USER", "READ_WRITE", "PAGE_VERIFY CHECKSUM" -> {}
            default -> throw SqlFailure.syntax(102, "Incorrect syntax near '%s'.".formatted(alter.words()), 1);
        }
        instance.save();
        out.done();
    }

    /// Family, database GUID and recovery fork stay, and so do the rows of msdb, which have the name of their
    /// time.
    private void rename(Statement.RenameDatabase rename) {
        Database database = instance.database(rename.database());
        Errors.requireSysname(rename.name());
        if (database.isSystem()) {
            throw new SqlFailure(
                    Errors.ofTheStandIn("the system's database '%s' keeps its name".formatted(database.name())));
        }
        if (database.state() == Database.State.RESTORING) {
            throw SqlFailure.error(5052, "ALTER DATABASE is not permitted while a database is in the Restoring state.");
        }
        boolean taken = instance.databases()
                .find(rename.name())
                .filter(other -> other != database)
                .isPresent();
        if (taken) {
            throw SqlFailure.error(
                    1801, "Database '%s' already exists. Choose a different database name.".formatted(rename.name()));
        }
        boolean used = instance.isBusy(database)
                || instance.sessions().stream()
                        .anyMatch(other -> other != session && other.database().equals(database.name()));
        if (used) {
            throw SqlFailure.error(5030, "The database could not be exclusively locked to perform the operation.");
        }
        String before = database.name();
        instance.rename(database, rename.name());
        session.renamed(before, database.name(), out);
        instance.save();
        out.done();
    }

    private void drop(Statement.DropDatabase drop) {
        for (String name : drop.databases()) {
            Database database = instance.databases().find(name).orElse(null);
            if (database == null) {
                if (drop.ifExists()) {
                    continue;
                }
                throw new SqlFailure(SqlMessage.of(
                        3701,
                        11,
                        "Cannot drop the database '%s', because it does not exist or you do not have permission."
                                .formatted(name)));
            }
            boolean used = database.isSystem()
                    || instance.sessions().stream()
                            .anyMatch(other -> other.database().equals(database.name()));
            if (used) {
                throw SqlFailure.error(
                        3702, "Cannot drop database \"%s\" because it is currently in use.".formatted(database.name()));
            }
            instance.databases().remove(database);
        }
        instance.save();
        out.done();
    }
}
