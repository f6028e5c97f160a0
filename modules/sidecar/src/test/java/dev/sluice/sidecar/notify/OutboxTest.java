package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// The order of attempts, with a channel that answers as each test wants.
class OutboxTest {

    private static final Duration PATIENTLY = Duration.ofSeconds(30);
    private static final Duration NEVER = Duration.ofHours(5);
    private static final Duration SOON = Duration.ofMillis(1);

    private final Map<String, List<Delivery>> answers = new ConcurrentHashMap<>();
    private final List<String> attempts = new CopyOnWriteArrayList<>();
    private final List<String> settled = new CopyOnWriteArrayList<>();
    private final List<Outbox> open = new ArrayList<>();

    private Outbox start(AttemptPauses pauses) {
        Channel channel = told -> {
            String database = String.valueOf(told.database());
            attempts.add(database);
            List<Delivery> left = answers.getOrDefault(database, List.of());
            answers.put(database, left.isEmpty() ? left : left.subList(1, left.size()));
            return left.isEmpty() ? new Delivery.Delivered("ok") : left.getFirst();
        };
        Outbox outbox = Outbox.start(
                "on-call", channel, pauses, (told, how) -> settled.add(told.database() + " " + how.text()));
        open.add(outbox);
        return outbox;
    }

    @AfterEach
    void stop() {
        open.forEach(OutboxTest::close);
    }

    private static void close(Outbox outbox) {
        outbox.beginClose();
        outbox.awaitEnd(Instant.now().plus(PATIENTLY));
    }

    private static void offer(Outbox outbox, String... databases) {
        for (String database : databases) {
            outbox.offer(Told.failure(database, "Gone."));
        }
    }

    private void awaitSettled(String... what) {
        await().atMost(PATIENTLY).untilAsserted(() -> assertThat(settled).containsExactly(what));
    }

    @Test
    void theOthersWaitForTheFirstPausesAndGoBeforeInTheLaterOnes() {
        answers.put(
                "Sales",
                List.of(
                        new Delivery.Unavailable("later"),
                        new Delivery.Unavailable("later"),
                        new Delivery.Unavailable("later")));
        Outbox outbox = start(new AttemptPauses(List.of(SOON), List.of(SOON, NEVER)));

        offer(outbox, "Sales", "Stock");

        awaitSettled("Stock delivered");
        await().atMost(PATIENTLY).until(() -> attempts.size() == 4);
        assertThat(attempts).startsWith("Sales", "Sales").contains("Stock");
        close(outbox);
        awaitSettled("Stock delivered", "Sales delivered");
    }

    @Test
    void whatSomeRecipientsHaveHoldsUpNoOtherAndIsDelivered() {
        answers.put("Sales", List.of(new Delivery.PutOff("one later"), new Delivery.Unavailable("gone")));
        answers.put("Ever", List.of(new Delivery.PutOff("one later"), new Delivery.PutOff("one later")));
        Outbox outbox = start(new AttemptPauses(List.of(NEVER), List.of()));

        offer(outbox, "Sales", "Stock");

        awaitSettled("Stock delivered");
        close(outbox);
        awaitSettled("Stock delivered", "Sales delivered");

        Outbox another = start(new AttemptPauses(List.of(SOON), List.of()));
        offer(another, "Ever");
        awaitSettled("Stock delivered", "Sales delivered", "Ever delivered");
    }

    @Test
    void aRefusedLoginIsNotTriedAgainForTheNextNotificationAndNotAtTheEnd() {
        answers.put("Sales", List.of(new Delivery.Denied("535 wrong password")));
        Outbox outbox = start(new AttemptPauses(List.of(SOON), List.of()));

        offer(outbox, "Sales");
        awaitSettled("Sales failed");
        offer(outbox, "Stock", "Staff");
        close(outbox);

        assertThat(attempts).containsExactly("Sales");
        awaitSettled("Sales failed", "Stock dropped", "Staff dropped");
    }

    @Test
    void waitsDoubleUpToTheirLimit() {
        Doubling waits = new Doubling(Duration.ofMinutes(5), Duration.ofHours(1));

        assertThat(List.of(waits.after(1), waits.after(2), waits.after(4), waits.after(5), waits.after(1000)))
                .extracting(Duration::toMinutes)
                .containsExactly(5L, 10L, 40L, 60L, 60L);
    }
}
