package dev.sluice.s3;

import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/// One stripe's share of the budget: a quota of its own, and memory that it borrows beyond.
///
/// The fields belong to [MemoryBudget] and are read and written under its lock.
public final class StripeMemory {
    private final MemoryBudget budget;
    final int quota;
    int held;
    boolean open = true;

    @Nullable
    Throwable refusal;

    /// Slabs that are reserved and not yet taken; they count as held.
    final Deque<Slab> reserved = new ArrayDeque<>();

    /// Called to give back borrowed memory that is not in use; on any thread, without locks held.
    Reclaim reclaim = _ -> {};

    /// A holder that can give memory back on request.
    @FunctionalInterface
    interface Reclaim {
        /// @param everything whether to give back all borrowed memory (a new run waits for admission) or one
        ///                   block (another stripe has less)
        void giveBack(boolean everything);
    }

    StripeMemory(MemoryBudget budget, int quota) {
        this.budget = budget;
        this.quota = quota;
    }

    /// The memory with which the stripe counts in the budget.
    int commitment() {
        return open ? Math.max(quota, held) : held;
    }

    int borrowed() {
        return Math.max(0, held - quota);
    }

    void onReclaim(Reclaim listener) {
        budget.listen(this, listener);
    }

    int slabSize() {
        return budget.slabSize();
    }

    int slabsFor(long bytes) {
        return Math.toIntExact((bytes + slabSize() - 1) / slabSize());
    }

    /// Reserves the memory at once, or returns false.
    boolean tryReserve(int slabs) {
        return budget.tryReserve(this, slabs);
    }

    /// Completes when `slabs` can be taken; after a cancel, granted memory stays reserved for the next call.
    Mono<Void> reserve(int slabs) {
        return budget.reserve(this, slabs);
    }

    Slab take() {
        return budget.take(this);
    }

    /// Takes `slabs` together; null when fewer are reserved.
    @Nullable
    List<Slab> tryTake(int slabs) {
        return budget.tryTake(this, slabs);
    }

    void release(Collection<Slab> slabs) {
        budget.release(this, slabs);
    }

    /// Fails waiting and future reservations; [#release(Collection)] still works.
    void refuse(Throwable cause) {
        budget.refuse(this, cause);
    }

    /// Returns memory that is reserved and not taken.
    void trim() {
        budget.trim(this);
    }

    boolean beyondQuota() {
        return budget.isBeyondQuota(this);
    }
}
