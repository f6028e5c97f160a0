package dev.sluice.engine.selftest;

import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/// Questions that RESTORE VERIFYONLY answers, of a log backup that is kept in memory.
///
/// **Threading:** one thread, which blocks.
final class RestoreQuestions {

    private static final int MOST_BYTES = 64 << 20;
    private static final int BLOCK = 512;
    private static final Duration SOON = Duration.ofMillis(600);
    private static final Duration PATIENTLY = Duration.ofSeconds(10);

    private final ProbeBench bench;
    private byte @Nullable [] stream;

    RestoreQuestions(ProbeBench bench) {
        this.bench = bench;
    }

    private byte[] stream() {
        byte[] kept = stream;
        if (kept != null) {
            return kept;
        }
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.log(probe));
            probe.configured();
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            probe.serve(probe.open().getFirst(), command -> {
                if (command instanceof Command.Write(var _, MemorySegment buffer, var _)) {
                    if (bytes.size() + buffer.byteSize() > MOST_BYTES) {
                        return Probe.Reply.failure(CompletionCode.ERROR_DISK_FULL);
                    }
                    bytes.writeBytes(buffer.toArray(ValueLayout.JAVA_BYTE));
                }
                return null;
            });
            String end = Probe.text(probe.verdict());
            if (!end.equals("the statement is good")) {
                throw new SelfTestFailed("there is no log backup to be read: " + end);
            }
            byte[] taken = bytes.toByteArray();
            stream = taken;
            return taken;
        }
    }

    /// Serves Reads from the stream.
    private static final class Source implements Probe.Reaction {
        private final byte[] bytes;
        private final boolean half;
        private final Set<String> others = new LinkedHashSet<>();
        private int at;

        /// @param half whether each Read gets half of what it asks for
        Source(byte[] bytes, boolean half) {
            this.bytes = bytes;
            this.half = half;
        }

        @Override
        public Probe.@Nullable Reply to(Command command) {
            if (!(command instanceof Command.Read(var _, MemorySegment buffer, var _))) {
                others.add(Probe.text(command));
                return null;
            }
            int size = Math.toIntExact(buffer.byteSize());
            int wanted = half ? Math.max(BLOCK, size / 2 / BLOCK * BLOCK) : size;
            int count = Math.min(wanted, bytes.length - at);
            MemorySegment.copy(bytes, at, buffer, ValueLayout.JAVA_BYTE, 0, count);
            at += count;
            return count < wanted
                    ? new Probe.Reply(CompletionCode.ERROR_HANDLE_EOF, count)
                    : Probe.Reply.success(count);
        }
    }

    /// Q27, and Q9 for a restore.
    String otherCommands() {
        Source source = new Source(stream(), false);
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.verify(probe));
            probe.configured();
            probe.serve(probe.open().getFirst(), source);
            var _ = probe.verdict();
            return source.others.isEmpty()
                    ? "no other command than Read"
                    : "beside Read comes " + String.join(", ", source.others);
        }
    }

    /// Q18.
    String shortReads() {
        Source source = new Source(stream(), true);
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.verify(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            try {
                Fetched end = probe.serve(device, source);
                return "Reads that succeed with half of their bytes: CompleteCommand answers 0, then %s; %s"
                        .formatted(Probe.text(end), verified(probe));
            } catch (VirtualDeviceException e) {
                if (e.error() == VdError.TIMEOUT) {
                    throw e;
                }
                return "Reads that succeed with half of their bytes: CompleteCommand answers "
                        + e.error().symbol();
            }
        }
    }

    /// VERIFYONLY ends with 3262 instead of 3014.
    private static String verified(Probe probe) {
        var verdict = probe.verdict();
        return verdict.messages().stream().anyMatch(message -> message.isError())
                ? Probe.text(verdict)
                : "the backup set is found to be valid";
    }

    /// Q7.
    String endOfData() {
        try (Probe probe = bench.probe(1)) {
            probe.send(bench.verify(probe));
            probe.configured();
            ClientVirtualDevice device = probe.open().getFirst();
            if (!(Probe.next(device, PATIENTLY) instanceof Command.Read read)) {
                throw new SelfTestFailed("no Read came");
            }
            // The server has time to queue more, which an error state would take away.
            LockSupport.parkNanos(SOON.toNanos());
            Probe.complete(device, read, Probe.Reply.failure(CompletionCode.ERROR_HANDLE_EOF));
            Fetched next = Probe.next(device, PATIENTLY);
            String text = Probe.text(next);
            if (next instanceof Command command) {
                Probe.complete(device, command, Probe.usual(command));
                probe.serve(device, _ -> null);
            }
            return "after a Read that ends with ERROR_HANDLE_EOF, GetCommand answers " + text;
        }
    }
}
