package dev.sluice.engine.selftest;

import dev.sluice.engine.sql.SqlServer;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;

/// A client of one backup that waits, in the middle of it, to be killed. It is all that its process does.
///
/// It says how far it is, one word a line, and holds a command from [#HOLDING] on. When its input ends, so does
/// its process: it outlives no self-test.
public final class DoomedClient {

    /// The set is there, so the BACKUP may be sent.
    static final String CREATED = "created";

    /// Half of the backup has passed, and a command is held.
    static final String HOLDING = "holding";

    private static final int ORPHANED = 1;
    private static final int WORDS = 4;

    private DoomedClient() {}

    /// What the client shall do.
    ///
    /// @param set      the name of its device set
    /// @param database that is backed up
    /// @param after    so many bytes it takes, and then it holds what comes
    /// @param sends    whether it sends the BACKUP itself, so that its session dies with it
    public record Order(String set, String database, long after, boolean sends) {

        /// As words of a command line.
        public List<String> words() {
            return List.of(set, database, Long.toString(after), Boolean.toString(sends));
        }

        /// What [#words] has written.
        ///
        /// @throws IllegalArgumentException when it has not
        public static Order of(List<String> words) {
            if (words.size() != WORDS) {
                throw new IllegalArgumentException("not what a self-test starts: " + words);
            }
            return new Order(
                    words.get(0), words.get(1), Long.parseLong(words.get(2)), Boolean.parseBoolean(words.get(3)));
        }
    }

    /// Serves the backup as far as it shall, and never returns unless the backup ends before.
    ///
    /// @param in  whose end is the end of the process
    /// @param out is told how far it is
    public static void run(
            SqlServer server,
            Supplier<? extends ClientVirtualDeviceSet> sets,
            Order order,
            InputStream in,
            PrintStream out) {
        Thread.ofPlatform().name("sluice-orphan").daemon().start(() -> endWith(in));
        try (Probe probe = new Probe(server, sets.get(), order.set, ProbeBench.config(1))) {
            out.println(CREATED);
            if (order.sends) {
                probe.send(ProbeBench.full(order.database, probe.names()));
            }
            probe.configured();
            long[] passed = new long[1];
            var end = probe.serve(probe.open().getFirst(), command -> {
                if (command instanceof Command.Write write) {
                    if (passed[0] >= order.after) {
                        out.println(HOLDING);
                        holdForEver();
                    }
                    passed[0] += write.buffer().byteSize();
                }
                return null;
            });
            out.println("the backup ended before: " + Probe.text(end));
        }
    }

    private static void holdForEver() {
        while (true) {
            LockSupport.park();
        }
    }

    private static void endWith(InputStream in) {
        try {
            while (in.read() >= 0) {
                // Nothing is said to it.
            }
        } catch (IOException e) {
            // An input that cannot be read has ended as well.
        }
        Runtime.getRuntime().halt(ORPHANED);
    }
}
