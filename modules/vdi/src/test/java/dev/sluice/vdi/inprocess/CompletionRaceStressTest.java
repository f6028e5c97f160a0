package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LIL_Result;

/// A client's CompleteCommand against one other call: the answer to the client, the outcome that the completion
/// routine saw, and how often it ran. Run by the profile `jcstress`; three actors do not run on two cores, so these
/// are pairs.
public final class CompletionRaceStressTest {

    private CompletionRaceStressTest() {}

    /// A set without an agent, one of whose commands the client holds.
    @SuppressWarnings({"NotClosed", "MustBeClosed"})
    abstract static class Held {
        final Rig rig;
        final RecordedCommand flush;
        final Command command;

        Held(Answer... answers) {
            rig = Rig.answering(answers).opened();
            flush = rig.send(CommandCode.FLUSH);
            command = rig.fetch();
        }

        String complete() {
            return Rig.answer(() -> rig.complete(command, CompletionCode.ERROR_HANDLE_EOF));
        }

        /// Ends both sides; without an agent, the routines that are left run here.
        void finish(LIL_Result r) {
            rig.close();
            r.r2 = flush.code();
            r.r3 = flush.calls() == 1 ? "once" : flush.calls() + " times";
        }
    }

    @JCStressTest
    @Outcome(id = "OK, 38, once", expect = Expect.ACCEPTABLE, desc = "completed first")
    @Outcome(id = "ABORT, 995, once", expect = Expect.ACCEPTABLE, desc = "aborted first")
    @State
    public static class AgainstClientSignalAbort extends Held {
        @Actor
        public void client(LIL_Result r) {
            r.r1 = complete();
        }

        @Actor
        public void other() {
            rig.client.signalAbort();
        }

        @Arbiter
        public void end(LIL_Result r) {
            finish(r);
        }
    }

    @JCStressTest
    @Outcome(id = "OK, 38, once", expect = Expect.ACCEPTABLE, desc = "completed first")
    @Outcome(id = "ABORT, 995, once", expect = Expect.ACCEPTABLE, desc = "aborted first")
    @State
    public static class AgainstServerSignalAbort extends Held {
        @Actor
        public void client(LIL_Result r) {
            r.r1 = complete();
        }

        @Actor
        public void other() {
            rig.server.signalAbort();
        }

        @Arbiter
        public void end(LIL_Result r) {
            finish(r);
        }
    }

    @JCStressTest
    @Outcome(id = "OK, 995, once", expect = Expect.ACCEPTABLE_INTERESTING, desc = "noted, and yet aborted")
    @Outcome(id = "ABORT, 995, once", expect = Expect.ACCEPTABLE, desc = "aborted first")
    @State
    public static class AgainstAnAbortThatOverridesNotedCompletions extends Held {
        public AgainstAnAbortThatOverridesNotedCompletions() {
            super(Answer.NotedCompletion.YIELDS_TO_ABORT);
        }

        @Actor
        public void client(LIL_Result r) {
            r.r1 = complete();
        }

        @Actor
        public void other() {
            rig.server.signalAbort();
        }

        @Arbiter
        public void end(LIL_Result r) {
            finish(r);
        }
    }

    @JCStressTest
    @Outcome(id = "OK, 38, once", expect = Expect.ACCEPTABLE, desc = "completed first")
    @Outcome(id = "ABORT, 995, once", expect = Expect.ACCEPTABLE, desc = "closed first")
    @State
    public static class AgainstServerClose extends Held {
        @Actor
        public void client(LIL_Result r) {
            r.r1 = complete();
        }

        @Actor
        public void other() {
            Rig.answer(rig.server::close);
        }

        @Arbiter
        public void end(LIL_Result r) {
            finish(r);
        }
    }

    @JCStressTest
    @Outcome(id = "OK, 38, once", expect = Expect.ACCEPTABLE, desc = "completed first")
    @Outcome(id = "PROTOCOL, 995, once", expect = Expect.ACCEPTABLE, desc = "closed first")
    @State
    public static class AgainstClientClose extends Held {
        @Actor
        public void client(LIL_Result r) {
            r.r1 = complete();
        }

        @Actor
        public void other() {
            Rig.answer(rig.client::close);
        }

        @Arbiter
        public void end(LIL_Result r) {
            finish(r);
        }
    }

    @JCStressTest
    @Outcome(id = "OK, 38, once", expect = Expect.ACCEPTABLE, desc = "one wins")
    @Outcome(id = "INVALID, 38, once", expect = Expect.ACCEPTABLE, desc = "the other wins")
    @State
    public static class AgainstASecondCompletion extends Held {
        @Actor
        public void client(LIL_Result r) {
            r.r1 = complete();
        }

        @Actor
        public void other() {
            complete();
        }

        @Arbiter
        public void end(LIL_Result r) {
            finish(r);
        }
    }
}
