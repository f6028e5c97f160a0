package dev.sluice.engine.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/// What the end of a statement proves.
class VerdictTest {

    private static final ServerMessage PROCESSED =
            new ServerMessage(3014, 10, 1, "BACKUP DATABASE successfully processed");
    private static final ServerMessage TERMINATING = new ServerMessage(3013, 16, 1, "BACKUP DATABASE is terminating");
    private static final ServerMessage WRITE_FAILED = new ServerMessage(3202, 16, 1, "Write on \"s\" failed: 112");
    private static final ServerMessage NO_HISTORY = new ServerMessage(3009, 16, 1, "Could not insert a backup record");
    private static final ServerMessage DYING = new ServerMessage(6005, 21, 1, "SHUTDOWN is in progress.");

    @Test
    void message3014IsGood() {
        assertThat(Verdict.of(List.of(PROCESSED), "")).isInstanceOf(Verdict.Good.class);
    }

    @Test
    void aMissingHistoryRowDoesNotMakeItBad() {
        Verdict verdict = Verdict.of(List.of(NO_HISTORY, PROCESSED), "Could not insert a backup record");

        assertThat(verdict)
                .isInstanceOfSatisfying(
                        Verdict.Good.class,
                        good -> assertThat(good.historyMissing()).isTrue());
    }

    @Test
    void error3013IsBadAndKeepsTheCauseFirst() {
        Verdict verdict = Verdict.of(List.of(WRITE_FAILED, TERMINATING), "Write on \"s\" failed: 112");

        assertThat(verdict).isInstanceOf(Verdict.Bad.class);
        assertThat(verdict.errors()).startsWith("Msg 3202").contains("\nMsg 3013");
    }

    @Test
    void error3013IsBadEvenBeside3014() {
        assertThat(Verdict.of(List.of(PROCESSED, TERMINATING), "")).isInstanceOf(Verdict.Bad.class);
    }

    @Test
    void aLostConnectionProvesNothing() {
        assertThat(Verdict.of(List.of(), "Connection reset"))
                .isInstanceOfSatisfying(
                        Verdict.Unknown.class,
                        unknown -> assertThat(unknown.cause()).isEqualTo("Connection reset"));
    }

    @Test
    void silenceProvesNothing() {
        assertThat(Verdict.of(List.of(), "")).isInstanceOf(Verdict.Unknown.class);
    }

    @Test
    void aServerThatDiesAfter3014ProvesNothing() {
        assertThat(Verdict.of(List.of(PROCESSED, DYING), "SHUTDOWN is in progress."))
                .isInstanceOf(Verdict.Unknown.class);
    }
}
