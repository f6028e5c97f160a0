package dev.sluice.simulator.tds;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/// An engine that knows a few statements and whatever a test teaches it.
///
/// Users are `sa` with password `secret`; databases are `master` and `sales`.
final class ToyEngine implements SqlEngine {

    interface Statement {
        void run(Batch batch, ResponseSink out, Cancellation cancellation) throws InterruptedException;
    }

    final List<Login> logins = new CopyOnWriteArrayList<>();
    final List<Batch> batches = new CopyOnWriteArrayList<>();
    final List<String> resets = new CopyOnWriteArrayList<>();
    final List<Integer> closed = new CopyOnWriteArrayList<>();
    final Map<Integer, ClientLink> links = new ConcurrentHashMap<>();
    private final Map<String, Statement> statements = new ConcurrentHashMap<>();

    ToyEngine on(String text, Statement statement) {
        statements.put(text, statement);
        return this;
    }

    List<String> texts() {
        return batches.stream().map(batch -> batch.text().strip()).toList();
    }

    @Override
    public SqlSession login(Login login, ClientLink link) throws LoginRejected {
        logins.add(login);
        if (!login.user().equals("sa") || !login.password().equals("secret")) {
            throw LoginRejected.wrongCredentials(login.user());
        }
        if (!List.of("", "master", "sales").contains(login.database())) {
            throw LoginRejected.unknownDatabase(login.database());
        }
        links.put(login.sessionId(), link);
        return new Session(login);
    }

    private final class Session implements SqlSession {
        private final Login login;
        private String database;

        Session(Login login) {
            this.login = login;
            this.database = login.database().isEmpty() ? "master" : login.database();
        }

        @Override
        public String database() {
            return database;
        }

        @Override
        public String language() {
            return "us_english";
        }

        @Override
        public void execute(Batch batch, ResponseSink out, Cancellation cancellation) throws InterruptedException {
            batches.add(batch);
            String text = batch.text().strip();
            String upper = text.toUpperCase(Locale.ROOT);
            Statement taught = statements.get(text);
            if (taught != null) {
                taught.run(batch, out, cancellation);
            } else if (upper.equals("SELECT @@SPID")) {
                answer(out, SqlType.SMALLINT, login.sessionId());
            } else if (upper.equals("SELECT DB_NAME()")) {
                answer(out, SqlType.nvarchar(128), database);
            } else if (upper.equals("SELECT 1")) {
                answer(out, SqlType.INT, 1);
            } else if (upper.startsWith("USE ")) {
                String before = database;
                database = text.substring(4).replace("[", "").replace("]", "").strip();
                out.databaseChanged(before, database);
                out.message(SqlMessage.of(5701, 0, "Changed database context to '%s'.".formatted(database)));
                out.done();
            } else if (upper.startsWith("SET ") || upper.startsWith("IF @@TRANCOUNT")) {
                out.done();
            } else {
                out.message(SqlMessage.of(102, 15, "Incorrect syntax near '%s'.".formatted(text)));
            }
        }

        private static void answer(ResponseSink out, SqlType type, Object value) {
            out.resultSet(List.of(new Column("", type)));
            out.row(value);
            out.done();
        }

        @Override
        public void reset(boolean keepTransaction, ResponseSink out) {
            resets.add(login.sessionId() + (keepTransaction ? " keeping the transaction" : ""));
            if (!database.equals("master")) {
                out.databaseChanged(database, "master");
                database = "master";
            }
        }

        @Override
        public void close() {
            closed.add(login.sessionId());
        }
    }
}
