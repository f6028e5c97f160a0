package dev.sluice.simulator.tds;

import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
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
    private final AtomicReference<@Nullable LoginRejected> refusalOnce = new AtomicReference<>();
    private volatile boolean loginsCut;

    TdsFaults() {}

    public void welcome(Welcome welcome) {
        this.welcome = welcome;
    }

    /// Refuses every login in this way, without asking the engine; null lets the engine decide again.
    public void refuseLogins(@Nullable LoginRejected refusal) {
        this.refusal = refusal;
    }

    /// Refuses the next login alone in this way.
    public void refuseNextLogin(LoginRejected refusal) {
        refusalOnce.set(refusal);
    }

    /// Closes each connection after its login has come, without an answer, as a server does that is stopped.
    public void cutLogins(boolean cut) {
        this.loginsCut = cut;
    }

    boolean loginsCut() {
        return loginsCut;
    }

    Welcome welcome() {
        return welcome;
    }

    Optional<LoginRejected> refusal() {
        LoginRejected once = refusalOnce.getAndSet(null);
        return Optional.ofNullable(once == null ? refusal : once);
    }
}
