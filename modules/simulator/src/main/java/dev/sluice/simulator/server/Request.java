package dev.sluice.simulator.server;

import dev.sluice.simulator.transfer.VirtualMedia;
import java.time.LocalDateTime;
import org.jspecify.annotations.Nullable;

/// What a session is doing now: a row of `sys.dm_exec_requests`.
///
/// **Threading:** written by the session's thread, read by all.
final class Request {

    private final int sessionId;
    private final String text;
    private final LocalDateTime started;
    private final int databaseId;
    private volatile String command;
    private volatile double percentComplete;
    private volatile @Nullable VirtualMedia media;

    Request(int sessionId, String text, LocalDateTime started, int databaseId) {
        this.sessionId = sessionId;
        this.text = text;
        this.started = started;
        this.databaseId = databaseId;
        this.command = "SELECT";
    }

    int sessionId() {
        return sessionId;
    }

    String text() {
        return text;
    }

    LocalDateTime started() {
        return started;
    }

    int databaseId() {
        return databaseId;
    }

    String command() {
        return command;
    }

    void command(String now) {
        command = now;
    }

    double percentComplete() {
        return percentComplete;
    }

    void percentComplete(double percent) {
        percentComplete = percent;
    }

    @Nullable
    VirtualMedia media() {
        return media;
    }

    void media(@Nullable VirtualMedia open) {
        media = open;
    }
}
