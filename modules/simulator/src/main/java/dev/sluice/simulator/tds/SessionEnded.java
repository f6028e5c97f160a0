package dev.sluice.simulator.tds;

import org.jspecify.annotations.Nullable;

/// No client is left to answer: the connection broke, was dropped, or a message of class 20 or more closed it. An
/// engine lets it pass.
public final class SessionEnded extends RuntimeException {

    public SessionEnded(String message, @Nullable Throwable cause) {
        super(message, cause);
    }
}
