package dev.sluice.simulator.tds;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// What a [TdsServer] does wrong on purpose, to clients that come from now on. Faults of sessions are with
/// [ClientLink].
///
/// **Threading:** any thread.
public final class TdsFaults {

    /// What awaits a new connection.
    public enum Welcome {
        /// An ordinary login.
        NORMAL,
        /// It is closed at once.
        CLOSED,
        /// It is accepted and never answered, as by a server that hangs.
        SILENCE
    }

    private volatile Welcome welcome = Welcome.NORMAL;
    private volatile @Nullable LoginRejected refusal;

    TdsFaults() {}

    public void welcome(Welcome welcome) {
        this.welcome = welcome;
    }

    /// Refuses every login in this way, without asking the engine; null lets the engine decide again.
    public void refuseLogins(@Nullable LoginRejected refusal) {
        this.refusal = refusal;
    }

    Welcome welcome() {
        return welcome;
    }

    Optional<LoginRejected> refusal() {
        return Optional.ofNullable(refusal);
    }
}
