package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.regional.Language;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.FaultSwitch;
import dev.sluice.simulator.server.Faults;
import dev.sluice.simulator.server.Product;
import dev.sluice.simulator.server.ServerHabits;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.ServerOptions.NewDatabase;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.simulator.tds.Encryption;
import dev.sluice.simulator.vdi.CrossProcessVdi;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// The stand-in for SQL Server as a process of its own: TDS on a port, and virtual devices across processes.
@Command(
        name = "simulate",
        description = {
            "Runs the SQL Server stand-in as a process of its own, until a signal ends it.",
            "It serves TDS on 127.0.0.1 and, through the emulated libsqlvdi.so, the virtual devices of other processes:"
                    + " give them the printed SLUICE_VDI_DIR and SLUICE_VDI_LIBRARY. SA_PASSWORD in the environment is"
                    + " the password of sa; without it, it is Sluice!2026. With --s3 there is a bucket as well."
        })
final class SimulateCommand implements Callable<Integer> {

    private static final String PASSWORD_VARIABLE = "SA_PASSWORD";

    /// Of the names of a set's files, the longest has 61 bytes and a slash; a socket's path has 107 at most.
    private static final int LONGEST_DIRECTORY = 45;

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    SimulatedBucket bucket = new SimulatedBucket();

    @Mixin
    SimulatedHabits switches = new SimulatedHabits();

    @Mixin
    SimulatedDomain domain = new SimulatedDomain();

    @Option(names = "--port", paramLabel = "PORT", description = "Of TDS on 127.0.0.1. Default: 0, any free one.")
    int port;

    @Option(
            names = "--database",
            paramLabel = "NAME=SIZE",
            description = "Create a database of generated pages, unless the state has it already. Repeatable.")
    List<String> databases = new ArrayList<>();

    @Option(
            names = "--raw",
            paramLabel = "NAME=FILE.bak",
            description = "Create a database whose backup is this real file. Once more for the next stripe.")
    List<String> raw = new ArrayList<>();

    @Option(
            names = "--state",
            paramLabel = "DIR",
            description = "Keep databases and msdb in this directory. Default: they end with the process.")
    @Nullable
    Path state;

    @Option(
            names = "--vdi-dir",
            paramLabel = "DIR",
            description = "Where processes meet for virtual devices, on tmpfs. Default: $SLUICE_VDI_DIR, or"
                    + " /dev/shm/sluice-vdi.")
    Path vdiDirectory = CrossProcessVdi.defaultDirectory();

    @Option(
            names = "--library",
            paramLabel = "FILE",
            description = "The emulated libsqlvdi.so that clients shall load. Default: the one of this build.")
    @Nullable
    Path library;

    @Option(
            names = "--encryption",
            paramLabel = "MODE",
            description = "What TDS clients are told about TLS: off (as they like), on, required, not-supported."
                    + " encrypt=strict is served in any mode. Default: off.")
    String encryption = "off";

    @Option(
            names = "--release",
            paramLabel = "YEAR",
            description = "Which SQL Server it is: 2019, 2022 or 2025. Default: 2022.")
    String release = "2022";

    @Option(
            names = "--edition",
            paramLabel = "EDITION",
            description = "developer, enterprise, standard, web or express; the last two do not compress. Default:"
                    + " developer.")
    String edition = "developer";

    @Option(names = "--server-name", paramLabel = "NAME", description = "As in @@SERVERNAME. Default: SLUICE.")
    String serverName = "SLUICE";

    @Option(
            names = "--zone",
            paramLabel = "ZONE",
            description =
                    "The server's time zone, such as Europe/Berlin; msdb and STOPAT speak local time. Default: UTC.")
    ZoneId zone = ZoneOffset.UTC;

    @Option(
            names = "--collation",
            paramLabel = "NAME",
            description = "Of the server and its databases: SQL_Latin1_General_CP1_CI_AS, Latin1_General_CI_AS,"
                    + " Latin1_General_CS_AS, Turkish_CI_AS, Turkish_CS_AS or Latin1_General_BIN2. It decides which"
                    + " names and texts are equal. Default: the first.")
    String collation = Collation.DEFAULT.text();

    @Option(
            names = "--language",
            paramLabel = "LANGUAGE",
            description = "Of the logins: us_english, German, French, Swedish, Turkish or British. It decides what"
                    + " '2026-03-04 10:00' means as a datetime. Default: us_english.")
    String language = Language.US_ENGLISH.text();

    @Option(
            names = "--login",
            paramLabel = "NAME=PASSWORD",
            description = "A login that is not sysadmin, beside sa. Repeatable.")
    List<String> logins = new ArrayList<>();

    @Option(
            names = "--filemarks",
            description = "Write soft filemarks into backup streams, as SQL Server does on disk. Default: none.")
    boolean filemarks;

    @Option(
            names = "--fault",
            paramLabel = "FAULT",
            description = "Something that goes wrong with one BACKUP or RESTORE, [data/|log/|restore/]NAME[=VALUE], see"
                    + " below. Repeatable; each strikes once, in this order.")
    List<String> faults = new ArrayList<>();

    @Option(
            names = "--msdb",
            paramLabel = "MODE",
            description =
                    "How msdb takes the rows of backups: normal, offline (3009 beside 3014), late, purged, off (as"
                            + " under trace flag 3001). Default: normal.")
    String msdb = "normal";

    SimulateCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    /// The command with its faults and switches listed below the options.
    static CommandLine line(Shutdown shutdown) {
        CommandLine line = new CommandLine(new SimulateCommand(shutdown));
        List<String> lines =
                new ArrayList<>(List.of("", "Faults, also as EXEC sluice_fault @fault, @value, @statement:"));
        for (FaultSwitch fault : FaultSwitch.values()) {
            lines.add("  %-20s  %s".formatted(fault.text(), fault.meaning()));
        }
        lines.add("EXEC sluice_release ends what stalls; EXEC sluice_msdb 'offline' is --msdb.");
        lines.addAll(SimulatedHabits.help());
        line.getCommandSpec().usageMessage().footer(lines.toArray(String[]::new));
        return line;
    }

    @Override
    public Integer call() throws InterruptedException {
        ServerOptions options = options();
        List<FaultSwitch.Parsed> planned = plannedFaults(options);
        Faults.History history = choice(Faults.History.class, "--msdb", msdb);
        Path emulated = library();
        Output output = common.output();

        EmbeddedS3 s3 = bucket.start(shutdown);
        shutdown.guard(VdiDirectory.in(vdiDirectory));
        SimulatedServer server = shutdown.guard(start(options));
        planned.forEach(fault -> server.faults().next(fault.target(), fault.fault()));
        server.faults().history(history);
        CountDownLatch ended = new CountDownLatch(1);
        shutdown.guard(ended::countDown);
        tell(output, server, emulated, s3);
        ended.await();
        return Sluice.DONE;
    }

    private void tell(Output output, SimulatedServer server, @Nullable Path emulated, @Nullable EmbeddedS3 s3) {
        output.tell(String.format(
                Locale.ROOT,
                "SQL Server simulator on 127.0.0.1:%d, SLUICE_VDI_DIR=%s SLUICE_VDI_LIBRARY=%s",
                server.port(),
                vdiDirectory,
                emulated == null ? "" : emulated));
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("host", "127.0.0.1");
        document.put("port", server.port());
        document.put("jdbcUrl", server.jdbcUrl());
        document.put("user", "sa");
        document.put("vdiDirectory", vdiDirectory.toString());
        document.put("vdiLibrary", emulated == null ? "" : emulated.toString());
        document.put("pid", ProcessHandle.current().pid());
        if (s3 != null) {
            output.tell(SimulatedBucket.described(s3));
            document.put("s3", SimulatedBucket.document(s3));
        }
        output.documentLine(document);
        if (emulated == null) {
            output.notice(
                    "sluice: there is no emulated libsqlvdi.so here, so no program can create virtual devices; install"
                            + " g++ and make and build again, or name one with --library");
        }
    }

    private SimulatedServer start(ServerOptions options) {
        try {
            return SimulatedServer.start(options);
        } catch (IOException | UncheckedIOException e) {
            throw new OperationFailed(
                    FailureId.START_FAILED,
                    "The SQL Server simulator did not start: " + e.getMessage(),
                    "simulate",
                    "Leave --port out to get a free one, and check that the directory of --state is writable.",
                    e);
        }
    }

    private ServerOptions options() {
        if (port < 0 || port > 0xFFFF) {
            throw new UsageError(
                    String.format(Locale.ROOT, "--port %d: a port is 0 to 65535", port), "0 takes any that is free.");
        }
        vdiDirectory = vdiDirectory.toAbsolutePath().normalize();
        if (vdiDirectory.toString().getBytes(StandardCharsets.UTF_8).length > LONGEST_DIRECTORY) {
            throw new UsageError(
                    "--vdi-dir %s is too long for the paths of sockets".formatted(vdiDirectory),
                    String.format(Locale.ROOT, "Name a directory of at most %d bytes.", LONGEST_DIRECTORY));
        }
        ServerHabits habits = switches.habits();
        CrossProcessVdi vdi = new CrossProcessVdi(vdiDirectory, habits.vdi(), habits.clientDeath());
        ServerOptions options = ServerOptions.of(vdi::newServerSet)
                .withPort(port)
                .withServerName(serverName)
                .withEncryption(choice(Encryption.class, "--encryption", encryption))
                .withClock(InstantSource.system(), zone)
                .withCollation(Collation.named(collation)
                        .orElseThrow(() -> unknown("--collation", collation, List.of(Collation.values()))))
                .withLanguage(Language.named(language)
                        .orElseThrow(() -> unknown("--language", language, List.of(Language.values()))))
                .withStateDirectory(state == null ? null : state.toAbsolutePath())
                .withFilemarks(filemarks)
                .withProduct(new Product(
                        choice(Product.Release.class, "--release", "sql-" + release),
                        choice(Product.Edition.class, "--edition", edition)))
                .withBehavior(habits.media());
        String password = System.getenv(PASSWORD_VARIABLE);
        if (password != null && !password.isEmpty()) {
            options = options.withPassword(password);
        }
        for (String login : logins) {
            Pair pair = Pair.of("--login", login, "NAME=PASSWORD");
            options = options.withLogin(new ServerOptions.Login(pair.name, pair.value, false));
        }
        options = domain.applied(options);
        for (NewDatabase database : newDatabases()) {
            options = options.withDatabase(database);
        }
        return options;
    }

    private List<NewDatabase> newDatabases() {
        Map<String, NewDatabase> all = new LinkedHashMap<>();
        for (String written : databases) {
            Pair pair = Pair.of("--database", written, "Sales=64MiB");
            long bytes;
            try {
                bytes = ByteSize.parse(pair.value).bytes();
            } catch (IllegalArgumentException e) {
                throw new UsageError(
                        "--database %s: %s".formatted(written, e.getMessage()), "Try --database Sales=64MiB.");
            }
            if (bytes <= 0 || all.put(pair.name, generated(pair.name, bytes)) != null) {
                throw new UsageError(
                        bytes <= 0
                                ? "--database %s: the size must be more than 0".formatted(written)
                                : "--database %s: there is one of this name already".formatted(written),
                        "Try --database Sales=64MiB.");
            }
        }
        for (String written : raw) {
            Pair pair = Pair.of("--raw", written, "Sales=FILE.bak");
            Path file = Path.of(pair.value).toAbsolutePath();
            if (!Files.isReadable(file) || !Files.isRegularFile(file)) {
                throw new UsageError(
                        "--raw %s: there is no such file".formatted(written), "Name an existing .bak file.");
            }
            List<Path> files = new ArrayList<>();
            switch (all.get(pair.name)) {
                case null -> {}
                case NewDatabase.Raw known -> files.addAll(known.files());
                case NewDatabase.Generated _ ->
                    throw new UsageError(
                            "--raw %s: there is one of this name already".formatted(written), "Choose another name.");
            }
            files.add(file);
            all.put(pair.name, new NewDatabase.Raw(pair.name, files));
        }
        return List.copyOf(all.values());
    }

    /// The same name gives the same pages in every process.
    private static NewDatabase generated(String name, long bytes) {
        return new NewDatabase.Generated(name, bytes, name.hashCode());
    }

    private List<FaultSwitch.Parsed> plannedFaults(ServerOptions options) {
        List<FaultSwitch.Parsed> planned = new ArrayList<>();
        for (String fault : faults) {
            try {
                planned.add(FaultSwitch.parse(fault, options.behavior()));
            } catch (IllegalArgumentException e) {
                throw new UsageError("--fault: " + e.getMessage(), "`sluice simulate --help` lists all of them.");
            }
        }
        return planned;
    }

    private @Nullable Path library() {
        if (library != null) {
            if (!Files.isRegularFile(library)) {
                throw new UsageError("--library %s: there is no such file".formatted(library), "Leave it out.");
            }
            return library.toAbsolutePath().normalize();
        }
        Path built = installed().resolve("../../../simulator/target/native/libsqlvdi.so");
        return Files.isRegularFile(built) ? built.normalize() : null;
    }

    /// The directory of this program's jar, or of its classes.
    private static Path installed() {
        try {
            Path place = Path.of(Sluice.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            return Files.isDirectory(place) ? place : place.resolveSibling("");
        } catch (URISyntaxException e) {
            throw new IllegalStateException("the program does not know where it is", e);
        }
    }

    private static UsageError unknown(String option, String written, List<?> known) {
        return new UsageError(
                "%s has no '%s'".formatted(option, written),
                "It has "
                        + String.join(", ", known.stream().map(Object::toString).toList()) + ".");
    }

    private static <E extends Enum<E>> E choice(Class<E> type, String option, String written) {
        List<String> names = new ArrayList<>();
        for (E one : type.getEnumConstants()) {
            String name = one.name().toLowerCase(Locale.ROOT).replace('_', '-');
            if (name.equalsIgnoreCase(written.strip())) {
                return one;
            }
            names.add(name);
        }
        throw new UsageError("%s has no '%s'".formatted(option, written), "It has " + String.join(", ", names) + ".");
    }

    private record Pair(String name, String value) {
        static Pair of(String option, String written, String form) {
            int at = written.indexOf('=');
            if (at <= 0 || at == written.length() - 1) {
                throw new UsageError(
                        "%s %s: write it as %s".formatted(option, written, form), "Quote names with spaces.");
            }
            return new Pair(written.substring(0, at), written.substring(at + 1));
        }
    }
}
