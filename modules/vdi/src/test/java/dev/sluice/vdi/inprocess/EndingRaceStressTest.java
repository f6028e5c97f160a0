package dev.sluice.vdi.inprocess;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.SendStatus;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LIL_Result;
import org.openjdk.jcstress.infra.results.LLI_Result;

/// The calls that end a set, against each other and against SendCommand. Run by the profile `jcstress`.
public final class EndingRaceStressTest {

    private EndingRaceStressTest() {}

    @JCStressTest
    @Outcome(id = "QUEUED, 995, once", expect = Expect.ACCEPTABLE, desc = "sent first")
    @Outcome(id = "ABORT, 995, once", expect = Expect.ACCEPTABLE, desc = "aborted first")
    @State
    public static class SendAgainstSignalAbort {
        private final Rig rig = Rig.of(1).opened();
        private final RecordedCommand flush = RecordedCommand.control(CommandCode.FLUSH);

        @Actor
        public void sender(LIL_Result r) {
            r.r1 = rig.serverDevice().sendCommand(flush.command);
        }

        @Actor
        public void other() {
            rig.client.signalAbort();
        }

        @Arbiter
        public void end(LIL_Result r) {
            rig.close();
            r.r2 = flush.code();
            r.r3 = flush.calls() == 1 ? "once" : flush.calls() + " times";
        }
    }

    @JCStressTest
    @Outcome(id = "QUEUED, 995, once", expect = Expect.ACCEPTABLE, desc = "sent first")
    @Outcome(id = "PROTOCOL, 6, once", expect = Expect.ACCEPTABLE, desc = "closed first")
    @State
    public static class SendAgainstServerClose {
        private final Rig rig = Rig.of(1).opened();
        private final RecordedCommand flush = RecordedCommand.control(CommandCode.FLUSH);

        @Actor
        public void sender(LIL_Result r) {
            r.r1 = rig.serverDevice().sendCommand(flush.command);
        }

        @Actor
        public void other() {
            Rig.answer(rig.server::close);
        }

        @Arbiter
        public void end(LIL_Result r) {
            rig.close();
            r.r2 = flush.code();
            r.r3 = flush.calls() == 1 ? "once" : flush.calls() + " times";
        }
    }

    @JCStressTest
    @Outcome(id = "QUEUED, 995, once", expect = Expect.ACCEPTABLE, desc = "sent first")
    @Outcome(id = "PROTOCOL, 6, once", expect = Expect.ACCEPTABLE, desc = "closed first")
    @State
    public static class SendAgainstCloseDevice {
        private final Rig rig = Rig.of(1).opened();
        private final RecordedCommand flush = RecordedCommand.control(CommandCode.FLUSH);

        @Actor
        public void sender(LIL_Result r) {
            SendStatus status = rig.serverDevice().sendCommand(flush.command);
            r.r1 = status;
        }

        @Actor
        public void other() {
            rig.serverDevice().closeDevice();
        }

        @Arbiter
        public void end(LIL_Result r) {
            rig.close();
            r.r2 = flush.code();
            r.r3 = flush.calls() == 1 ? "once" : flush.calls() + " times";
        }
    }

    /// The side that closes first learns that a device was open; the memory is freed once.
    @JCStressTest
    @Outcome(id = "PROTOCOL, OK, 1", expect = Expect.ACCEPTABLE, desc = "the server first")
    @Outcome(id = "OK, OPEN, 1", expect = Expect.ACCEPTABLE, desc = "the client first")
    @State
    public static class ServerCloseAgainstClientClose {
        private final Rig rig = Rig.of(1).opened();

        @Actor
        public void server(LLI_Result r) {
            r.r1 = Rig.answer(rig.server::close);
        }

        @Actor
        public void client(LLI_Result r) {
            r.r2 = Rig.answer(rig.client::close);
        }

        @Arbiter
        public void end(LLI_Result r) {
            r.r3 = rig.memory.released.get();
        }
    }

    @JCStressTest
    @Outcome(id = "OK, PROTOCOL, 1", expect = Expect.ACCEPTABLE, desc = "one wins")
    @Outcome(id = "PROTOCOL, OK, 1", expect = Expect.ACCEPTABLE, desc = "the other wins")
    @State
    public static class ServerCloseTwice {
        private final Rig rig = Rig.of(1).initializing();

        @Actor
        public void one(LLI_Result r) {
            r.r1 = Rig.answer(rig.server::close);
        }

        @Actor
        public void two(LLI_Result r) {
            r.r2 = Rig.answer(rig.server::close);
        }

        @Arbiter
        public void end(LLI_Result r) {
            rig.close();
            r.r3 = rig.memory.released.get();
        }
    }

    /// The agent arrives and the set is aborted, in either order: the routine runs on the agent's thread, before
    /// either side closes.
    @JCStressTest
    @Outcome(id = "OK, 995, once", expect = Expect.ACCEPTABLE, desc = "the agent was there")
    @Outcome(id = "ABORT, 995, once", expect = Expect.ACCEPTABLE, desc = "the agent came too late")
    @State
    public static class AgentAgainstSignalAbort {
        private final Rig rig = Rig.of(1).opened();
        private final RecordedCommand flush = rig.send(CommandCode.FLUSH);

        @Actor
        public void agent(LIL_Result r) {
            r.r1 = Rig.answer(rig.server::executeCompletionAgent);
            r.r3 = flush.calls() == 1 ? "once" : flush.calls() + " times";
        }

        @Actor
        public void other() {
            rig.client.signalAbort();
        }

        @Arbiter
        public void end(LIL_Result r) {
            rig.close();
            r.r2 = flush.code();
        }
    }

    /// The agent arrives and the server closes the set: either the agent or Close runs the remaining routines.
    @JCStressTest
    @Outcome(id = "OK, 995, once", expect = Expect.ACCEPTABLE, desc = "the agent was there")
    @Outcome(id = "PROTOCOL, 995, once", expect = Expect.ACCEPTABLE, desc = "the agent came too late")
    @State
    public static class AgentAgainstServerClose {
        private final Rig rig = Rig.of(1).opened();
        private final RecordedCommand flush = rig.send(CommandCode.FLUSH);

        @Actor
        public void agent(LIL_Result r) {
            r.r1 = Rig.answer(rig.server::executeCompletionAgent);
        }

        @Actor
        public void other() {
            Rig.answer(rig.server::close);
        }

        @Arbiter
        public void end(LIL_Result r) {
            rig.close();
            r.r2 = flush.code();
            r.r3 = flush.calls() == 1 ? "once" : flush.calls() + " times";
        }
    }
}
