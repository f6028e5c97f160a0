package dev.sluice.testsupport;

import dev.sluice.testsupport.FaultyProxy.Request;
import dev.sluice.testsupport.FaultyProxy.Script;
import dev.sluice.testsupport.Reaction.Fault;
import dev.sluice.testsupport.Reaction.Trap;
import java.util.concurrent.atomic.AtomicInteger;

/// Plays a crash of the client, as the server sees it: lets a number of changing requests through, and refuses
/// every request after that.
public final class Crash implements Script {

    private final AtomicInteger left;

    /// @param changes how many requests besides GET and HEAD go through
    public Crash(int changes) {
        left = new AtomicInteger(changes);
    }

    /// Whether a request was refused.
    public boolean hasHappened() {
        return left.get() < 0;
    }

    @Override
    public Reaction decide(Request request, int times) {
        boolean reads = request.line().startsWith("GET ") || request.line().startsWith("HEAD ");
        boolean isRefused = reads ? hasHappened() : left.decrementAndGet() < 0;
        return isRefused ? new Trap(false, () -> true) : Fault.NONE;
    }
}
