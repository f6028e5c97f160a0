package dev.sluice.engine.selftest;

import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.sql.RunningStatement;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.Verdict;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// A client of one BACKUP or RESTORE that does with its commands what a question asks for. What it is sent is
/// thrown away.
///
/// Every wait has a limit, so that a server that answers otherwise than expected costs time and nothing else.
///
/// **Ownership:** the creator closes it, which aborts what still runs.
///
/// **Threading:** each device by one thread, unless the question is about that.
final class Probe implements AutoCloseable {

    private static final Duration ATTACHES_WITHIN = Duration.ofSeconds(30);
    private static final Duration NAMES_WITHIN = Duration.ofSeconds(5);
    private static final Duration SERVED_WITHIN = Duration.ofMinutes(5);
    private static final Duration ENDS_WITHIN = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(100);

    private final SqlServer server;
    private final ClientVirtualDeviceSet set;
    private final List<String> names;
    private @Nullable RunningStatement statement;
    private int refusedNames;

    /// Creates the set.
    ///
    /// @param name   of the set
    /// @param config asked for
    Probe(SqlServer server, ClientVirtualDeviceSet set, String name, VDConfig config) {
        this.server = server;
        this.set = set;
        this.names = DeviceNames.of(name, config.deviceCount());
        set.create(null, name, config);
    }

    ClientVirtualDeviceSet set() {
        return set;
    }

    List<String> names() {
        return names;
    }

    /// Sends a BACKUP or RESTORE, which runs on a session of its own.
    void send(String sql) {
        statement = RunningStatement.start(
                server.connect(DeviceNames.program(names.getFirst())), "sluice-probe-sql", sql, _ -> {});
    }

    private boolean hasEnded() {
        RunningStatement running = statement;
        return running == null || running.verdict().isDone();
    }

    /// Waits for the server's configuration, also when another process sends the statement.
    VDConfig configured() {
        long deadline = System.nanoTime() + ATTACHES_WITHIN.toNanos();
        while (true) {
            try {
                return set.getConfiguration(POLL);
            } catch (VirtualDeviceException e) {
                if (e.error() != VdError.TIMEOUT) {
                    throw e;
                }
                if (statement != null && hasEnded()) {
                    throw new SelfTestFailed("the statement ended before it attached: " + text(verdict()));
                }
                if (System.nanoTime() > deadline) {
                    throw new SelfTestFailed("SQL Server did not attach within " + ATTACHES_WITHIN);
                }
            }
        }
    }

    /// Opens all devices, as soon as their names are known.
    List<ClientVirtualDevice> open() {
        List<ClientVirtualDevice> devices = new ArrayList<>();
        for (String name : names) {
            devices.add(open(name));
        }
        return devices;
    }

    ClientVirtualDevice open(String name) {
        long deadline = System.nanoTime() + NAMES_WITHIN.toNanos();
        while (true) {
            try {
                return set.openDevice(name);
            } catch (VirtualDeviceException e) {
                if (e.error() != VdError.INVALID || System.nanoTime() > deadline) {
                    throw e;
                }
                refusedNames++;
                LockSupport.parkNanos(POLL.dividedBy(10).toNanos());
            }
        }
    }

    /// How often the name of a device was not known yet.
    int refusedNames() {
        return refusedNames;
    }

    /// What comes next, within a time.
    static Fetched next(ClientVirtualDevice device, Duration within) {
        long deadline = System.nanoTime() + within.toNanos();
        while (true) {
            Fetched fetched = device.getCommand(POLL);
            if (!(fetched instanceof Fetched.TimedOut) || System.nanoTime() > deadline) {
                return fetched;
            }
        }
    }

    /// How a command is completed.
    record Reply(int code, int bytes) {
        static Reply success(int bytes) {
            return new Reply(CompletionCode.ERROR_SUCCESS, bytes);
        }

        static Reply failure(int code) {
            return new Reply(code, 0);
        }
    }

    /// Says how a command is completed; null for as usual.
    interface Reaction {
        @Nullable
        Reply to(Command command);
    }

    /// Completes commands until the device ends.
    ///
    /// @return [Fetched.Closed] or [Fetched.Aborted]
    Fetched serve(ClientVirtualDevice device, Reaction reaction) {
        long deadline = System.nanoTime() + SERVED_WITHIN.toNanos();
        while (System.nanoTime() < deadline) {
            switch (next(device, Duration.ofSeconds(1))) {
                case Command command -> {
                    Reply reply = reaction.to(command);
                    complete(device, command, reply == null ? usual(command) : reply);
                }
                case Fetched.Closed closed -> {
                    return closed;
                }
                case Fetched.Aborted aborted -> {
                    return aborted;
                }
                case Fetched.TimedOut _ -> {
                    // SQL Server may be silent for as long as it likes; the deadline counts.
                }
            }
        }
        throw new SelfTestFailed("a device was not closed within " + SERVED_WITHIN);
    }

    static void complete(ClientVirtualDevice device, Command command, Reply reply) {
        try {
            device.completeCommand(command, reply.code, reply.bytes, 0);
        } catch (VirtualDeviceException e) {
            if (e.error() != VdError.ABORT) {
                throw e;
            }
            // GetCommand tells it next.
        }
    }

    /// Takes what is written. A probe has nothing to be read unless its reaction gives it.
    static Reply usual(Command command) {
        return switch (command) {
            case Command.Write(var _, var buffer, var _) -> Reply.success(Math.toIntExact(buffer.byteSize()));
            case Command.Read _ -> Reply.failure(CompletionCode.ERROR_HANDLE_EOF);
            case Command.Flush _, Command.Complete _, Command.ClearError _ -> Reply.success(0);
            case Command.SetPosition _, Command.Media _, Command.Unknown _ ->
                Reply.failure(CompletionCode.ERROR_NOT_SUPPORTED);
        };
    }

    /// The answer of a call that fails: VDI's code; `0` when it does not fail.
    static String answer(Runnable call) {
        try {
            call.run();
            return "0";
        } catch (VirtualDeviceException e) {
            return e.error().symbol();
        }
    }

    /// SQL Server's word, which is asked for by abort and cancel if it does not come.
    Verdict verdict() {
        RunningStatement running = statement;
        if (running == null) {
            throw new IllegalStateException("no statement was sent");
        }
        Verdict verdict = within(running, ENDS_WITHIN);
        if (verdict == null) {
            abortQuietly();
            verdict = within(running, ENDS_WITHIN);
        }
        if (verdict == null) {
            running.cancel();
            verdict = within(running, ENDS_WITHIN);
        }
        if (verdict == null) {
            running.abandon("a probe's statement did not end");
            return Verdict.of(List.of(), "it did not end");
        }
        return verdict;
    }

    private static @Nullable Verdict within(RunningStatement running, Duration time) {
        try {
            return running.verdict().get(time.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            return null;
        } catch (ExecutionException e) {
            return Verdict.of(List.of(), String.valueOf(e.getCause()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("a run's thread was interrupted; runs are cancelled instead", e);
        }
    }

    /// A verdict by the numbers of its messages.
    static String text(Verdict verdict) {
        return switch (verdict) {
            case Verdict.Good _ -> "the statement is good";
            case Verdict.Bad(var messages) ->
                "the statement fails with "
                        + SelfTestFacts.numbers(messages.stream()
                                .filter(message -> message.isError())
                                .toList());
            case Verdict.Unknown(var messages, var _) ->
                "the statement ends without a verdict, with " + SelfTestFacts.numbers(messages);
        };
    }

    static String text(Fetched fetched) {
        return switch (fetched) {
            case Command command -> DeviceRecording.nameOf(command).replaceAll(" \\d+$", "");
            case Fetched.Closed _ -> "VD_E_CLOSE";
            case Fetched.Aborted _ -> "VD_E_ABORT";
            case Fetched.TimedOut _ -> "VD_E_TIMEOUT";
        };
    }

    void abortQuietly() {
        try {
            set.signalAbort();
        } catch (VirtualDeviceException e) {
            // There is no set any more.
        }
    }

    @Override
    public void close() {
        try {
            if (!hasEnded()) {
                abortQuietly();
                var _ = verdict();
            }
        } finally {
            var _ = answer(set::close);
        }
    }
}
