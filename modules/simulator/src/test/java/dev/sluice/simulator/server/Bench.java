package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.Column;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tds.SqlSession;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.UnaryOperator;

/// A server with a clock that a test moves, a session in it, and the smallest backup program.
final class Bench implements AutoCloseable {

    final InProcessVdi vdi = new InProcessVdi();
    final SimulatedServer server;
    private final AtomicReference<Instant> now = new AtomicReference<>(Instant.parse("2026-03-01T10:00:00Z"));
    private final AtomicInteger names = new AtomicInteger();
    private final SqlSession session;

    Bench(UnaryOperator<ServerOptions> options) throws IOException {
        InstantSource clock = now::get;
        server = SimulatedServer.start(options.apply(ServerOptions.of(vdi).withClock(clock, ZoneOffset.UTC)));
        session = server.open(40);
    }

    /// With one database of 4 MiB, `Sales`.
    static Bench withSales() throws IOException {
        return new Bench(options -> options.withDatabase("Sales", 4 << 20));
    }

    LocalDateTime time() {
        return LocalDateTime.ofInstant(now.get(), ZoneOffset.UTC);
    }

    /// As every server reads it as a datetime: with its seconds, which `toString` may leave out.
    static String iso(LocalDateTime time) {
        return DateTimeFormatter.ISO_LOCAL_DATE_TIME.format(time);
    }

    void later(Duration by) {
        now.updateAndGet(instant -> instant.plus(by));
    }

    CollectedResponse run(String sql) throws InterruptedException {
        CollectedResponse response = new CollectedResponse();
        session.execute(Batch.of(sql), response, new Cancellation());
        return response;
    }

    /// A statement that must succeed.
    CollectedResponse ok(String sql) throws InterruptedException {
        CollectedResponse response = run(sql);
        assertThat(response.errors()).as(sql).isEmpty();
        return response;
    }

    /// As [#ok(String)], in a session of its own, while the ordinary one is busy.
    void ok(int sessionId, String sql) throws InterruptedException {
        CollectedResponse response = new CollectedResponse();
        try (SqlSession other = server.open(sessionId)) {
            other.execute(Batch.of(sql), response, new Cancellation());
        }
        assertThat(response.errors()).as(sql).isEmpty();
    }

    static List<Integer> numbers(CollectedResponse response) {
        return response.errors().stream().map(SqlMessage::number).toList();
    }

    List<Integer> errors(String sql) throws InterruptedException {
        return numbers(run(sql));
    }

    Object value(String sql) throws InterruptedException {
        return ok(sql).statements().getFirst().rows().getFirst().getFirst();
    }

    /// A value of the first row, by the column's name.
    static Object column(CollectedResponse response, String name) {
        assertThat(response.errors()).isEmpty();
        CollectedResponse.Statement first = response.statements().getFirst();
        List<String> names = first.columns().stream().map(Column::name).toList();
        assertThat(names).contains(name);
        return first.rows().getFirst().get(names.indexOf(name));
    }

    void work(String database, int transactions, long seed) throws InterruptedException {
        ok("EXEC sluice_workload @database = N'%s', @transactions = %d, @seed = %d, @rollback_every = 4"
                .formatted(database, transactions, seed));
    }

    List<String> names(int stripes) {
        int number = names.incrementAndGet();
        List<String> all = new ArrayList<>();
        for (int i = 0; i < stripes; i++) {
            all.add("set-%d-%d".formatted(number, i + 1));
        }
        return all;
    }

    static String clauses(List<String> names) {
        return String.join(
                ", ", names.stream().map("VIRTUAL_DEVICE = N'%s'"::formatted).toList());
    }

    /// A backup that must succeed.
    ///
    /// @param what `DATABASE [Sales]`
    /// @param with options, or empty
    List<byte[]> backUp(String what, int stripes, String with) throws InterruptedException {
        List<String> names = names(stripes);
        try (BackupClient client = BackupClient.storing(vdi, names).start()) {
            ok("BACKUP %s TO %s%s".formatted(what, clauses(names), with.isEmpty() ? "" : " WITH " + with));
            client.awaitEnd();
            return client.stripes();
        }
    }

    /// @param what `DATABASE [Copy]` or `VERIFYONLY`
    CollectedResponse restore(String what, List<byte[]> stripes, String with) throws InterruptedException {
        List<String> names = names(stripes.size());
        try (BackupClient client = BackupClient.delivering(vdi, names, stripes).start()) {
            CollectedResponse response =
                    run("RESTORE %s FROM %s%s".formatted(what, clauses(names), with.isEmpty() ? "" : " WITH " + with));
            client.awaitEndOrAbort();
            return response;
        }
    }

    void restored(String what, List<byte[]> stripes, String with) throws InterruptedException {
        assertThat(restore(what, stripes, with).errors()).as(what).isEmpty();
    }

    /// Options that put the files of `Sales` elsewhere.
    static String moved(String to, String more) {
        return "MOVE N'Sales' TO N'/d/%s.mdf', MOVE N'Sales_log' TO N'/d/%s.ldf'%s"
                .formatted(to, to, more.isEmpty() ? "" : ", " + more);
    }

    @Override
    public void close() {
        session.close();
        server.close();
    }
}
