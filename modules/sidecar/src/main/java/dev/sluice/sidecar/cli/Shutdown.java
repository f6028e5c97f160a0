package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.ControlCharacters;
import dev.sluice.sidecar.log.Masking;
import java.util.ArrayDeque;
import java.util.Deque;

/// The one shutdown hook: it owns the order in which things end when a signal comes.
///
/// What was put in last ends first. It waits for runs, never for `main`: on the ordinary way out `main` has ended
/// everything itself, and calls `System.exit`, which would wait for a hook that waits for it.
public final class Shutdown {

    private final Deque<AutoCloseable> resources = new ArrayDeque<>();
    private volatile boolean interrupted;
    private volatile boolean done;
    private volatile String lastWords = "";

    void install() {
        Runtime.getRuntime().addShutdownHook(new Thread(this::onSignal, "sluice-shutdown"));
    }

    private void onSignal() {
        interrupted = true;
        closeAll();
        // On the ordinary way out `main` has said all that there is.
        if (!done && !lastWords.isEmpty()) {
            System.err.println("sluice: " + lastWords);
        }
    }

    /// What stderr says when a signal has ended the command. A service's log has it already.
    void lastWords(String words) {
        lastWords = words;
    }

    /// From here on the program ends by itself.
    void done() {
        done = true;
    }

    /// Whether a signal ended the program. Then the user does not read what a command still has to say.
    boolean interrupted() {
        return interrupted;
    }

    /// From here on either the user of the resource or a signal ends it: the one that comes first.
    synchronized <T extends AutoCloseable> T guard(T resource) {
        resources.push(resource);
        return resource;
    }

    /// Ends everything, once.
    public void closeAll() {
        while (true) {
            AutoCloseable next;
            synchronized (this) {
                if (resources.isEmpty()) {
                    return;
                }
                next = resources.pop();
            }
            try {
                next.close();
            } catch (Exception e) {
                System.err.println(ControlCharacters.escaped(Masking.mask("sluice: while ending: " + e)));
            }
        }
    }
}
