package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_DISK_FULL;
import static dev.sluice.vdi.CompletionCode.ERROR_OPERATION_ABORTED;
import static dev.sluice.vdi.CompletionCode.ERROR_SUCCESS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.SendStatus;
import dev.sluice.vdi.ServerVirtualDevice;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.BrokenBarrierException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// Both sides driven by random scripts on several threads at once, against a small model: every command has
/// exactly one callback, with a code that fits what SendCommand and CompleteCommand answered; the agent returns;
/// nothing is left.
///
/// `-Dsluice.vdi.schedules=N` runs N schedules instead of a few thousand, `-Dsluice.vdi.seed=S` starts at a seed.
@Timeout(600)
class RandomScheduleTest {

    private static final int SCHEDULES = Integer.getInteger("sluice.vdi.schedules", 3_000);
    private static final Duration SOON = Duration.ofNanos(100_000);
    private static final List<Answer> VARIANTS = List.of(
            Answer.NotedCompletion.STANDS,
            Answer.NotedCompletion.YIELDS_TO_ABORT,
            Answer.AgentReturns.AT_LAST_CLOSE_DEVICE,
            Answer.ServerClose.WAITS_FOR_AGENT,
            Answer.BufferLoan.ENDS_WITH_COMMAND,
            Answer.BufferLoan.ISOLATED_COPY,
            Answer.ClosedDevice.STAYS_POLITE);

    /// The threads of all schedules: starting new ones would take most of the time.
    private final Players players = new Players(4);

    @AfterEach
    void stopPlaying() {
        players.stop();
    }

    @Test
    void everyCommandHasExactlyOneCallbackUnderEveryRace() {
        long seed = Long.getLong("sluice.vdi.seed", System.nanoTime());
        Set<String> met = new TreeSet<>();
        for (int i = 0; i < SCHEDULES; i++) {
            long own = seed + i;
            try {
                Schedule schedule = new Schedule(own);
                schedule.play(players);
                schedule.tell(met);
            } catch (AssertionError | RuntimeException e) {
                throw new AssertionError(
                        "schedule %d failed; try it again with -Dsluice.vdi.seed=%d".formatted(i, own), e);
            }
        }
        if (SCHEDULES < 1_000) {
            return;
        }
        // The scripts must not have become so tame that nothing races any more.
        assertThat(met)
                .as("what happened in %d schedules from seed %d", SCHEDULES, seed)
                .contains("QUEUED 0", "QUEUED 112", "QUEUED 995", "QUEUED 1117")
                .contains("QUEUE_FULL 1450", "IO_ERROR 1117", "ABORT 995", "PROTOCOL 6")
                .contains("completion refused by abort", "completion overridden by abort");
    }

    /// What the model remembers of one command.
    private record Sent(RecordedCommand command, SendStatus status) {}

    private static final class Schedule {
        private final Random random;
        private final Rig rig;
        private final Queue<Sent> sent = new ConcurrentLinkedQueue<>();

        /// The client fetched it before the race, and completes it in the race.
        private final Queue<Command> held = new ConcurrentLinkedQueue<>();

        /// What CompleteCommand was told and accepted, and for which commands it answered VD_E_ABORT, by the
        /// number that travels as the command's position.
        private final Map<Long, Integer> accepted = new ConcurrentHashMap<>();

        private final Map<Long, Boolean> aborted = new ConcurrentHashMap<>();
        private final boolean yields;

        Schedule(long seed) {
            random = new Random(seed);
            Answer variant = VARIANTS.get(random.nextInt(VARIANTS.size()));
            yields = variant == Answer.NotedCompletion.YIELDS_TO_ABORT;
            rig = Rig.of(
                            VdiBehavior.DEFAULT.with(variant).withQueueDepth(1 + random.nextInt(4)),
                            VDConfig.request(1 + random.nextInt(2), Features.LIKE_PIPE),
                            1 + random.nextInt(3))
                    .opened();
        }

        /// Before the race, so that it starts from every kind of state, and also on a machine too busy to race
        /// much.
        private void headStart() {
            for (int i = random.nextInt(6); i > 0; i--) {
                send(rig.serverDevice(), random);
            }
            for (int i = random.nextInt(3); i > 0; i--) {
                if (rig.clientDevice().getCommand(Timeouts.POLL) instanceof Command command) {
                    switch (random.nextInt(4)) {
                        case 0 -> complete(rig.clientDevice(), command, true);
                        case 1 -> complete(rig.clientDevice(), command, false);
                        default -> held.add(command);
                    }
                }
            }
        }

        void play(Players players) {
            if (random.nextBoolean()) {
                headStart();
            }
            List<Runnable> parts = new ArrayList<>();
            parts.add(this::agent);
            parts.add(server(random.nextLong()));
            parts.add(client(random.nextLong()));
            parts.add(random.nextBoolean() ? client(random.nextLong()) : meddler(random.nextLong()));
            players.play(parts);
            Rig.answer(rig.client::close);
            Rig.answer(rig.server::close);
            check();
        }

        private void agent() {
            Rig.answer(rig.server::executeCompletionAgent);
        }

        /// Sends a few commands, and ends in one of the server's ways.
        private Runnable server(long seed) {
            return () -> {
                Random own = new Random(seed);
                int commands = 1 + own.nextInt(6);
                for (int i = 0; i < commands; i++) {
                    send(rig.serverDevices.get(own.nextInt(rig.serverDevices.size())), own);
                }
                switch (own.nextInt(6)) {
                    case 0 -> Rig.answer(rig.server::signalAbort);
                    case 1 -> {
                        Rig.answer(rig.serverDevice()::closeDevice);
                        Rig.answer(rig.server::close);
                    }
                    case 2 -> Rig.answer(rig.server::close);
                    default -> {
                        rig.serverDevices.forEach(device -> Rig.answer(device::closeDevice));
                        Rig.answer(rig.server::close);
                    }
                }
            };
        }

        private void send(ServerVirtualDevice device, Random own) {
            MemorySegment[] buffer = {MemorySegment.NULL};
            CommandCode code = List.of(CommandCode.WRITE, CommandCode.FLUSH, CommandCode.CLEAR_ERROR)
                    .get(own.nextInt(3));
            if (code == CommandCode.WRITE
                    && !Rig.answer(() -> buffer[0] = rig.server.allocateBuffer(512, 0))
                            .equals("OK")) {
                code = CommandCode.FLUSH;
            }
            boolean meddles = own.nextInt(20) == 0;
            RecordedCommand command = new RecordedCommand(
                    code.number(), code == CommandCode.WRITE ? 512 : 0, sent.size(), buffer[0], done -> {
                        if (done.buffer().address() != 0) {
                            Rig.answer(() -> rig.server.freeBuffer(done.buffer()));
                        }
                        if (meddles) {
                            Rig.answer(own.nextBoolean() ? rig.server::close : rig.server::signalAbort);
                        }
                    });
            try {
                sent.add(new Sent(command, command.sentTo(device).status()));
            } catch (IllegalArgumentException bufferIsGone) {
                // Close has taken the buffers; such a call does not count as a SendCommand.
                assertThat(command.calls()).isZero();
            }
        }

        /// Serves every device for a while, and ends in one of the client's ways.
        private Runnable client(long seed) {
            return () -> {
                Random own = new Random(seed);
                for (Command command = held.poll(); command != null; command = held.poll()) {
                    complete(rig.clientDevice(), command, own.nextInt(10) == 0);
                }
                List<ClientVirtualDevice> open = new ArrayList<>(rig.clientDevices);
                int rounds = 1 + own.nextInt(12);
                for (int i = 0; i < rounds && !open.isEmpty(); i++) {
                    ClientVirtualDevice device = open.get(own.nextInt(open.size()));
                    if (!serve(device, own, own.nextBoolean() ? SOON : Timeouts.POLL)) {
                        open.remove(device);
                    }
                }
                switch (own.nextInt(4)) {
                    case 0 -> Rig.answer(rig.client::signalAbort);
                    case 1 -> Rig.answer(rig.client::close);
                    default -> {
                        for (ClientVirtualDevice device : open) {
                            boolean more = true;
                            while (more) {
                                more = serve(device, own, SOON);
                            }
                        }
                    }
                }
            };
        }

        /// False when the device has no more.
        private boolean serve(ClientVirtualDevice device, Random own, Duration timeout) {
            try {
                return switch (device.getCommand(timeout)) {
                    case Command command -> complete(device, command, own.nextInt(10) == 0);
                    case Fetched.TimedOut _ -> true;
                    case Fetched.Closed _, Fetched.Aborted _ -> false;
                };
            } catch (VirtualDeviceException e) {
                assertThat(e.error()).isEqualTo(VdError.PROTOCOL);
                return false;
            }
        }

        private boolean complete(ClientVirtualDevice device, Command command, boolean fails) {
            int code = fails ? ERROR_DISK_FULL : ERROR_SUCCESS;
            long token = command.token();
            switch (Rig.answer(() -> device.completeCommand(command, code, 0, token))) {
                case "OK" -> accepted.put(token, code);
                case "ABORT" -> aborted.put(token, true);
                case "PROTOCOL" -> {}
                default -> throw new AssertionError("CompleteCommand must know the command it has delivered");
            }
            // After every answer, the command has ended for the client.
            assertThat(Rig.answer(() -> device.completeCommand(command, code, 0, token)))
                    .isIn("INVALID", "ABORT", "PROTOCOL");
            return true;
        }

        /// Aborts or closes at some moment, from a thread that does nothing else.
        private Runnable meddler(long seed) {
            return () -> {
                Random own = new Random(seed);
                for (int i = own.nextInt(2_000); i > 0; i--) {
                    Thread.onSpinWait();
                }
                switch (own.nextInt(5)) {
                    case 0 -> Rig.answer(rig.client::signalAbort);
                    case 1 -> Rig.answer(rig.server::signalAbort);
                    case 2 -> Rig.answer(rig.client::close);
                    case 3 -> Rig.answer(rig.server::close);
                    default -> Rig.answer(rig.serverDevice()::closeDevice);
                }
            };
        }

        void tell(Set<String> met) {
            sent.forEach(one -> met.add(one.status + " " + one.command.code()));
            if (!aborted.isEmpty()) {
                met.add("completion refused by abort");
            }
            Set<Long> seen = new HashSet<>();
            sent.forEach(one -> seen.add(one.command.outcome().position()));
            if (!seen.containsAll(accepted.keySet())) {
                met.add("completion overridden by abort");
            }
        }

        private void check() {
            int seenByServer = 0;
            for (Sent one : sent) {
                assertThat(one.command.calls())
                        .as("callbacks after %s", one.status)
                        .isEqualTo(1);
                RecordedCommand.Outcome outcome = one.command.outcome();
                if (one.status != SendStatus.QUEUED) {
                    assertThat(outcome.code()).isEqualTo(one.status.completionCode());
                    continue;
                }
                // The client gives each accepted completion its token as position, so it can be told whose it was.
                if (outcome.position() != 0) {
                    assertThat(accepted).containsEntry(outcome.position(), outcome.code());
                    assertThat(aborted).doesNotContainKey(outcome.position());
                    seenByServer++;
                } else {
                    assertThat(outcome.code()).isIn(ERROR_OPERATION_ABORTED, 1117);
                }
            }
            // Unless rule 8's third outcome applies, the server saw each completion that VDI accepted from the
            // client.
            if (!yields) {
                assertThat(seenByServer).isEqualTo(accepted.size());
            }
            assertThat(rig.memory.released).hasValue(rig.memory.reserved.get());
            assertThat(rig.vdi.setCount()).isZero();
            rig.vdi.unload();
        }
    }

    /// A few threads that play one part each, again and again, starting together.
    private static final class Players {
        private final CyclicBarrier start;
        private final CyclicBarrier end;
        private final List<Async<?>> threads = new ArrayList<>();
        private volatile List<Runnable> parts = List.of();
        private final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();

        Players(int count) {
            start = new CyclicBarrier(count + 1);
            end = new CyclicBarrier(count + 1);
            for (int i = 0; i < count; i++) {
                int part = i;
                threads.add(Async.run("player-" + i, () -> playForEver(part)));
            }
        }

        private void playForEver(int part) {
            for (await(start); !parts.isEmpty(); await(start)) {
                try {
                    parts.get(part).run();
                } catch (RuntimeException | Error e) {
                    failures.add(e);
                }
                await(end);
            }
        }

        void play(List<Runnable> next) {
            parts = next;
            await(start);
            await(end);
            Throwable failure = failures.poll();
            if (failure != null) {
                throw new AssertionError(failure);
            }
        }

        void stop() {
            parts = List.of();
            await(start);
            threads.forEach(Async::get);
        }

        private void await(CyclicBarrier barrier) {
            try {
                barrier.await(Async.PROMPTLY.toSeconds(), TimeUnit.SECONDS);
            } catch (InterruptedException | BrokenBarrierException | TimeoutException e) {
                StringBuilder where = new StringBuilder("a schedule hangs:");
                threads.forEach(thread -> where.append("\n%s: %s"
                        .formatted(
                                thread.thread().getName(),
                                List.of(thread.thread().getStackTrace()))));
                throw new AssertionError(where.toString(), e);
            }
        }
    }
}
