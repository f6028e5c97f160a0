package dev.sluice.sidecar.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.doctor.DoctorFinding.Level;
import dev.sluice.vdi.jna.NativeVdi;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Each finding about the machine, provoked: `/proc` and the rest are directories of the test's.
class MachineCheckTest {

    @TempDir
    Path directory;

    private Path proc;
    private Path shm;
    private Path conf;
    private Supplier<NativeVdi> vdi = () -> NativeVdi.open(NativeVdi.Provider.LINUX, directory.resolve("none.so"));
    private boolean container;
    private boolean simulator;
    private long needed = 1 << 20;

    @BeforeEach
    void aMachine() throws Exception {
        proc = Files.createDirectories(directory.resolve("proc"));
        shm = Files.createDirectories(directory.resolve("shm"));
        conf = directory.resolve("mssql.conf");
        process("self", "sluice", 10_001, 10_001, "", "0022", "0");
    }

    private void process(String id, String name, int user, int group, String groups, String umask, String capabilities)
            throws Exception {
        Path process = Files.createDirectories(proc.resolve(id));
        Files.writeString(process.resolve("comm"), name + "\n");
        Files.writeString(
                process.resolve("status"),
                "Name:\t%s\nUmask:\t%s\nUid:\t%d\t%d\t%d\t%d\nGid:\t%d\t%d\t%d\t%d\nGroups:\t%s\nCapEff:\t%s\n"
                        .formatted(
                                name, umask, user, user, user, user, group, group, group, group, groups, capabilities));
    }

    private void sqlServer(int user, int group, String groups, String umask) throws Exception {
        process("42", "sqlservr", user, group, groups, umask, "0");
    }

    private DoctorFinding finding(String id) {
        return new MachineCheck(vdi, proc, shm, conf, container, simulator, needed)
                .findings().stream()
                        .filter(found -> found.id().equals(id))
                        .findFirst()
                        .orElseThrow();
    }

    @Test
    void noLibrary() {
        assertThat(finding("vdi-library").level()).isEqualTo(Level.FAIL);
        assertThat(finding("vdi-library").evidence()).contains("none.so", "no such file");
        assertThat(finding("vdi-library").fix()).contains("vdi.library");
    }

    @Test
    void aLibraryThatLacksAFunction() {
        Path other = Path.of("/lib/x86_64-linux-gnu/libm.so.6");
        Assumptions.assumeTrue(Files.exists(other), "a shared object without VDI's functions");
        vdi = () -> NativeVdi.open(NativeVdi.Provider.LINUX, other);

        assertThat(finding("vdi-library").level()).isEqualTo(Level.FAIL);
        assertThat(finding("vdi-library").evidence()).contains("lacks", "CompleteCommand");
    }

    @Test
    void theUserOfTheImages() {
        assertThat(finding("user").level()).isEqualTo(Level.OK);
        assertThat(finding("user").evidence()).contains("user 10001", "umask 0022");
    }

    @Test
    void anotherUserThanTheImagesHave() throws Exception {
        process("self", "sluice", 1000, 1000, "", "0022", "0");

        assertThat(finding("user").level()).isEqualTo(Level.WARN);
        assertThat(finding("user").fix()).contains("10001:10001");
    }

    @Test
    void anotherUserThanSqlServer() throws Exception {
        sqlServer(999, 999, "999", "0022");

        assertThat(finding("user").level()).isEqualTo(Level.FAIL);
        assertThat(finding("user").evidence()).contains("user 10001", "SQL Server is user 999");
        assertThat(finding("user").fix()).contains("user 999");
    }

    @Test
    void groupsHelpOnlyIfTheUmaskLeavesThemTheirRights() throws Exception {
        process("self", "sluice", 10_001, 10_001, "10001 999", "0007", "0");
        sqlServer(999, 999, "999 10001", "0007");
        assertThat(finding("user").level()).isEqualTo(Level.OK);

        sqlServer(999, 999, "999 10001", "0022");
        assertThat(finding("user").level()).isEqualTo(Level.FAIL);
    }

    @Test
    void rootWithoutCapabilitiesIsNobody() throws Exception {
        sqlServer(999, 999, "", "0022");
        process("self", "sluice", 0, 0, "", "0022", "000001ffffffffff");
        assertThat(finding("user").level()).isEqualTo(Level.WARN);

        process("self", "sluice", 0, 0, "", "0022", "0000000000000000");
        assertThat(finding("user").level()).isEqualTo(Level.FAIL);
    }

    @Test
    void aSimulatorTakesAnybody() throws Exception {
        process("self", "sluice", 1000, 1000, "", "0022", "0");
        simulator = true;

        assertThat(finding("user").level()).isEqualTo(Level.OK);
    }

    @Test
    void tooLittleSharedMemory() throws Exception {
        needed = Files.getFileStore(shm).getTotalSpace();

        assertThat(finding("shm-size").level()).isEqualTo(Level.FAIL);
        assertThat(finding("shm-size").fix()).contains("--shm-size 1g", "SIGBUS");
    }

    @Test
    void sharedMemoryThatIsNotThere() throws Exception {
        Files.delete(shm);

        assertThat(finding("shm-size").level()).isEqualTo(Level.FAIL);
        assertThat(finding("shm-shared").level()).isEqualTo(Level.FAIL);
    }

    @Test
    void sqlServerHasTheSameSharedMemory() throws Exception {
        sqlServer(10_001, 10_001, "", "0022");
        Files.createDirectories(proc.resolve("42/root/dev"));
        Files.createSymbolicLink(proc.resolve("42/root/dev/shm"), shm);

        assertThat(finding("shm-shared").level()).isEqualTo(Level.OK);
    }

    @Test
    void sqlServerHasAnotherSharedMemory() throws Exception {
        Path tmpfs = Path.of("/dev/shm");
        Assumptions.assumeTrue(
                Files.exists(tmpfs)
                        && !Files.getAttribute(tmpfs, "unix:dev").equals(Files.getAttribute(shm, "unix:dev")),
                "two file systems");
        sqlServer(10_001, 10_001, "", "0022");
        Files.createDirectories(proc.resolve("42/root/dev"));
        Files.createSymbolicLink(proc.resolve("42/root/dev/shm"), tmpfs);

        assertThat(finding("shm-shared").level()).isEqualTo(Level.FAIL);
        assertThat(finding("shm-shared").fix()).contains("one tmpfs volume");
    }

    @Test
    void inAContainerThatSeesNoSqlServerSharingCannotBeTold() {
        container = true;

        assertThat(finding("shm-shared").level()).isEqualTo(Level.WARN);
    }

    @Test
    void theContainerSwitchIsOffOrCannotBeSeen() throws Exception {
        container = true;
        assertThat(finding("container-switch").level()).isEqualTo(Level.WARN);

        Files.writeString(conf, "[memory]\nmemorylimitmb = 4096\n");
        assertThat(finding("container-switch").level()).isEqualTo(Level.FAIL);
        assertThat(finding("container-switch").fix()).contains("enablecontainersharedmemory = true");

        Files.writeString(conf, "[memory]\nenablecontainersharedmemory = true\n");
        assertThat(finding("container-switch").level()).isEqualTo(Level.OK);
    }
}
