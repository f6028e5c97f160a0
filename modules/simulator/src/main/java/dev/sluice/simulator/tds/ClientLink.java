package dev.sluice.simulator.tds;

import java.time.Duration;

/// The line to one session's client, as far as an engine may touch it: to end the session, or to misbehave on
/// purpose.
///
/// **Threading:** any thread, at any time; without effect once the session is over.
public interface ClientLink {

    /// Ends the session from outside, as T-SQL's `KILL` does. A running batch is cancelled with
    /// [Cancellation.Reason#KILLED]; when it has returned, the client gets error 596 (class 21) and the line
    /// closes. An idle session's line just closes. While the client does not read, a batch that writes cannot
    /// return, nor the session end; [#drop] does not wait for anybody.
    void kill();

    /// Cuts the line now, without a word, as a pulled cable would: the running batch is cancelled with
    /// [Cancellation.Reason#CONNECTION_LOST], and everything said afterwards goes nowhere.
    void drop();

    /// From now on this session's cancels are acknowledged this much later. The batch still hears of them at
    /// once.
    void delayAttention(Duration delay);
}
