package dev.sluice.sidecar.notify;

import java.time.Duration;
import java.util.List;

/// The pauses between the attempts to deliver one notification.
///
/// @param inTurn the first ones: the notifications behind it wait as well, so that all arrive in order
/// @param aside  those after them: the notifications behind it go before it meanwhile
record AttemptPauses(List<Duration> inTurn, List<Duration> aside) {

    private static final List<Duration> SHORT =
            List.of(Duration.ofSeconds(1), Duration.ofSeconds(5), Duration.ofSeconds(30), Duration.ofMinutes(2));

    /// Five attempts in somewhat less than three minutes.
    static final AttemptPauses USUAL = new AttemptPauses(SHORT, List.of());

    /// Eleven attempts in four hours. A server that greylists wants the same mail again after some minutes.
    static final AttemptPauses OF_MAILS = new AttemptPauses(
            SHORT,
            List.of(
                    Duration.ofMinutes(5),
                    Duration.ofMinutes(10),
                    Duration.ofMinutes(15),
                    Duration.ofMinutes(30),
                    Duration.ofHours(1),
                    Duration.ofHours(2)));

    AttemptPauses {
        inTurn = List.copyOf(inTurn);
        aside = List.copyOf(aside);
    }

    /// How many there are.
    int size() {
        return inTurn.size() + aside.size();
    }

    /// After so many attempts before this one.
    Duration after(int tried) {
        return tried < inTurn.size() ? inTurn.get(tried) : aside.get(tried - inTurn.size());
    }
}
