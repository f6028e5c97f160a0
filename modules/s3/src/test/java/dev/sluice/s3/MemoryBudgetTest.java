package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import reactor.core.Disposable;
import reactor.core.publisher.Mono;
import reactor.test.scheduler.VirtualTimeScheduler;

class MemoryBudgetTest {
    private static final int SLAB = 4096;

    @Test
    void admitsAllStripesOfARunOrNone() {
        MemoryBudget budget = new MemoryBudget(SLAB, 10);
        List<Admission> admitted = new ArrayList<>();

        budget.admit(2, 3 * SLAB).subscribe(admitted::add);
        budget.admit(2, 3 * SLAB).subscribe(admitted::add);

        assertThat(admitted).hasSize(1);
        assertThat(budget.committed()).isEqualTo(6 * SLAB);
        admitted.getFirst().close();
        admitted.getFirst().close();
        assertThat(admitted).hasSize(2);
        assertThat(budget.committed()).isEqualTo(6 * SLAB);
    }

    @Test
    void admitsRunsInTheOrderOfTheirArrivalEvenIfALaterOneWouldFit() {
        MemoryBudget budget = new MemoryBudget(SLAB, 10);
        List<String> order = new ArrayList<>();
        Admission first = await(budget.admit(1, 6 * SLAB));

        budget.admit(1, 8 * SLAB).subscribe(_ -> order.add("large"));
        budget.admit(1, SLAB).subscribe(_ -> order.add("small"));

        assertThat(order).isEmpty();
        first.close();
        assertThat(order).containsExactly("large", "small");
    }

    @Test
    void aCancelledRunLeavesTheQueueAndLetsTheNextOneIn() {
        MemoryBudget budget = new MemoryBudget(SLAB, 10);
        Admission first = await(budget.admit(1, 6 * SLAB));
        List<Admission> admitted = new ArrayList<>();
        Disposable large = budget.admit(1, 8 * SLAB).subscribe(admitted::add);
        budget.admit(1, 2 * SLAB).subscribe(admitted::add);

        large.dispose();

        assertThat(admitted).hasSize(1);
        admitted.getFirst().close();
        first.close();
        assertThat(budget.committed()).isZero();
    }

    @Test
    void aCancelInTheMomentOfAdmissionReturnsThePlace() throws Exception {
        MemoryBudget budget = new MemoryBudget(SLAB, 4);
        for (int round = 0; round < 5_000; round++) {
            Admission first = await(budget.admit(1, 4 * SLAB));
            Disposable second =
                    budget.whileAdmitted(1, 4 * SLAB, _ -> Mono.never()).subscribe();

            Thread canceller = Thread.ofVirtual().start(second::dispose);
            first.close();
            canceller.join();

            assertThat(budget.committed()).isZero();
        }
    }

    @Test
    void refusesARunThatCouldNeverBeAdmitted() {
        MemoryBudget budget = new MemoryBudget(SLAB, 10);

        assertThatThrownBy(() -> await(budget.admit(3, 4 * SLAB)))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("take " + 12 * SLAB + " bytes")
                .hasMessageContaining("budget is " + 10 * SLAB);
    }

    @Test
    void aStripeAlwaysGetsItsQuotaHoweverMuchOthersHold() {
        MemoryBudget budget = new MemoryBudget(SLAB, 10);
        Admission run = await(budget.admit(2, 3 * SLAB));

        assertThat(run.stripe(0).tryReserve(7)).isTrue(); // its quota, and all that is free
        assertThat(run.stripe(0).tryReserve(8)).isFalse();
        assertThat(run.stripe(1).tryReserve(3)).isTrue();
        assertThat(run.stripe(1).tryReserve(4)).isFalse();

        assertThat(budget.inUse()).isEqualTo(budget.capacity());
        run.close();
        assertThat(budget.inUse()).isZero();
    }

    @Test
    void aRunInTheQueueEndsBorrowing() {
        MemoryBudget budget = new MemoryBudget(SLAB, 10);
        Admission first = await(budget.admit(1, 3 * SLAB));
        List<Boolean> asked = new ArrayList<>();
        first.stripe(0).onReclaim(asked::add);
        assertThat(first.stripe(0).tryReserve(5)).isTrue();
        List<Admission> second = new ArrayList<>();

        budget.admit(1, 7 * SLAB).subscribe(second::add);

        assertThat(asked).containsExactly(true);
        assertThat(first.stripe(0).tryReserve(6)).isFalse();
        first.stripe(0).trim();
        assertThat(second).hasSize(1);
        assertThat(first.stripe(0).tryReserve(3)).isTrue();
    }

    @Test
    void asksTheStripeThatBorrowedMostToHelpOneThatHasLess() {
        MemoryBudget budget = new MemoryBudget(SLAB, 10);
        Admission run = await(budget.admit(2, SLAB));
        List<Boolean> asked = new ArrayList<>();
        run.stripe(0).onReclaim(everything -> {
            asked.add(everything);
            run.stripe(0).trim();
        });
        assertThat(run.stripe(0).tryReserve(9)).isTrue();

        run.stripe(1).reserve(2).block(PROMPTLY);

        assertThat(asked).containsExactly(false);
    }

    @Test
    void closingFailsEveryWaitingReservation() {
        MemoryBudget budget = new MemoryBudget(SLAB, 2);
        await(budget.admit(1, 2 * SLAB));
        List<Throwable> failures = new ArrayList<>();
        budget.admit(1, SLAB).subscribe(_ -> {}, failures::add);

        budget.close();

        assertThat(failures).singleElement().asString().contains("closed");
    }

    /// Stripes at their minimum reserve, hold and return memory in any order. As long as a stripe holds no more
    /// than a part, its next reservation must be granted in the end. All run on one thread, so that a standstill
    /// is certain and not just slow.
    @Test
    void givesMemoryBackWhenNoRunIsAdmittedForAWhile() throws Exception {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        int slabs = 3 * MemoryBudget.KEPT;
        MemoryBudget budget = new MemoryBudget(MemoryBudget.SLAB_SIZE, slabs, time);
        useAll(budget, slabs);
        time.advanceTimeBy(MemoryBudget.IDLE.minusSeconds(1));
        useAll(budget, slabs);

        time.advanceTimeBy(MemoryBudget.IDLE.minusSeconds(1));
        assertThat(budget.allocated()).as("a run came in between").isEqualTo(budget.capacity());
        long before = direct();
        time.advanceTimeBy(Duration.ofSeconds(2));

        assertThat(budget.allocated()).isEqualTo((long) MemoryBudget.KEPT * MemoryBudget.SLAB_SIZE);
        long released = budget.capacity() - budget.allocated();
        long limit = System.nanoTime() + PROMPTLY.toNanos();
        while (before - direct() < released && System.nanoTime() < limit) {
            Thread.sleep(10);
        }
        assertThat(before - direct()).as("bytes that the process gave back").isGreaterThanOrEqualTo(released);
        useAll(budget, slabs);
    }

    @Test
    void keepsMemoryWhileARunIsAdmitted() {
        VirtualTimeScheduler time = VirtualTimeScheduler.create();
        MemoryBudget budget = new MemoryBudget(SLAB, 3 * MemoryBudget.KEPT, time);
        useAll(budget, 2 * MemoryBudget.KEPT);

        Admission admission = await(budget.admit(1, SLAB));
        time.advanceTimeBy(MemoryBudget.IDLE.multipliedBy(2));
        assertThat(budget.allocated()).isEqualTo(2L * MemoryBudget.KEPT * SLAB);

        admission.close();
        budget.close();
        time.advanceTimeBy(MemoryBudget.IDLE.multipliedBy(2));
        assertThat(budget.allocated()).isZero();
    }

    private static void useAll(MemoryBudget budget, int slabs) {
        try (Admission admission = await(budget.admit(1, budget.capacity() / 2))) {
            await(admission.stripe(0).reserve(slabs).thenReturn(true));
        }
    }

    private static long direct() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    @Test
    void neverStandsStillAndNeverExceedsItsCapacity() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int quota = 4;
        MemoryBudget budget = new MemoryBudget(SLAB, 20);
        List<Actor> actors = new ArrayList<>();
        int finished = 0;
        for (int step = 0; step < 100_000; step++) {
            if (actors.size() < 8 && random.nextInt(20) == 0) {
                actors.add(new Actor(budget, 1 + random.nextInt(3), quota));
            }
            if (actors.isEmpty()) {
                continue;
            }
            Actor actor = actors.get(random.nextInt(actors.size()));
            if (actor.step(random)) {
                actors.remove(actor);
                finished++;
            }
            assertThat(budget.inUse()).isLessThanOrEqualTo(budget.committed());
            assertThat(budget.committed()).isLessThanOrEqualTo(budget.capacity());
        }
        for (int step = 0; step < 100_000 && !actors.isEmpty(); step++) {
            Actor actor = actors.get(random.nextInt(actors.size()));
            if (actor.step(random)) {
                actors.remove(actor);
                finished++;
            }
        }

        assertThat(actors).as("seed %d", seed).isEmpty();
        assertThat(finished).as("seed %d", seed).isGreaterThan(100);
        assertThat(budget.committed()).as("seed %d", seed).isZero();
        assertThat(budget.inUse()).as("seed %d", seed).isZero();
    }

    /// A run that takes 50 steps once it is admitted; a step of a stripe is to reserve, to take, or to return.
    private static final class Actor {
        private final List<Admission> admission = new ArrayList<>();
        private final List<Deque<Slab>> taken = new ArrayList<>();
        private final boolean[] granted;
        private final boolean[] waits;
        private final Disposable queued;
        private int steps = 50;

        Actor(MemoryBudget budget, int stripes, int quota) {
            granted = new boolean[stripes];
            waits = new boolean[stripes];
            for (int i = 0; i < stripes; i++) {
                taken.add(new ArrayDeque<>());
            }
            queued = budget.admit(stripes, (long) quota * SLAB).subscribe(admission::add);
        }

        /// Whether the run has ended.
        boolean step(Random random) {
            if (admission.isEmpty()) {
                if (random.nextInt(500) == 0) {
                    queued.dispose();
                    return true;
                }
                return false;
            }
            int i = random.nextInt(granted.length);
            StripeMemory stripe = admission.getFirst().stripe(i);
            if (granted[i]) {
                granted[i] = false;
                taken.get(i).add(stripe.take());
                steps--;
            } else if (waits[i] || taken.get(i).size() >= 3) {
                stripe.release(List.copyOf(taken.get(i)));
                taken.get(i).clear();
            } else {
                waits[i] = true;
                stripe.reserve(1).subscribe(null, _ -> {}, () -> {
                    waits[i] = false;
                    granted[i] = true;
                });
            }
            if (steps <= 0) {
                for (int s = 0; s < taken.size(); s++) {
                    admission.getFirst().stripe(s).release(List.copyOf(taken.get(s)));
                }
                admission.getFirst().close();
                return true;
            }
            return false;
        }
    }
}
