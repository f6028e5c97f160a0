package dev.sluice.sidecar.doctor;

import dev.sluice.vdi.jna.NativeVdi;
import dev.sluice.vdi.jna.VdiUnavailableException;
import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// The library, this process's rights, and shared memory.
///
/// **Source:** on Linux, VDI meets in POSIX shared memory and semaphores, which are files in /dev/shm with an owner, a
/// group and a mode; both sides create some. So both must run as one user, or be in each other's group with a umask
/// that
/// leaves the group its rights. SQL Server's images run it as user 10001.
///
/// @param vdi         opens the library
/// @param proc        `/proc`, or what stands in for it
/// @param shm         `/dev/shm`, likewise
/// @param mssqlConf   SQL Server's mssql.conf, if it is to be seen from here
/// @param container   whether we run in one
/// @param simulator   whether the other side is a simulator, which runs as anybody
/// @param needed      bytes of shared memory that a backup as configured takes
public record MachineCheck(
        Supplier<NativeVdi> vdi,
        Path proc,
        Path shm,
        Path mssqlConf,
        boolean container,
        boolean simulator,
        long needed) {

    private static final int IMAGE_USER = 10_001;
    private static final long DEFAULT_SHM = 64L << 20;
    private static final long ADVISED_SHM = 1L << 30;
    private static final int GROUP_BITS = 070;

    /// Whose a process is, as `/proc/PID/status` says.
    private record Rights(int user, int group, List<Integer> groups, int umask, long capabilities) {

        static Rights of(Path status) throws IOException {
            int user = -1;
            int group = -1;
            int umask = -1;
            long capabilities = 0;
            List<Integer> groups = new ArrayList<>();
            for (String line : Files.readAllLines(status)) {
                String[] words = line.split("\\s+");
                switch (words[0]) {
                    case "Uid:" -> user = Integer.parseInt(words[2]);
                    case "Gid:" -> group = Integer.parseInt(words[2]);
                    case "Umask:" -> umask = Integer.parseInt(words[1], 8);
                    case "CapEff:" -> capabilities = Long.parseUnsignedLong(words[1], 16);
                    case "Groups:" ->
                        Arrays.stream(words).skip(1).map(Integer::parseInt).forEach(groups::add);
                    default -> {
                        // Much else is said there.
                    }
                }
            }
            return new Rights(user, group, groups, umask, capabilities);
        }

        /// Whether the process has CAP_DAC_OVERRIDE. Without it, even root has no special access to the files
        /// of other users.
        boolean ignoresOwners() {
            return (capabilities & 2) != 0;
        }

        boolean in(int wanted) {
            return group == wanted || groups.contains(wanted);
        }

        @Override
        public String toString() {
            return String.format(Locale.ROOT, "user %d, group %d, groups %s, umask %04o", user, group, groups, umask);
        }
    }

    public List<DoctorFinding> findings() {
        List<DoctorFinding> findings = new ArrayList<>();
        findings.add(library());
        if (!System.getProperty("os.name", "").toLowerCase(Locale.ROOT).contains("windows")) {
            Optional<Path> server = server();
            findings.add(rights(server));
            findings.add(size());
            findings.add(shared(server));
            findings.add(containerSwitch());
        }
        return findings;
    }

    private DoctorFinding library() {
        try {
            return DoctorFinding.ok("vdi-library", vdi.get().description());
        } catch (VdiUnavailableException e) {
            return DoctorFinding.fail(
                    "vdi-library",
                    String.valueOf(e.getMessage()),
                    "Take libsqlvdi.so from the very SQL Server that is to be backed up, and name it in vdi.library.");
        }
    }

    /// SQL Server's process, if it is to be seen from here.
    private Optional<Path> server() {
        try (Stream<Path> processes = Files.list(proc)) {
            return processes
                    .filter(process -> process.getFileName().toString().matches("\\d+"))
                    .filter(MachineCheck::isSqlServer)
                    .findFirst();
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    private static boolean isSqlServer(Path process) {
        try {
            return Files.readString(process.resolve("comm")).strip().equals("sqlservr");
        } catch (IOException e) {
            return false; // it ended, or is none of our business
        }
    }

    private DoctorFinding rights(Optional<Path> server) {
        Rights ours;
        try {
            ours = Rights.of(proc.resolve("self/status"));
        } catch (IOException | NumberFormatException e) {
            return DoctorFinding.warn("user", "who we are cannot be read: " + e, "Mount /proc.");
        }
        if (simulator) {
            return DoctorFinding.ok("user", ours + "; the simulator accepts every user");
        }
        if (server.isEmpty()) {
            return ours.user() == IMAGE_USER
                    ? DoctorFinding.ok("user", ours + ", as SQL Server's images have it")
                    : DoctorFinding.warn(
                            "user",
                            ours + "; SQL Server's process cannot be seen from here, and its images run it as 10001",
                            "Run Sluice as the user that SQL Server runs as: --user 10001:10001 in a container, User=mssql"
                                    + " in a systemd unit.");
        }
        try {
            return compared(ours, Rights.of(server.get().resolve("status")));
        } catch (IOException | NumberFormatException e) {
            return DoctorFinding.warn(
                    "user", ours + "; SQL Server's user cannot be read: " + e, "Run Sluice as that user.");
        }
    }

    private static DoctorFinding compared(Rights ours, Rights theirs) {
        String evidence = "%s; SQL Server is %s".formatted(ours, theirs);
        if (ours.user() == theirs.user()) {
            return DoctorFinding.ok("user", evidence);
        }
        String fix =
                "Run Sluice as user %d. Or put each into the other's group, with umask 0007 on both sides, and restart"
                        + " SQL Server, which reads groups at its start.";
        if (ours.user() == 0 && ours.ignoresOwners()) {
            return DoctorFinding.warn(
                    "user",
                    evidence + "; root can, as long as it keeps its capabilities",
                    fix.formatted(theirs.user()));
        }
        boolean groups = ours.in(theirs.group()) && theirs.in(ours.group());
        boolean umasks = (ours.umask() & GROUP_BITS) == 0 && (theirs.umask() & GROUP_BITS) == 0;
        return groups && umasks
                ? DoctorFinding.ok("user", evidence + "; each is in the other's group")
                : DoctorFinding.fail("user", evidence, fix.formatted(theirs.user()));
    }

    private DoctorFinding size() {
        long total;
        long free;
        try {
            FileStore store = Files.getFileStore(shm);
            total = store.getTotalSpace();
            free = store.getUsableSpace();
        } catch (IOException e) {
            return DoctorFinding.fail(
                    "shm-size", "%s cannot be looked at: %s".formatted(shm, e), "Mount a tmpfs at /dev/shm.");
        }
        return size(total, free);
    }

    private DoctorFinding size(long total, long free) {
        String evidence = String.format(
                Locale.ROOT,
                "%s has %d MiB, %d MiB of them free; a backup as configured takes %d MiB",
                shm,
                total >> 20,
                free >> 20,
                needed >> 20);
        String fix =
                "Give it 1 GiB or more (--shm-size 1g, or a tmpfs volume with size=1g), or take fewer stripes or buffers."
                        + " Too little does not fail with an error: it ends SQL Server's process or ours with SIGBUS.";
        if (free < needed + needed / 4) {
            return DoctorFinding.fail("shm-size", evidence, fix);
        }
        return total <= DEFAULT_SHM || (container && total < ADVISED_SHM)
                ? DoctorFinding.warn("shm-size", evidence + "; Microsoft says 1 GiB for a start", fix)
                : DoctorFinding.ok("shm-size", evidence);
    }

    private DoctorFinding shared(Optional<Path> server) {
        String fix = "Mount one tmpfs volume at /dev/shm of both containers, with mode 1777.";
        try {
            if (!writable()) {
                return DoctorFinding.fail("shm-shared", "this user may not create files in " + shm, fix);
            }
            if (server.isPresent()) {
                Path theirs = server.get().resolve("root/dev/shm");
                if (Files.exists(theirs)) {
                    boolean same = Files.isSameFile(theirs, shm)
                            || Files.getAttribute(theirs, "unix:dev").equals(Files.getAttribute(shm, "unix:dev"));
                    return same
                            ? DoctorFinding.ok("shm-shared", "SQL Server sees the same %s as we do".formatted(shm))
                            : DoctorFinding.fail("shm-shared", "SQL Server has another /dev/shm than we have", fix);
                }
            }
        } catch (IOException e) {
            return DoctorFinding.warn("shm-shared", "cannot be told: " + e, fix);
        }
        return container
                ? DoctorFinding.warn(
                        "shm-shared",
                        "SQL Server's process cannot be seen from this container, so whether it has the same /dev/shm cannot either",
                        fix + " If they do share it, `sluice backup model --copy-only` proves it.")
                : DoctorFinding.ok("shm-shared", "not in a container: there is one %s".formatted(shm));
    }

    /// By trying: permissions alone do not say it, on a read-only mount.
    private boolean writable() {
        try {
            Files.delete(Files.createTempFile(shm, "sluice-doctor", null));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private DoctorFinding containerSwitch() {
        String id = "container-switch";
        String fix =
                "Put `enablecontainersharedmemory = true` below `[memory]` in mssql.conf, and restart SQL Server. It needs"
                        + " 2017 CU28, 2019 CU15 or newer.";
        @Nullable String text;
        try {
            text = Files.readString(mssqlConf);
        } catch (IOException e) {
            return container && !simulator
                    ? DoctorFinding.warn(
                            id,
                            "%s cannot be read from here; SQL Server in a container shares memory only when it says so"
                                    .formatted(mssqlConf),
                            fix)
                    : DoctorFinding.ok(id, "SQL Server does not run in a container, as far as can be told");
        }
        boolean on = text.lines()
                .map(line -> line.replace(" ", "").toLowerCase(Locale.ROOT))
                .anyMatch("enablecontainersharedmemory=true"::equals);
        if (on) {
            return DoctorFinding.ok(id, "%s switches shared memory on".formatted(mssqlConf));
        }
        return container
                ? DoctorFinding.fail(id, "%s does not switch shared memory on".formatted(mssqlConf), fix)
                : DoctorFinding.ok(id, "%s does not switch it on, and only containers need it".formatted(mssqlConf));
    }
}
