package dev.sluice.s3;

import java.util.List;

/// A run's place in the budget: its minimum for every stripe, until it is closed.
///
/// **Ownership:** the receiver closes it, after the run's uploads and downloads have ended. Memory that they still
/// hold then (an abandoned connection may use a part's memory for a moment) stays accounted for until it comes
/// back.
///
/// **Threading:** [#close()] may be called from any thread, and more than once.
public final class Admission extends Handover implements AutoCloseable {
    private final MemoryBudget budget;
    private final List<StripeMemory> stripes;

    Admission(MemoryBudget budget, List<StripeMemory> stripes) {
        this.budget = budget;
        this.stripes = List.copyOf(stripes);
    }

    public int stripes() {
        return stripes.size();
    }

    /// The memory of one stripe, counted from 0; used by one upload or download at a time.
    public StripeMemory stripe(int index) {
        return stripes.get(index);
    }

    @Override
    public void close() {
        returnOnce();
    }

    @Override
    protected void giveBack() {
        budget.dismiss(stripes);
    }
}
