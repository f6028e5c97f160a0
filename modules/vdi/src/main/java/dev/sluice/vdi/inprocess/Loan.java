package dev.sluice.vdi.inprocess;

import java.lang.foreign.MemorySegment;

/// A command's buffer on loan to the client: from GetCommand until CompleteCommand, or after an abort until the
/// client's Close. See [Answer.BufferLoan].
abstract sealed class Loan {

    /// @param shared the client's view of the command's bytes
    static Loan of(MemorySegment shared, VdiBehavior behavior) {
        if (behavior.is(Answer.BufferLoan.SHARED_MEMORY)) {
            return new Shared(shared);
        }
        return behavior.is(Answer.BufferLoan.ISOLATED_COPY) ? new Copied(shared) : new Viewed(shared);
    }

    abstract MemorySegment buffer();

    /// The command was completed.
    abstract void giveBack();

    /// The client is gone.
    abstract void end();

    private static final class Shared extends Loan {
        private final MemorySegment shared;

        Shared(MemorySegment shared) {
            this.shared = shared;
        }

        @Override
        MemorySegment buffer() {
            return shared;
        }

        @Override
        void giveBack() {}

        @Override
        void end() {}
    }

    private static final class Viewed extends Loan {
        private final Mapping mapping = new Mapping();
        private final MemorySegment view;

        Viewed(MemorySegment shared) {
            this.view = mapping.of(shared);
        }

        @Override
        MemorySegment buffer() {
            return view;
        }

        @Override
        void giveBack() {
            end();
        }

        @Override
        void end() {
            mapping.end(() -> {});
        }
    }

    private static final class Copied extends Loan {
        private final Mapping mapping = new Mapping();
        private final MemorySegment shared;
        private final MemorySegment copy;

        Copied(MemorySegment shared) {
            this.shared = shared;
            this.copy = mapping.copyOf(shared);
            shared.fill(VdiBehavior.POISON);
        }

        @Override
        MemorySegment buffer() {
            return copy;
        }

        @Override
        void giveBack() {
            shared.copyFrom(copy);
            end();
        }

        @Override
        void end() {
            mapping.end(() -> {});
        }
    }
}
