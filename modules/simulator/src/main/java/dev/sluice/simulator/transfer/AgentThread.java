package dev.sluice.simulator.transfer;

import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.VirtualDeviceException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The thread that a server lends to VDI as its completion agent. VDI starts none of its own.
final class AgentThread {

    private static final Logger log = LoggerFactory.getLogger(AgentThread.class);

    private final Thread thread;

    /// @param returned called on the agent's thread when ExecuteCompletionAgent has returned
    AgentThread(ServerVirtualDeviceSet set, String name, Runnable returned) {
        thread = Thread.ofPlatform().daemon().name("vdi-agent-" + name).unstarted(() -> {
            try {
                set.executeCompletionAgent();
            } catch (VirtualDeviceException e) {
                log.atDebug().addKeyValue("set", name).setCause(e).log("the agent could not run");
            }
            returned.run();
        });
    }

    void start() {
        thread.start();
    }

    /// Waits until the agent has returned; a real server could not unload the library before.
    void join() {
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
