package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.LogRecord;
import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.regional.DateFormat;
import dev.sluice.simulator.regional.Language;
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
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/// One session of the server.
final class Session implements SqlSession {

    private static final String DEFAULT_DATABASE = "master";

    private final Instance instance;
    private final Login client;
    private final ServerOptions.Login login;
    private final ClientLink link;
    private final LocalDateTime since;
    private final String home;
    private volatile String database;
    private volatile @Nullable Cancellation running;
    private Language language;
    private @Nullable DateFormat dates;
    private final Set<Integer> traceFlags = new TreeSet<>();
    private @Nullable OpenTransaction transaction;
    private int transactions;
    private int rowCount;
    private int lastError;
    private boolean abortsTransactions;

    Session(Instance instance, Login client, ServerOptions.Login login, ClientLink link) {
        this.instance = instance;
        this.client = client;
        this.login = login;
        this.link = link;
        this.since = instance.now();
        this.home =
                instance.databases().find(client.database()).map(Database::name).orElse(DEFAULT_DATABASE);
        this.database = home;
        this.language = defaultLanguage();
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

    /// What the client asked for, if there is such a language, or the login's.
    private Language defaultLanguage() {
        Language ofLogin = login.language() == null ? instance.options().language() : login.language();
        return Language.named(client.language()).orElse(ofLogin);
    }

    Language spoken() {
        return language;
    }

    @Override
    public String language() {
        return language.text();
    }

    /// `SET LANGUAGE`, which sets the date format as well.
    void speak(Language next, ResponseSink out) {
        out.languageChanged(language.text(), next.text());
        language = next;
        dates = null;
        out.message(SqlMessage.of(5703, 0, "Changed language setting to %s.".formatted(next.text())));
    }

    DateFormat dates() {
        return dates == null ? language.dates() : dates;
    }

    /// `SET DATEFORMAT`, until the language is set.
    void dates(DateFormat format) {
        dates = format;
    }

    /// How it compares and converts at the moment.
    Values values() {
        return new Values(instance.options().collation(), dates());
    }

    /// The collation of the database that it works in, which names of views and columns follow there.
    Collation identifiers() {
        return instance.databases()
                .find(database)
                .map(Database::collation)
                .orElse(instance.options().collation());
    }

    int transactions() {
        return transactions;
    }

    /// Begins a transaction, or goes one deeper into it, where name and mark no longer count.
    void begin(LogRecord.@Nullable Mark mark) {
        if (transactions == 0) {
            transaction = new OpenTransaction(instance, mark);
        }
        transactions++;
    }

    /// Ends the innermost level; the outermost makes what was changed stay.
    void commit() {
        transactions--;
        OpenTransaction own = transaction;
        if (transactions == 0 && own != null) {
            transaction = null;
            own.commit(login.name());
        }
    }

    /// Ends all levels.
    void rollBack() {
        transactions = 0;
        OpenTransaction own = transaction;
        if (own != null) {
            transaction = null;
            own.rollBack();
        }
    }

    /// The transaction that changes belong to, or null for one of their own.
    @Nullable
    OpenTransaction transaction() {
        return transaction;
    }

    /// Trace flags of this session alone.
    Set<Integer> traceFlags() {
        return traceFlags;
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

    /// `SET` of an option; one alone counts here.
    void set(String option) {
        String[] words = option.toUpperCase(Locale.ROOT).split("\\s+", -1);
        if (words[0].equals("XACT_ABORT")) {
            abortsTransactions = words.length > 1 && words[1].equals("ON");
        }
    }

    /// XACT_ABORT: an error ends the batch and rolls the transaction back.
    boolean abortsTransactions() {
        return abortsTransactions;
    }

    /// Waits as long as another session has locked msdb's tables.
    void awaitHistory() {
        Cancellation cancellation = running;
        if (cancellation != null && instance.faults().history() == Faults.History.LOCKED) {
            instance.faults().awaitHistory(cancellation);
        }
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

    /// The database that it works in, perhaps, has another name now.
    void renamed(String before, String after, ResponseSink out) {
        if (database.equals(before)) {
            database = after;
            out.databaseChanged(before, after);
        }
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
            List<Statement> statements = Parser.parse(batch.text(), identifiers());
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
            rollBack();
        }
        abortsTransactions = false;
        traceFlags.clear();
        instance.locks().releaseAll(id());
        Language own = defaultLanguage();
        if (language != own) {
            out.languageChanged(language.text(), own.text());
        }
        language = own;
        dates = null;
        // It may have been renamed or dropped since the login.
        String back = instance.databases().find(home).isPresent() ? home : DEFAULT_DATABASE;
        if (!database.equals(back)) {
            out.databaseChanged(database, back);
            database = back;
        }
    }

    @Override
    public void close() {
        rollBack();
        instance.left(this);
    }
}
