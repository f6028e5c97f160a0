package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ClientLink;
import dev.sluice.simulator.tds.Login;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tds.SqlSession;
import dev.sluice.simulator.tsql.Parser;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import java.time.LocalDateTime;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// One session of the server.
final class Session implements SqlSession {

    private static final String DEFAULT_DATABASE = "master";

    private final Instance instance;
    private final Login client;
    private final ServerOptions.Login login;
    private final ClientLink link;
    private final LocalDateTime since;
    private volatile String database;
    private volatile @Nullable Cancellation running;
    private int transactions;
    private int rowCount;
    private int lastError;

    Session(Instance instance, Login client, ServerOptions.Login login, ClientLink link) {
        this.instance = instance;
        this.client = client;
        this.login = login;
        this.link = link;
        this.since = instance.now();
        this.database = client.database().isEmpty() ? DEFAULT_DATABASE : client.database();
        instance.joined(this);
    }

    int id() {
        return client.sessionId();
    }

    Login client() {
        return client;
    }

    ServerOptions.Login login() {
        return login;
    }

    ClientLink link() {
        return link;
    }

    LocalDateTime since() {
        return since;
    }

    int transactions() {
        return transactions;
    }

    void transactions(int open) {
        transactions = open;
    }

    int rowCount() {
        return rowCount;
    }

    void rowCount(int rows) {
        rowCount = rows;
    }

    int lastError() {
        return lastError;
    }

    void lastError(int number) {
        lastError = number;
    }

    /// Whether what it does was cancelled, and has not ended yet.
    boolean isCancelled() {
        Cancellation cancellation = running;
        return cancellation != null && cancellation.requested();
    }

    @Override
    public String database() {
        return database;
    }

    /// Moves the session to another database, and says so.
    void use(Database next, ResponseSink out) {
        if (next.state() != Database.State.ONLINE) {
            throw Errors.inMiddleOfRestore(next.name());
        }
        String before = database;
        database = next.name();
        out.databaseChanged(before, database);
        out.message(SqlMessage.of(5701, 0, "Changed database context to '%s'.".formatted(database)));
    }

    @Override
    public void execute(Batch batch, ResponseSink out, Cancellation cancellation) throws InterruptedException {
        Request request = new Request(
                id(),
                batch.text(),
                instance.now(),
                instance.databases().find(database).map(Database::id).orElse(1));
        running = cancellation;
        instance.running(request);
        try {
            List<Statement> statements = Parser.parse(batch.text());
            new Interpreter(this, instance, batch, request, out, cancellation).run(statements);
        } catch (SqlFailure failure) {
            failure.messages().forEach(out::message);
            out.done();
        } finally {
            instance.finished(request);
            running = null;
        }
    }

    @Override
    public void reset(boolean keepTransaction, ResponseSink out) {
        if (!keepTransaction) {
            transactions = 0;
        }
        instance.locks().releaseAll(id());
        String home = client.database().isEmpty() ? DEFAULT_DATABASE : client.database();
        if (!database.equals(home)) {
            out.databaseChanged(database, home);
            database = home;
        }
    }

    @Override
    public void close() {
        instance.left(this);
    }
}
