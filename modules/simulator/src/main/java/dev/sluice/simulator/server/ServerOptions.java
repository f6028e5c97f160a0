package dev.sluice.simulator.server;

import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.regional.Language;
import dev.sluice.simulator.tds.Encryption;
import dev.sluice.simulator.tds.KerberosAcceptor;
import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.vdi.ServerVirtualDeviceSet;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// What a [SimulatedServer] is started with. Every `with` method gives changed options and leaves these
/// alone.
///
/// @param port of TDS on 127.0.0.1; 0 takes any that is free
/// @param password of `sa`
/// @param logins other than `sa`
/// @param devices makes fresh server-side objects of virtual device sets, in this process or across
///                processes
/// @param databases to create, unless the state directory has them already
/// @param stateDirectory where databases and msdb survive the process, or null to forget them
/// @param serverName as in `@@SERVERNAME`
/// @param encryption what is answered to clients about TLS
/// @param clock what time it is
/// @param zone the server's local time
/// @param behavior habits at the devices
/// @param filemarks whether streams contain filemark blocks, as they do on disk
/// @param product which release and edition it is, and so what it knows
/// @param collation of the server, and of its databases until they get one of their own
/// @param language of every login that has none of its own
/// @param kerberos takes the tickets of a domain's accounts, or null for a server in no domain
public record ServerOptions(
        int port,
        String password,
        List<Login> logins,
        Supplier<ServerVirtualDeviceSet> devices,
        List<NewDatabase> databases,
        @Nullable Path stateDirectory,
        String serverName,
        Encryption encryption,
        InstantSource clock,
        ZoneId zone,
        MediaBehavior behavior,
        boolean filemarks,
        Product product,
        Collation collation,
        Language language,
        @Nullable KerberosAcceptor kerberos) {

    /// A login beside `sa`; one named `DOMAIN\NAME` is an account of the domain, and its password means
    /// nothing.
    ///
    /// @param sysadmin whether it may use virtual devices
    /// @param language its default language, or null for the server's
    public record Login(
            String name,
            String password,
            boolean sysadmin,
            @Nullable Language language) {

        /// With the server's language.
        public Login(String name, String password, boolean sysadmin) {
            this(name, password, sysadmin, null);
        }

        boolean isOfDomain() {
            return name.contains("\\");
        }
    }

    /// A database to create.
    public sealed interface NewDatabase {
        String name();

        /// Of pages that follow from a seed.
        ///
        /// @param bytes of data, rounded up to extents of 64 KiB
        record Generated(String name, long bytes, long seed) implements NewDatabase {}

        /// Of real backup files, one per stripe, which BACKUP sends as they are.
        record Raw(String name, List<Path> files) implements NewDatabase {
            public Raw {
                files = List.copyOf(files);
                if (files.isEmpty()) {
                    throw new IllegalArgumentException("a raw database has at least one file: " + name);
                }
            }
        }
    }

    public ServerOptions {
        logins = List.copyOf(logins);
        databases = List.copyOf(databases);
    }

    /// An empty server with password `Sluice!2026`, UTC, in this process.
    public static ServerOptions of(InProcessVdi vdi) {
        return of(vdi::newServerSet);
    }

    public static ServerOptions of(Supplier<ServerVirtualDeviceSet> devices) {
        return new ServerOptions(
                0,
                "Sluice!2026",
                List.of(),
                devices,
                List.of(),
                null,
                "SLUICE",
                Encryption.OFF,
                InstantSource.system(),
                ZoneOffset.UTC,
                MediaBehavior.DEFAULT,
                false,
                Product.DEFAULT,
                Collation.DEFAULT,
                Language.US_ENGLISH,
                null);
    }

    public ServerOptions withPort(int value) {
        return with(copy -> copy.port = value);
    }

    public ServerOptions withPassword(String value) {
        return with(copy -> copy.password = value);
    }

    public ServerOptions withLogin(Login login) {
        List<Login> more = new ArrayList<>(logins);
        more.add(login);
        return with(copy -> copy.logins = more);
    }

    public ServerOptions withDatabase(NewDatabase database) {
        List<NewDatabase> more = new ArrayList<>(databases);
        more.add(database);
        return with(copy -> copy.databases = more);
    }

    /// A generated database whose seed follows from its name.
    public ServerOptions withDatabase(String name, long bytes) {
        return withDatabase(new NewDatabase.Generated(name, bytes, name.hashCode()));
    }

    public ServerOptions withRawDatabase(String name, List<Path> files) {
        return withDatabase(new NewDatabase.Raw(name, files));
    }

    public ServerOptions withStateDirectory(@Nullable Path value) {
        return with(copy -> copy.stateDirectory = value);
    }

    public ServerOptions withServerName(String value) {
        return with(copy -> copy.serverName = value);
    }

    public ServerOptions withEncryption(Encryption value) {
        return with(copy -> copy.encryption = value);
    }

    public ServerOptions withClock(InstantSource value, ZoneId local) {
        return with(copy -> {
            copy.clock = value;
            copy.zone = local;
        });
    }

    public ServerOptions withBehavior(MediaBehavior value) {
        return with(copy -> copy.behavior = value);
    }

    public ServerOptions withFilemarks(boolean value) {
        return with(copy -> copy.filemarks = value);
    }

    public ServerOptions withProduct(Product value) {
        return with(copy -> copy.product = value);
    }

    public ServerOptions withCollation(Collation value) {
        return with(copy -> copy.collation = value);
    }

    public ServerOptions withLanguage(Language value) {
        return with(copy -> copy.language = value);
    }

    /// As a member of a domain.
    public ServerOptions withKerberos(@Nullable KerberosAcceptor value) {
        return with(copy -> copy.kerberos = value);
    }

    /// Names everything but passwords.
    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "ServerOptions[port=%d, serverName=%s, databases=%s, stateDirectory=%s]",
                port,
                serverName,
                databases,
                stateDirectory);
    }

    private ServerOptions with(Consumer<Copy> change) {
        var copy = new Copy(this);
        change.accept(copy);
        return copy.done();
    }

    /// The components of changed options, until there are all of them.
    private static final class Copy {
        private int port;
        private String password;
        private List<Login> logins;
        private Supplier<ServerVirtualDeviceSet> devices;
        private List<NewDatabase> databases;
        private @Nullable Path stateDirectory;
        private String serverName;
        private Encryption encryption;
        private InstantSource clock;
        private ZoneId zone;
        private MediaBehavior behavior;
        private boolean filemarks;
        private Product product;
        private Collation collation;
        private Language language;
        private @Nullable KerberosAcceptor kerberos;

        Copy(ServerOptions from) {
            port = from.port;
            password = from.password;
            logins = from.logins;
            devices = from.devices;
            databases = from.databases;
            stateDirectory = from.stateDirectory;
            serverName = from.serverName;
            encryption = from.encryption;
            clock = from.clock;
            zone = from.zone;
            behavior = from.behavior;
            filemarks = from.filemarks;
            product = from.product;
            collation = from.collation;
            language = from.language;
            kerberos = from.kerberos;
        }

        ServerOptions done() {
            return new ServerOptions(
                    port,
                    password,
                    logins,
                    devices,
                    databases,
                    stateDirectory,
                    serverName,
                    encryption,
                    clock,
                    zone,
                    behavior,
                    filemarks,
                    product,
                    collation,
                    language,
                    kerberos);
        }
    }
}
