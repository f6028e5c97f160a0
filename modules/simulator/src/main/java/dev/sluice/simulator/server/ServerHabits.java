package dev.sluice.simulator.server;

import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.simulator.vdi.ClientDeath;
import dev.sluice.vdi.inprocess.Answer;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.time.Duration;

/// What a stand-in in a process of its own answers where the documents leave open what SQL Server does. A
/// [ServerSwitch] sets one of them by its name.
///
/// @param vdi         of virtual devices
/// @param media       of the engine behind them
/// @param clientDeath when it notices that a client's process has died
public record ServerHabits(VdiBehavior vdi, MediaBehavior media, ClientDeath clientDeath) {

    public static final ServerHabits DEFAULT =
            new ServerHabits(VdiBehavior.DEFAULT, MediaBehavior.DEFAULT, ClientDeath.SEEN_AT_ONCE);

    ServerHabits with(Answer answer) {
        return new ServerHabits(vdi.with(answer), media, clientDeath);
    }

    ServerHabits withQueueDepth(int commands) {
        return new ServerHabits(vdi.withQueueDepth(commands), media, clientDeath);
    }

    ServerHabits with(MediaBehavior other) {
        return new ServerHabits(vdi, other, clientDeath);
    }

    ServerHabits with(ClientDeath noticed) {
        return new ServerHabits(vdi, media, noticed);
    }

    ServerHabits openingAfter(int milliseconds) {
        return with(media.openingAfter(Duration.ofMillis(milliseconds)));
    }
}
