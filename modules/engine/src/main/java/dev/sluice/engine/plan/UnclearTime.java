package dev.sluice.engine.plan;

/// A time that does not say, or cannot be said to SQL Server, which instant is meant. The message names the
/// readings and what to write instead.
public final class UnclearTime extends RuntimeException {

    private static final long serialVersionUID = 1L;

    UnclearTime(String message) {
        super(message);
    }
}
