package dev.sluice.simulator.server;

import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.simulator.database.BackupHistory;
import dev.sluice.simulator.database.Content;
import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.DatabaseFile;
import dev.sluice.simulator.database.Databases;
import dev.sluice.simulator.database.RawFiles;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.ClientLink;
import dev.sluice.simulator.tds.Login;
import dev.sluice.simulator.tds.LoginRejected;
import dev.sluice.simulator.tds.ServerVersion;
import dev.sluice.simulator.tds.SqlEngine;
import dev.sluice.simulator.tds.SqlSession;
import dev.sluice.simulator.tds.TdsFaults;
import dev.sluice.simulator.tds.TdsOptions;
import dev.sluice.simulator.tds.TdsServer;
import dev.sluice.simulator.transfer.MediaStatistics;
import dev.sluice.simulator.transfer.VirtualMedia;
import java.io.IOException;
import java.time.Duration;
import java.time.LocalDateTime;
import java.util.BitSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// A stand-in for SQL Server: TDS on 127.0.0.1, databases, and BACKUP and RESTORE through virtual devices.
///
/// **Ownership:** the caller that starts it closes it.
///
/// **Threading:** any thread.
public final class SimulatedServer implements AutoCloseable {

    private static final int EXTENT = 65_536;

    private final Instance instance;
    private final TdsServer tds;

    private SimulatedServer(Instance instance, TdsServer tds) {
        this.instance = instance;
        this.tds = tds;
    }

    /// Starts the server, with what its state directory remembers.
    ///
    /// @throws IOException when the port cannot be had, or the state cannot be read
    public static SimulatedServer start(ServerOptions options) throws IOException {
        LocalDateTime now = LocalDateTime.ofInstant(options.clock().instant(), options.zone());
        Databases databases = new Databases(now, options.collation());
        BackupHistory history = new BackupHistory();
        StateStore store = options.stateDirectory() == null ? null : new StateStore(options.stateDirectory());
        StateStore.Loaded loaded = new StateStore.Loaded(List.of(), null);
        if (store != null) {
            loaded = store.load(databases, history);
            databases.all().forEach(database -> database.restartServer(now));
        }
        for (ServerOptions.NewDatabase wanted : options.databases()) {
            if (databases.find(wanted.name()).isEmpty()) {
                create(wanted, databases, now);
            }
        }
        Instance instance = new Instance(
                options,
                databases,
                history,
                new Certificates(options.collation(), loaded.certificates()),
                ServerObjects.of(options, loaded.objects()),
                store);
        instance.save();
        TdsOptions endpoint = TdsOptions.defaults()
                .withPort(options.port())
                .withEncryption(options.encryption())
                .withServerName(options.serverName())
                .withVersion(wireVersion(options.product()))
                .withCollation(options.collation());
        TdsServer tds = TdsServer.start(endpoint, engine(instance), options.kerberos());
        instance.onRestart(down -> keepOut(tds, down));
        return new SimulatedServer(instance, tds);
    }

    private static ServerVersion wireVersion(Product product) {
        var version = product.release().version();
        return new ServerVersion(version.major(), version.minor(), version.build());
    }

    private static void keepOut(TdsServer tds, Duration down) {
        if (!down.isPositive()) {
            return;
        }
        tds.faults().welcome(TdsFaults.Welcome.CLOSED);
        Thread.ofVirtual().name("server-restarts").start(() -> {
            try {
                Thread.sleep(down);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            tds.faults().welcome(TdsFaults.Welcome.NORMAL);
        });
    }

    private static void create(ServerOptions.NewDatabase wanted, Databases databases, LocalDateTime now) {
        switch (wanted) {
            case ServerOptions.NewDatabase.Generated generated ->
                databases.create(
                        generated.name(),
                        now,
                        Database.State.ONLINE,
                        new Content.Synthetic(
                                generated.seed(), Math.max(1, (generated.bytes() + EXTENT - 1) / EXTENT), Map.of()),
                        DatabaseFile.defaults(generated.name()));
            case ServerOptions.NewDatabase.Raw raw ->
                databases.create(
                        raw.name(), now, Database.State.ONLINE, new Content.Raw(raw.files(), List.of()), filesOf(raw));
        }
    }

    /// The files as the backup itself names them, when it can be understood.
    private static List<DatabaseFile> filesOf(ServerOptions.NewDatabase.Raw raw) {
        if (RawBackup.front(raw.files().getFirst()) instanceof Inspection.Inspected known
                && known.header().isPresent()
                && !known.header().get().files().isEmpty()) {
            return known.header().get().files().stream()
                    .map(file -> new DatabaseFile(file.id(), file.kind(), file.logicalName(), file.physicalName()))
                    .toList();
        }
        return DatabaseFile.defaults(raw.name());
    }

    private static SqlEngine engine(Instance instance) {
        return new SqlEngine() {
            @Override
            public SqlSession login(Login client, ClientLink link) throws LoginRejected {
                Principals principals = instance.objects().principals();
                ServerOptions.Login login = (client.integrated()
                                ? principals.loginOfDomain(client.user())
                                : principals.login(client.user(), client.password()))
                        .orElseThrow(() -> LoginRejected.wrongCredentials(client.user()));
                Optional<Database> database = instance.databases().find(client.database());
                boolean usable = client.database().isEmpty()
                        || database.map(found -> found.state() == Database.State.ONLINE)
                                .orElse(false);
                if (!usable) {
                    throw LoginRejected.unknownDatabase(client.database());
                }
                return new Session(instance, client, login, link);
            }
        };
    }

    /// A session of `sa` inside the process, for driving the server without a network. The caller closes it.
    ///
    /// @param sessionId a number that no other session has; the network's sessions begin at 51
    public SqlSession open(int sessionId) {
        Login client = new Login(sessionId, "sa", "", "", "in process", "localhost", "none", "", false, false);
        ClientLink link = new ClientLink() {
            @Override
            public void kill() {}

            @Override
            public void drop() {}

            @Override
            public void delayAttention(Duration delay) {}
        };
        return new Session(instance, client, new ServerOptions.Login("sa", "", true), link);
    }

    public int port() {
        return tds.port();
    }

    /// A URL for mssql-jdbc, without user and password. The server's certificate is its own, so the driver is
    /// told to trust it.
    public String jdbcUrl() {
        return String.format(
                Locale.ROOT,
                "jdbc:sqlserver://127.0.0.1:%d;encrypt=true;trustServerCertificate=true;connectRetryCount=0",
                port());
    }

    /// What the endpoint does wrong on purpose.
    public TdsFaults networkFaults() {
        return tds.faults();
    }

    /// What went through virtual devices so far.
    public MediaStatistics statistics() {
        return instance.statistics();
    }

    /// How each BACKUP and RESTORE ended, in the order in which they ended.
    public List<StatementOutcome> outcomes() {
        return instance.outcomes();
    }

    /// Ends a session as `KILL` does.
    ///
    /// @return false if there is none with this number
    public boolean kill(int sessionId) {
        return tds.kill(sessionId);
    }

    /// Ends the server and starts it again: every line is cut, every set aborted, and what was not committed is
    /// taken back. Databases and msdb stay, and so do the port and the faults that were asked for.
    ///
    /// @param down how long logins are refused afterwards
    public void restart(Duration down) {
        instance.restart(down);
    }

    /// Compares what two databases contain.
    ///
    /// @return the first difference, or empty when there is none
    public Optional<String> compare(String one, String other) {
        Database a = required(one);
        Database b = required(other);
        return Optional.ofNullable(difference(a, b));
    }

    private Database required(String name) {
        return instance.databases()
                .find(name)
                .orElseThrow(() -> new IllegalArgumentException("there is no database '%s'".formatted(name)));
    }

    static @Nullable String difference(Database left, Database right) {
        Content a = left.content();
        Content b = right.content();
        if (a instanceof Content.Synthetic one && b instanceof Content.Synthetic other) {
            return one.seed() != other.seed() || one.extents() != other.extents()
                    ? String.format(
                            Locale.ROOT,
                            "seed %d and %d, extents %d and %d",
                            one.seed(),
                            other.seed(),
                            one.extents(),
                            other.extents())
                    : difference(left.pageVersions(), right.pageVersions());
        }
        if (a instanceof Content.Raw one && b instanceof Content.Raw other) {
            List<Content.Stripe> first = stripes(one);
            List<Content.Stripe> second = stripes(other);
            for (int i = 0; i < Math.max(first.size(), second.size()); i++) {
                Content.Stripe x = i < first.size() ? first.get(i) : null;
                Content.Stripe y = i < second.size() ? second.get(i) : null;
                if (x == null || !x.equals(y)) {
                    return String.format(Locale.ROOT, "stripe %d: %s and %s", i + 1, x, y);
                }
            }
            return null;
        }
        return "one is %s, the other %s".formatted(kind(a), kind(b));
    }

    private static @Nullable String difference(Map<Long, Long> one, Map<Long, Long> other) {
        TreeSet<Long> pages = new TreeSet<>(one.keySet());
        pages.addAll(other.keySet());
        for (long page : pages) {
            long x = one.getOrDefault(page, 0L);
            long y = other.getOrDefault(page, 0L);
            if (x != y) {
                return String.format(Locale.ROOT, "page 1:%d: version %d and %d", page, x, y);
            }
        }
        return null;
    }

    /// Versions of the changed pages of a database, by page number. Together with its seed they are its
    /// content.
    public Map<Long, Long> pageVersions(String database) {
        return required(database).pageVersions();
    }

    /// What goes wrong on purpose with backups and restores.
    public Faults faults() {
        return instance.faults();
    }

    /// How many log records are in no backup that still exists, and not in the log any more either: data that a
    /// success has promised and that is lost. Counted since the server's start.
    ///
    /// @param exists whether the log backup survives whose first device had this name
    public long lostLogRecords(String database, Predicate<String> exists) {
        BitSet lost = new BitSet();
        Collation names = instance.options().collation();
        for (Instance.Truncation truncation : instance.truncations()) {
            if (names.equal(truncation.database(), database) && !exists.test(truncation.device())) {
                lost.set((int) truncation.first(), (int) truncation.last());
            }
        }
        for (Instance.Truncation truncation : instance.truncations()) {
            if (names.equal(truncation.database(), database) && exists.test(truncation.device())) {
                lost.clear((int) truncation.first(), (int) truncation.last());
            }
        }
        return lost.cardinality();
    }

    /// Loses the data file of a database, so that only the tail of its log can be saved.
    public void damage(String database) {
        required(database).damage();
    }

    private static List<Content.Stripe> stripes(Content.Raw raw) {
        return raw.stripes().isEmpty()
                ? raw.files().stream().map(RawFiles::stripe).toList()
                : raw.stripes();
    }

    private static String kind(Content content) {
        return switch (content) {
            case Content.Synthetic _ -> "generated";
            case Content.Raw _ -> "raw";
            case Content.Empty _ -> "empty";
        };
    }

    /// Cuts all connections and aborts what runs.
    @Override
    public void close() {
        instance.requests().forEach(request -> {
            VirtualMedia media = request.media();
            if (media != null) {
                media.abort();
            }
        });
        tds.close();
        instance.save();
    }
}
