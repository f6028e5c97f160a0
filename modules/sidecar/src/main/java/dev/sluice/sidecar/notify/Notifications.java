package dev.sluice.sidecar.notify;

import dev.sluice.catalog.Ulid;
import dev.sluice.engine.sql.LogSpace;
import dev.sluice.sidecar.config.NotifySection;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.JobEvent;
import dev.sluice.sidecar.serve.JobListener;
import dev.sluice.sidecar.serve.LogWatch;
import dev.sluice.sidecar.serve.ServiceMetrics.NotificationCount;
import java.net.http.HttpClient;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Function;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Every configured receiver, told what happens to jobs, and how full logs are.
///
/// **Ownership:** owns the receivers' outboxes and the HTTP client. [#close()] gives them a few seconds to
/// deliver what waits, and drops the rest.
///
/// **Threading:** any thread. [#on] and [#onLogs] never wait for a receiver.
public final class Notifications implements JobListener, LogWatch.Listener, AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(Notifications.class);
    private static final Duration CLOSE_PATIENCE = Duration.ofSeconds(3);

    private final String server;
    private final Function<Channel, AttemptPauses> pauses;
    private final Duration patience;
    private final InstantSource clock;
    private final Ulid ids = new Ulid(Clock.systemUTC());
    private final HttpClient client = HttpAttempt.client();
    private final Map<NotificationCount, LongAdder> counts = new ConcurrentHashMap<>();
    private volatile Addressing addressing = new Addressing(List.of(), _ -> Optional.empty());

    /// Who hears of which database.
    private record Addressing(List<Receiver> receivers, Function<String, Optional<List<String>>> named) {

        /// A policy's own names go before the patterns of the receivers. A heartbeat keeps its patterns beside
        /// them: the backups of all databases of a policy would hide the silence of the one it is for.
        boolean hears(Receiver receiver, String database) {
            NotifySection section = receiver.section();
            Optional<Boolean> isNamed = named.apply(database).map(names -> names.contains(section.name()));
            if (isNamed.isPresent() && section.heartbeat() == null) {
                return isNamed.get();
            }
            return isNamed.orElse(true) && DatabasePattern.matches(section.databases(), database);
        }
    }

    private Notifications(
            String server, Function<Channel, AttemptPauses> pauses, Duration patience, InstantSource clock) {
        this.server = server;
        this.pauses = pauses;
        this.patience = patience;
        this.clock = clock;
    }

    /// @param server   its identity
    /// @param sections the receivers
    /// @param named    the receivers that a database's policy names; empty where their own patterns decide
    public static Notifications start(
            String server,
            List<NotifySection> sections,
            Function<String, Optional<List<String>>> named,
            InstantSource clock) {
        Notifications notifications = new Notifications(server, Channel::pauses, CLOSE_PATIENCE, clock);
        notifications.apply(sections, named);
        return notifications;
    }

    /// Each receiver by its own patterns.
    public static Notifications start(String server, List<NotifySection> sections, InstantSource clock) {
        return start(server, sections, _ -> Optional.empty(), clock);
    }

    /// @param pauses   between attempts
    /// @param patience at the end, for all receivers together
    static Notifications start(
            String server,
            List<NotifySection> sections,
            List<Duration> pauses,
            Duration patience,
            InstantSource clock) {
        return start(server, sections, _ -> Optional.empty(), pauses, patience, clock);
    }

    static Notifications start(
            String server,
            List<NotifySection> sections,
            Function<String, Optional<List<String>>> named,
            List<Duration> pauses,
            Duration patience,
            InstantSource clock) {
        AttemptPauses inTurn = new AttemptPauses(pauses, List.of());
        Notifications notifications = new Notifications(server, _ -> inTurn, patience, clock);
        notifications.apply(sections, named);
        return notifications;
    }

    /// What a receiver answered to a test.
    ///
    /// @param receiver  its configured name
    /// @param delivered whether it has taken it
    /// @param answer    in its words, or why there is none; holds no URL and no secret
    public record TestResult(String receiver, boolean delivered, String answer) {}

    /// Sends a test to each receiver, one after the other, in one attempt each.
    ///
    /// **Errors:** [InterruptedException]. What a receiver does wrong is in its result.
    public static List<TestResult> test(String server, List<NotifySection> sections, InstantSource clock)
            throws InterruptedException {
        Ulid ids = new Ulid(Clock.systemUTC());
        List<TestResult> results = new ArrayList<>();
        HttpClient client = HttpAttempt.client();
        try {
            for (NotifySection section : sections) {
                Notification told = Notification.test(ids.next(), clock.instant(), server);
                try {
                    Delivery came = channel(section, client, clock).deliver(told);
                    results.add(new TestResult(section.name(), came instanceof Delivery.Delivered, came.answer()));
                } catch (RuntimeException e) {
                    log.atError()
                            .setCause(e)
                            .addKeyValue("receiver", section.name())
                            .log("a notification met a defect of Sluice's");
                    results.add(new TestResult(section.name(), false, "a defect of Sluice's; the log has more"));
                }
            }
        } finally {
            client.shutdownNow();
        }
        return results;
    }

    private static Channel channel(NotifySection section, HttpClient client, InstantSource clock) {
        if (section.webhook() != null) {
            return new WebhookChannel(client, section.webhook(), clock);
        }
        if (section.email() != null) {
            return new EmailChannel(section.email());
        }
        if (section.heartbeat() != null) {
            return new HeartbeatChannel(
                    client, section.heartbeat().url(), section.heartbeat().timeout());
        }
        NotifySection.Command command = section.command();
        if (command == null) {
            throw new IllegalStateException(section.name() + " has no way to its receiver");
        }
        return new CommandChannel(command.program(), command.arguments(), command.timeout());
    }

    /// Other receivers, from now on. One that has not changed keeps its queue, and what it knows.
    ///
    /// **Threading:** one caller at a time. Waits for the receivers that go, as [#close()] does.
    ///
    /// @param named as in [#start]
    public void apply(List<NotifySection> sections, Function<String, Optional<List<String>>> named) {
        List<Receiver> before = addressing.receivers();
        List<Receiver> after = new ArrayList<>();
        for (NotifySection section : sections) {
            Optional<Receiver> kept = before.stream()
                    .filter(receiver -> receiver.section().equals(section))
                    .findFirst();
            after.add(kept.orElseGet(() -> receiver(section)));
            for (Outbox.Settled how : Outbox.Settled.values()) {
                count(section.name(), how); // an alert needs the series before the first loss
            }
        }
        addressing = new Addressing(List.copyOf(after), named);
        end(before.stream().filter(receiver -> !after.contains(receiver)).toList());
    }

    private Receiver receiver(NotifySection section) {
        Channel channel = channel(section, client, clock);
        return new Receiver(
                section,
                channel,
                pauses.apply(channel),
                server,
                ids,
                how -> count(section.name(), how).increment());
    }

    private LongAdder count(String receiver, Outbox.Settled how) {
        return counts.computeIfAbsent(new NotificationCount(receiver, how.text()), _ -> new LongAdder());
    }

    /// What became of the notifications so far.
    public Map<NotificationCount, LongAdder> counts() {
        return Map.copyOf(counts);
    }

    @Override
    public void on(JobEvent event) {
        if (event instanceof JobEvent.Ended ended) {
            Addressing now = addressing;
            now.receivers().stream()
                    .filter(receiver -> now.hears(receiver, ended.job().database()))
                    .forEach(receiver -> receiver.on(ended));
        }
    }

    @Override
    public boolean wantsLogs() {
        return addressing.receivers().stream().anyMatch(Receiver::wantsLogs);
    }

    @Override
    public void onLogs(List<LogSpace.Usage> usages, Instant at) {
        Addressing now = addressing;
        for (Receiver receiver : now.receivers()) {
            receiver.onLogs(
                    usages.stream()
                            .filter(usage -> now.hears(receiver, usage.database()))
                            .toList(),
                    at);
        }
    }

    private void end(List<Receiver> going) {
        Instant deadline = Instant.now().plus(patience);
        going.forEach(receiver -> receiver.outbox().beginClose());
        going.forEach(receiver -> receiver.outbox().awaitEnd(deadline));
    }

    /// Takes nothing more, and returns within a few seconds.
    @Override
    public void close() {
        end(addressing.receivers());
        client.shutdownNow();
    }
}
