package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.Engine;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.serve.http.HttpApi;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;

/// A service with one policy on the stand-in with the database Sales, both by a clock that the test sets forward,
/// and what it tells.
final class ClockedService implements AutoCloseable {

    private final AtomicReference<Duration> ahead = new AtomicReference<>(Duration.ZERO);
    private final AtomicInteger asked = new AtomicInteger();
    private final InstantSource clock = () -> Instant.now().plus(ahead.get());
    private final List<JobEvent> events = new CopyOnWriteArrayList<>();
    private final EmbeddedForTests installation;
    private Service service;
    private Client client;

    /// @param drills of the service
    ClockedService(Path directory, Configuration.Policy policy, DrillSettings drills) throws Exception {
        this.installation = EmbeddedForTests.start(
                directory, options -> options.withDatabase("Sales", 4 << 20).withClock(clock, ZoneOffset.UTC));
        serve(installation.engine(), policy, drills);
    }

    private void serve(Engine engine, Configuration.Policy policy, DrillSettings drills) throws Exception {
        Policies policies = new Policies(List.of(policy), new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
        service = Service.start(
                engine,
                new ServiceSettings(policies, installation::request, null, drills),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                () -> {
                    asked.incrementAndGet();
                    return clock.instant();
                },
                List.of(events::add));
        client = new Client(service.port(), null);
    }

    /// Of backups: none of them is due in a test, however far it sets the clock forward. The first one is due at once.
    static Cron inHalfAYear() {
        ZonedDateTime then = Instant.now().atZone(ZoneOffset.UTC).plusMonths(6);
        return Cron.parse(
                String.format(Locale.ROOT, "0 1 %d %d *", Math.min(then.getDayOfMonth(), 28), then.getMonthValue()));
    }

    /// Ends the service, and starts it again some time later.
    void startAgain(Duration later, Configuration.Policy policy, DrillSettings drills) throws Exception {
        service.close();
        client.close();
        later(later);
        events.clear();
        // A service ends its engine.
        serve(new Engine(installation.engine().environment()), policy, drills);
    }

    EmbeddedForTests installation() {
        return installation;
    }

    Client client() {
        return client;
    }

    Instant now() {
        return clock.instant();
    }

    void later(Duration by) {
        ahead.updateAndGet(before -> before.plus(by));
    }

    /// How often the service has asked for the time: it does so whenever its loop comes round.
    int asked() {
        return asked.get();
    }

    List<JobEvent.Ended> ended(Class<? extends TrackedJob> kind) {
        return events.stream()
                .filter(JobEvent.Ended.class::isInstance)
                .map(JobEvent.Ended.class::cast)
                .filter(event -> kind.isInstance(event.job()))
                .toList();
    }

    int began(Class<? extends TrackedJob> kind) {
        return (int) events.stream()
                .filter(event -> event instanceof JobEvent.Began && kind.isInstance(event.job()))
                .count();
    }

    void backUp() {
        service.jobs().ask("Sales", BackupType.FULL, false);
    }

    void sql(String sql) throws Exception {
        CollectedResponse response = new CollectedResponse();
        try (SqlSession session = installation.server().open(40)) {
            session.execute(Batch.of(sql), response, new Cancellation());
        }
        assertThat(response.errors()).as(sql).isEmpty();
    }

    @Override
    public void close() {
        service.close();
        installation.close();
        client.close();
    }
}
