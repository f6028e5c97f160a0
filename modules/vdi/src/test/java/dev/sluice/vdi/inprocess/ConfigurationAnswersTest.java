package dev.sluice.vdi.inprocess;

import static dev.sluice.vdi.CompletionCode.ERROR_OPERATION_ABORTED;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/// Each open question about configuration, names and time with each of its answers.
@Timeout(60)
class ConfigurationAnswersTest {

    @ParameterizedTest
    @EnumSource
    void Q12_announcedNamesOfDevicesThatTheServerHasNotOpened(Answer.DeviceNames answer) {
        try (Rig rig = Rig.answering(answer).initializing()) {
            String early = Rig.answer(() -> rig.client.openDevice(Rig.SET));
            rig.server.openDevice(Rig.SET);

            boolean late = answer == Answer.DeviceNames.KNOWN_WHEN_SERVER_OPENS;
            assertThat(early).isEqualTo(late ? "INVALID" : "OK");
            assertThat(Rig.answer(() -> rig.client.openDevice(Rig.SET))).isEqualTo(late ? "OK" : "OPEN");
        }
    }

    @Test
    void Q12_withoutAnnouncementNamesAreKnownWhenTheServerOpens() {
        try (Rig rig = Rig.of(1).configurable()) {
            rig.server.endConfiguration();
            rig.client.getConfiguration(Timeouts.INFINITE);
            Rig.assertFails(VdError.INVALID, () -> rig.client.openDevice(Rig.SET));

            rig.server.openDevice(Rig.SET);

            rig.client.openDevice(Rig.SET);
        }
    }

    @ParameterizedTest
    @EnumSource
    void Q22_latchStats(Answer.LatchStats answer) {
        VDConfig request = VDConfig.request(1, Features.of(Feature.LATCH_STATS));
        try (Rig rig = Rig.of(VdiBehavior.DEFAULT.with(answer), request, 1)) {
            assertThat(Rig.answer(rig::created))
                    .isEqualTo(answer == Answer.LatchStats.ACCEPTED ? "OK" : "NOTSUPPORTED");
        }
        try (Rig rig = Rig.of(VdiBehavior.DEFAULT.with(answer), VDConfig.request(1, Features.LIKE_PIPE), 1)) {
            rig.created();
        }
    }

    @Test
    void Q22_getErrorCanBeSentAndReachesTheClientByItsNumber() {
        try (Rig rig = Rig.of(1).active()) {
            rig.send(CommandCode.GET_ERROR);

            assertThat(rig.fetch())
                    .isInstanceOfSatisfying(
                            Command.Media.class,
                            media -> assertThat(media.code()).isEqualTo(18));
        }
    }

    @ParameterizedTest(name = "{0}: after a clean Close {1}, after an abort {2}, after VD_E_OPEN {3}")
    @CsvSource({
        "AFTER_EVERY_CLOSE, OK, OK, OK",
        "AFTER_CLEAN_CLOSE, OK, PROTOCOL, PROTOCOL",
        "NEVER, PROTOCOL, PROTOCOL, PROTOCOL"
    })
    void Q23_reuseOfAClientObject(Answer.ClientReuse answer, String clean, String aborted, String open) {
        try (Rig rig = Rig.answering(answer).terminated()) {
            rig.client.close();
            assertThat(reuse(rig.client)).isEqualTo(clean);
        }
        try (Rig rig = Rig.answering(answer).active()) {
            rig.client.signalAbort();
            rig.client.close();
            assertThat(reuse(rig.client)).isEqualTo(aborted);
        }
        try (Rig rig = Rig.answering(answer).active()) {
            Rig.assertFails(VdError.OPEN, rig.client::close);
            assertThat(reuse(rig.client)).isEqualTo(open);
            assertThat(reuse(rig.vdi.newClientSet())).isIn("OK", "INVALID");
        }
    }

    @Test
    void Q24_namesOfSetsAndDevices() {
        assertNamed(Answer.Names.UP_TO_255, "a".repeat(255), "OK");
        assertNamed(Answer.Names.UP_TO_255, "a".repeat(256), "INVALID");
        assertNamed(Answer.Names.UP_TO_255, "", "INVALID");
        assertNamed(Answer.Names.UP_TO_255, "a\\b", "INVALID");
        assertNamed(Answer.Names.UP_TO_255, "Mein Gerät: 1/2", "OK");
        assertNamed(Answer.Names.PORTABLE, "sluice-01KA-x", "OK");
        assertNamed(Answer.Names.PORTABLE, "a".repeat(64), "OK");
        assertNamed(Answer.Names.PORTABLE, "a".repeat(65), "INVALID");
        assertNamed(Answer.Names.PORTABLE, "", "INVALID");
        assertNamed(Answer.Names.PORTABLE, "a b", "INVALID");
        assertNamed(Answer.Names.PORTABLE, "gerät", "INVALID");
    }

    @Test
    void Q25_aHeldCommandRunsIntoTheServerTimeout() {
        try (Rig rig = withServerTimeout(Answer.HeldCommand.COUNTS_FOR_SERVER_TIMEOUT)) {
            RecordedCommand held = rig.send(CommandCode.FLUSH);
            rig.fetch();

            assertThat(held.code()).isEqualTo(ERROR_OPERATION_ABORTED);
        }
    }

    @Test
    void Q25_onlyACommandThatWaitsToBeFetchedRunsIntoTheServerTimeout() throws InterruptedException {
        try (Rig rig = withServerTimeout(Answer.HeldCommand.DOES_NOT_COUNT)) {
            RecordedCommand held = rig.send(CommandCode.FLUSH);
            rig.fetch();
            TimeUnit.MILLISECONDS.sleep(600);
            assertThat(held.calls()).isZero();

            RecordedCommand waiting = rig.send(CommandCode.FLUSH);

            assertThat(waiting.code()).isEqualTo(ERROR_OPERATION_ABORTED);
            assertThat(held.code()).isEqualTo(ERROR_OPERATION_ABORTED);
        }
    }

    @ParameterizedTest
    @EnumSource
    void Q28_configurationCallsAfterAnAbort(Answer.ConfigurationAfterAbort answer) {
        try (Rig rig = Rig.answering(answer).configurable()) {
            rig.server.signalAbort();

            assertThat(Rig.answer(() -> rig.server.beginConfiguration(
                            Features.LIKE_PIPE, Rig.BLOCK, 0, Rig.TRANSFER, Duration.ZERO)))
                    .isEqualTo(answer.name());
            assertThat(Rig.answer(() -> rig.server.requestBuffers(512, 0, 1))).isEqualTo(answer.name());
        }
    }

    private static String reuse(ClientVirtualDeviceSet client) {
        return Rig.answer(() -> client.create(null, "next", VDConfig.request(1, Features.LIKE_PIPE)));
    }

    private static void assertNamed(Answer.Names answer, String name, String expected) {
        try (Rig rig = Rig.answering(answer)) {
            assertThat(Rig.answer(() -> rig.client.create(null, name, VDConfig.request(1, Features.LIKE_PIPE))))
                    .as(name)
                    .isEqualTo(expected);
        }
        try (Rig rig = Rig.answering(answer).configurable()) {
            rig.server.endConfiguration();
            assertThat(Rig.answer(() -> rig.server.openDevice(name))).as(name).isEqualTo(expected);
        }
    }

    private static Rig withServerTimeout(Answer answer) {
        VDConfig request = VDConfig.request(1, Features.LIKE_PIPE).withServerTimeout(Duration.ofMillis(250));
        return Rig.of(VdiBehavior.DEFAULT.with(answer), request, 1).active();
    }
}
