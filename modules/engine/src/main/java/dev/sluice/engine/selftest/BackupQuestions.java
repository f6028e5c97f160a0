package dev.sluice.engine.selftest;

import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.sql.Requests;
import dev.sluice.engine.sql.SqlSession;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.VDConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;

/// Questions that a BACKUP answers.
///
/// **Threading:** one thread, which blocks.
final class BackupQuestions {

    /// A server that has a command sends it sooner.
    private static final Duration SOON = Duration.ofMillis(600);

    private static final Duration SERVER_TIMEOUT = Duration.ofMillis(300);
    private static final Duration HELD_FOR = Duration.ofSeconds(3);
    private static final int MOST_HELD = 64;
    private static final int BLOCK = 512;
    private static final int FIRST = 6;

    private final ProbeBench bench;

    BackupQuestions(ProbeBench bench) {
        this.bench = bench;
    }

    private static int size(Command.Write write) {
        return Math.toIntExact(write.buffer().byteSize());
    }

    // ---- opening ----

    /// Q2.
    String openDevice() {
        try (Probe probe = bench.probe(2)) {
            probe.send(bench.log(probe));
            probe.configured();
            String first = probe.names().getFirst();
            String unknown = bench.name();
            ClientVirtualDevice one = probe.open(first);
            String openName = Probe.answer(() -> probe.set().openDevice(first));
            String openUnknown = Probe.answer(() -> probe.set().openDevice(unknown));
            ClientVirtualDevice two = probe.open(probe.names().getLast());
            String allName = Probe.answer(() -> probe.set().openDevice(first));
            String allUnknown = Probe.answer(() -> probe.set().openDevice(unknown));
            Thread other = Thread.ofPlatform().name("sluice-probe-2").start(() -> probe.serve(two, _ -> null));
            probe.serve(one, _ -> null);
            join(other);
            return ("with one of two devices open, its name again answers %s and an unknown name %s;"
                            + " with both open, a known name %s and an unknown name %s")
                    .formatted(openName, openUnknown, allName, allUnknown);
        }
    }

    static void join(Thread thread) {
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a run's thread was interrupted; runs are cancelled instead", e);
        }
    }

    /// Q12.
    String names() {
        try (Probe probe = bench.probe(4)) {
            probe.send(bench.log(probe));
            probe.configured();
            probe.open();
            return probe.refusedNames() == 0
                    ? "all four names are known as soon as GetConfiguration has returned"
                    : "OpenDevice answers VD_E_INVALID at first, and knows the names a moment later";
        }
    }

    /// Q13.
    String otherCount() {
        return "a set of two devices and a statement with one: %s; a set of one device and a statement with two: %s"
                .formatted(otherCount(2, 1), otherCount(1, 2));
    }

    private String otherCount(int devices, int named) {
        try (Probe probe = bench.probe(devices)) {
            String log = bench.log(probe);
            List<String> names = DeviceNames.of(probe.names().getFirst(), named);
            probe.send(log.replace(DeviceNames.clause(probe.names()), DeviceNames.clause(names)));
            String client = Probe.answer(() -> {
                VDConfig config = probe.configured();
                if (config.deviceCount() != devices) {
                    throw new SelfTestFailed("deviceCount became " + config.deviceCount());
                }
            });
            return "GetConfiguration answers %s, and %s"
                    .formatted(client, client.equals("0") ? "the set is configured" : Probe.text(probe.verdict()));
        } catch (SelfTestFailed e) {
            return String.valueOf(e.getMessage());
        }
    }

    /// Q21.
    String echo() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.log(probe));
            VDConfig config = probe.configured();
            return "VDF_RequestComplete is %s, VDF_CompleteEnabled is %s"
                    .formatted(
                            config.features().has(Feature.REQUEST_COMPLETE) ? "kept" : "taken out",
                            config.features().has(Feature.COMPLETE_ENABLED) ? "set" : "not set");
        }
    }

    /// Q20.
    String defaultBuffers() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.fullWithDefaultBuffers(probe));
            VDConfig config = probe.configured();
            return String.format(
                    Locale.ROOT,
                    "for one device, bufferAreaSize is %d bytes where maxTransferSize is %d",
                    config.bufferAreaSize(),
                    config.maxTransferSize());
        }
    }

    // ---- holding ----

    /// What there is without completing anything.
    private static List<Command> hold(ClientVirtualDevice device) {
        List<Command> held = new ArrayList<>();
        while (held.size() < MOST_HELD && Probe.next(device, SOON) instanceof Command command) {
            held.add(command);
        }
        return held;
    }

    /// Q19.
    String outstanding() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.full(probe));
            probe.configured();
            int count = hold(probe.open().getFirst()).size();
            return count == MOST_HELD
                    ? String.format(Locale.ROOT, "%d or more with 80 buffers", count)
                    : String.format(Locale.ROOT, "%d with 80 buffers", count);
        }
    }

    /// Q5.
    String order() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.full(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            List<Command> held = hold(device);
            if (held.size() < 2) {
                return "only one command is outstanding at once, so there is no other order";
            }
            String early = Probe.answer(() -> complete(device, held.getLast()));
            List<Command> rest =
                    early.equals("0") ? held.subList(0, held.size() - 1).reversed() : held;
            rest.forEach(command -> complete(device, command));
            probe.serve(device, _ -> null);
            return "the last fetched one completed first answers %s; %s".formatted(early, Probe.text(probe.verdict()));
        }
    }

    private static void complete(ClientVirtualDevice device, Command command) {
        Probe.Reply reply = Probe.usual(command);
        device.completeCommand(command, reply.code(), reply.bytes(), 0);
    }

    /// Q6.
    String otherThread() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.full(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            if (!(Probe.next(device, HELD_FOR) instanceof Command command)) {
                throw new SelfTestFailed("no command came");
            }
            String[] answer = new String[1];
            join(Thread.ofPlatform()
                    .name("sluice-probe-other")
                    .start(() -> answer[0] = Probe.answer(() -> complete(device, command))));
            if (!answer[0].equals("0")) {
                complete(device, command);
            }
            probe.serve(device, _ -> null);
            return "CompleteCommand on another thread answers %s; %s".formatted(answer[0], Probe.text(probe.verdict()));
        }
    }

    /// Q15.
    String killedWhileHeld() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.full(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            List<Command> held = hold(device);
            String set = probe.names().getFirst();
            try (SqlSession session = bench.server().connect()) {
                List<Requests.Running> running = Requests.about(session, DeviceNames.program(set), set);
                if (running.isEmpty()) {
                    throw new SelfTestFailed("the probe's session is not in sys.dm_exec_requests");
                }
                Requests.kill(session, running.getFirst());
            }
            Fetched meanwhile = Probe.next(device, HELD_FOR);
            if (meanwhile instanceof Command command) {
                held.add(command);
            }
            Set<String> answers = new LinkedHashSet<>();
            held.forEach(command -> answers.add(Probe.answer(() -> complete(device, command))));
            Fetched after = meanwhile instanceof Fetched.TimedOut ? probe.serve(device, _ -> null) : meanwhile;
            return "after KILL, with commands held, GetCommand answers %s, CompleteCommand %s, and GetCommand then %s"
                    .formatted(Probe.text(meanwhile), String.join(" or ", answers), Probe.text(after));
        }
    }

    /// Q25.
    String serverTimeout() {
        try (Probe probe = bench.probe(1, config -> config.withServerTimeout(SERVER_TIMEOUT))) {
            probe.send(bench.full(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            hold(device);
            Fetched meanwhile = Probe.next(device, HELD_FOR);
            return meanwhile instanceof Fetched.Aborted
                    ? "with 300 ms, a set whose commands are held is aborted"
                    : "with 300 ms, a set whose commands are held for 3 s goes on: GetCommand answers "
                            + Probe.text(meanwhile);
        }
    }

    // ---- failing ----

    /// Q8.
    String failedWrite() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.full(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            Set<String> later = new LinkedHashSet<>();
            boolean[] failed = new boolean[1];
            Fetched end = probe.serve(device, command -> {
                if (failed[0] && !(command instanceof Command.Write)) {
                    later.add(Probe.text(command));
                }
                if (command instanceof Command.Write) {
                    failed[0] = true;
                    return Probe.Reply.failure(CompletionCode.ERROR_DISK_FULL);
                }
                return null;
            });
            return "after a Write that fails with 112 come %s, then %s; %s"
                    .formatted(
                            later.isEmpty() ? "no other commands" : String.join(", ", later),
                            Probe.text(end),
                            Probe.text(probe.verdict()));
        }
    }

    /// Q16.
    String afterClose() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.log(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            probe.serve(device, _ -> null);
            String[] again = new String[1];
            String failed = Probe.answer(() -> again[0] = Probe.text(device.getCommand(Duration.ZERO)));
            return "GetCommand answers " + (failed.equals("0") ? again[0] : failed);
        }
    }

    /// Q17.
    String counts() {
        return "more bytes than the Write has: %s; fewer, with success: %s".formatted(count(BLOCK), count(-BLOCK));
    }

    private String count(int more) {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.full(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            if (!(Probe.next(device, HELD_FOR) instanceof Command.Write write)) {
                throw new SelfTestFailed("no Write came");
            }
            String answer = Probe.answer(
                    () -> device.completeCommand(write, CompletionCode.ERROR_SUCCESS, size(write) + more, 0));
            if (!answer.equals("0")) {
                return "CompleteCommand answers " + answer;
            }
            probe.serve(device, _ -> null);
            return "CompleteCommand answers 0, and " + Probe.text(probe.verdict());
        }
    }

    /// The sizes of the first writes.
    String firstTransfers() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.full(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            List<Integer> sizes = new ArrayList<>();
            while (sizes.size() < FIRST && Probe.next(device, HELD_FOR) instanceof Command.Write write) {
                sizes.add(size(write));
                complete(device, write);
            }
            return "with MAXTRANSFERSIZE 65536: "
                    + sizes.stream().map(String::valueOf).collect(Collectors.joining(", "));
        }
    }

    // ---- VDC_Complete ----

    /// Q9.
    String complete() {
        return new CompleteOrder(bench).observed();
    }

    /// Q10.
    String failedFlush() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.log(probe));
            probe.configured();
            boolean[] completes = new boolean[1];
            probe.serve(probe.open().getFirst(), command -> {
                completes[0] |= command instanceof Command.Complete;
                return command instanceof Command.Flush ? Probe.Reply.failure(CompletionCode.ERROR_DISK_FULL) : null;
            });
            return "after a Flush that fails, VDC_Complete is %s; %s"
                    .formatted(completes[0] ? "sent" : "not sent", Probe.text(probe.verdict()));
        }
    }

    /// Q11.
    String failedComplete() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.log(probe));
            probe.configured();
            boolean[] completes = new boolean[1];
            probe.serve(probe.open().getFirst(), command -> {
                completes[0] |= command instanceof Command.Complete;
                return command instanceof Command.Complete ? Probe.Reply.failure(CompletionCode.ERROR_DISK_FULL) : null;
            });
            if (!completes[0]) {
                throw new SelfTestFailed("VDC_Complete is not sent");
            }
            return "failed with 112: " + Probe.text(probe.verdict());
        }
    }
}
