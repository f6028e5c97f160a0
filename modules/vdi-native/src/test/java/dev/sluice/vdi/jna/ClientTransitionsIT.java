package dev.sluice.vdi.jna;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Fetched;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.VdError;
import dev.sluice.vdi.VirtualDeviceException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The answers of the library by state, as Java sees them. (The C++ client walks through the same table without
/// Java.)
class ClientTransitionsIT {

    private static final VDConfig ONE = VDConfig.request(1, Features.LIKE_PIPE);

    @RegisterExtension
    final Simulator simulator = new Simulator();

    @ParameterizedTest
    @EnumSource
    void withoutASetEverythingButCreateIsAProtocolError(Simulator.Face face) {
        ClientVirtualDeviceSet set = face.vdi().newClientSet();

        assertFails(VdError.PROTOCOL, () -> set.getConfiguration(Timeouts.POLL));
        assertFails(VdError.PROTOCOL, () -> set.openDevice("d"));
        assertFails(VdError.PROTOCOL, set::signalAbort);
        assertFails(VdError.PROTOCOL, set::close);
        assertFails(VdError.PROTOCOL, () -> set.openInSecondary(null, "nobody"));
    }

    @ParameterizedTest
    @EnumSource
    void aSetIsConfigurableUntilAServerConfiguresIt(Simulator.Face face) {
        ClientVirtualDeviceSet set = face.vdi().newClientSet();
        set.create(null, "alone", ONE);

        assertFails(VdError.PROTOCOL, () -> set.create(null, "alone", ONE));
        assertFails(VdError.TIMEOUT, () -> set.getConfiguration(Timeouts.POLL));
        assertFails(VdError.TIMEOUT, () -> set.getConfiguration(Duration.ofMillis(30)));
        assertFails(VdError.PROTOCOL, () -> set.openDevice("alone"));
        set.signalAbort();
        assertFails(VdError.ABORT, () -> set.getConfiguration(Timeouts.INFINITE));
        assertFails(VdError.ABORT, () -> set.openDevice("alone"));
        set.signalAbort();
        set.close();
        set.create(null, "alone", ONE);
        set.close();
    }

    @ParameterizedTest
    @EnumSource
    void createRefusesInvalidNamesAndConfigurations(Simulator.Face face) {
        ClientVirtualDeviceSet set = face.vdi().newClientSet();

        assertFails(VdError.NOTSUPPORTED, () -> set.create(null, "s", VDConfig.request(0, Features.LIKE_PIPE)));
        assertFails(VdError.NOTSUPPORTED, () -> set.create(null, "s", VDConfig.request(65, Features.LIKE_PIPE)));
        assertFails(VdError.NOTSUPPORTED, () -> set.create(null, "s", VDConfig.request(1, new Features(0x10))));
        assertFails(VdError.INVALID, () -> set.create(null, "", ONE));
        assertFails(VdError.INVALID, () -> set.create(null, "a\\b", ONE));
        assertFails(VdError.INVALID, () -> set.create(null, "a\0b", ONE));
    }

    @Test
    void linuxKnowsNoInstances() {
        ClientVirtualDeviceSet set = Simulator.Face.LINUX.vdi().newClientSet();

        assertFails(VdError.INSTANCE_NAME, () -> set.create("SALES", "s", ONE));
    }

    @Test
    void windowsTellsSetsOfTheSameNameApartByInstance() {
        NativeVdi vdi = Simulator.Face.COM_PLATFORM_CONVENTION.vdi();
        ClientVirtualDeviceSet one = vdi.newClientSet();
        ClientVirtualDeviceSet other = vdi.newClientSet();
        one.create("SALES", "set \u00e4\u20ac\ud83d\ude00", ONE);
        other.create(null, "set \u00e4\u20ac\ud83d\ude00", ONE);

        var server = simulator.server().newServerSet();
        server.open("SALES", "set \u00e4\u20ac\ud83d\ude00");
        server.signalAbort();

        assertFails(VdError.ABORT, () -> one.getConfiguration(Simulator.PROMPTLY));
        assertFails(VdError.TIMEOUT, () -> other.getConfiguration(Timeouts.POLL));
        server.close();
        one.close();
        other.close();
    }

    @ParameterizedTest
    @EnumSource
    void opensEachDeviceOnceAndByName(Simulator.Face face) throws Exception {
        Rig rig = new Rig(simulator, face.vdi(), "names", 2);

        rig.client.openDevice("names-1");
        assertFails(VdError.PROTOCOL, () -> rig.client.openDevice("names-1"));
        assertFails(VdError.INVALID, () -> rig.client.openDevice("other"));
        rig.client.openDevice("names");
        assertFails(VdError.OPEN, () -> rig.client.openDevice("names"));
        assertFails(VdError.INVALID, () -> rig.client.openDevice("other"));
        rig.client.signalAbort();
        rig.client.close();
        rig.endServer();
    }

    @Test
    void aLongNameWithAnyCharactersIsFound() throws Exception {
        String name = "a very long name / with slashes. and \u00fcmlauts ".repeat(3);
        Rig rig = new Rig(simulator, Simulator.Face.LINUX.vdi(), name, 1);

        assertThat(rig.client.openDevice(name).getCommand(Timeouts.POLL)).isInstanceOf(Fetched.TimedOut.class);
        rig.client.signalAbort();
        rig.client.close();
        rig.endServer();
    }

    @Test
    void aNameIsTakenWhileItsSetExists() {
        NativeVdi vdi = Simulator.Face.LINUX.vdi();
        ClientVirtualDeviceSet first = vdi.newClientSet();
        ClientVirtualDeviceSet second = vdi.newClientSet();
        first.create(null, "taken", ONE);
        assertFails(VdError.INVALID, () -> second.create(null, "taken", ONE));

        first.close();

        second.create(null, "taken", ONE);
        second.close();
    }

    @Test
    void createTakesOverTheSocketOfACrashedProcess() throws IOException {
        abandon("n-crashed.c");
        abandon("n-crashed.0123456789abcdef.s");
        Files.createFile(simulator.directory().resolve("n-crashed.0123456789abcdef.0.m"));
        Path foreign = abandon("n-another.c");
        Path young = abandon("n-young.c");
        Files.setLastModifiedTime(foreign, FileTime.from(Instant.now().minusSeconds(60)));

        ClientVirtualDeviceSet set = Simulator.Face.LINUX.vdi().newClientSet();
        set.create(null, "crashed", ONE);

        assertThat(simulator.files()).containsExactlyInAnyOrder("n-crashed.c", "n-young.c");
        set.close();
        Files.delete(young);
    }

    /// A socket whose listener has ended.
    private Path abandon(String name) throws IOException {
        Path path = simulator.directory().resolve(name);
        try (var socket = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.bind(UnixDomainSocketAddress.of(path));
        }
        return path;
    }

    @Test
    void measuresTheUnitOfTimeouts() {
        LinuxVdi vdi = (LinuxVdi) Simulator.Face.LINUX.vdi();
        assertThat(vdi.measureTimeoutUnit()).isEqualTo(LinuxVdi.TimeoutUnit.MILLISECONDS);

        Simulator.environment("SLUICE_VDI_TIMEOUT_UNIT", "s");
        try {
            assertThat(vdi.measureTimeoutUnit()).isEqualTo(LinuxVdi.TimeoutUnit.LONGER_THAN_MILLISECONDS);
            ClientVirtualDeviceSet set = vdi.newClientSet();
            set.create(null, "seconds", ONE);
            long start = System.nanoTime();
            assertFails(VdError.TIMEOUT, () -> set.getConfiguration(Duration.ofMillis(200)));
            assertThat(Duration.ofNanos(System.nanoTime() - start)).isLessThan(Duration.ofSeconds(5));
            set.close();
        } finally {
            Simulator.environment("SLUICE_VDI_TIMEOUT_UNIT", "ms");
        }
    }

    private static void assertFails(VdError error, ThrowingCallable call) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        VirtualDeviceException.class, e -> assertThat(e.error()).isEqualTo(error));
    }
}
