package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.Membership;
import dev.sluice.simulator.query.Environment;
import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Variables and functions as one batch of one session sees them.
final class SessionEnvironment implements Environment {

    private static final SqlType SYSNAME = SqlType.nvarchar(128);
    private static final SqlType PROPERTY = SqlType.nvarchar(256);

    /// As the documentation of DATABASEPROPERTYEX writes them.
    private static final List<String> DATABASE_PROPERTIES =
            List.of("Status", "Recovery", "Updateability", "UserAccess", "Collation", "IsInStandBy");

    private static final List<String> ROLES = List.of(
            "sysadmin",
            "serveradmin",
            "securityadmin",
            "setupadmin",
            "processadmin",
            "diskadmin",
            "dbcreator",
            "bulkadmin",
            "public");

    private final Session session;
    private final Instance instance;
    private final Variables variables;

    SessionEnvironment(Session session, Instance instance, Variables variables) {
        this.session = session;
        this.instance = instance;
        this.variables = variables;
    }

    @Override
    public @Nullable Typed variable(String name) {
        if (!name.startsWith("@@")) {
            return variables.get(name);
        }
        return switch (collation().equal(name, name.toUpperCase(Locale.ROOT)) ? name.toUpperCase(Locale.ROOT) : "") {
            case "@@SPID" -> new Typed(SqlType.SMALLINT, (short) session.id());
            case "@@VERSION" ->
                new Typed(
                        SqlType.nvarchar(300),
                        ServerProperties.version(instance.options().product()));
            case "@@SERVERNAME" -> new Typed(SYSNAME, instance.options().serverName());
            case "@@SERVICENAME" -> new Typed(SYSNAME, "MSSQLSERVER");
            case "@@TRANCOUNT" -> new Typed(SqlType.INT, session.transactions());
            case "@@ROWCOUNT" -> new Typed(SqlType.INT, session.rowCount());
            case "@@ERROR" -> new Typed(SqlType.INT, session.lastError());
            case "@@LANGUAGE" -> new Typed(SYSNAME, session.language());
            case "@@LANGID" ->
                new Typed(SqlType.SMALLINT, (short) session.spoken().id());
            case "@@DATEFIRST" ->
                new Typed(SqlType.TINYINT, (short) session.spoken().firstDay());
            case "@@OPTIONS" -> new Typed(SqlType.INT, 5496);
            case "@@MAX_PRECISION" -> new Typed(SqlType.TINYINT, (short) 38);
            case "@@MICROSOFTVERSION" ->
                new Typed(
                        SqlType.INT,
                        instance.options().product().release().version().major() << 24
                                | instance.options()
                                        .product()
                                        .release()
                                        .version()
                                        .build());
            default -> null;
        };
    }

    @Override
    public void assign(String name, @Nullable Object value) {
        variables.assign(name, value);
    }

    @Override
    public Values values() {
        return session.values();
    }

    @Override
    public Collation identifiers() {
        return session.identifiers();
    }

    private Collation collation() {
        return instance.options().collation();
    }

    @Override
    public @Nullable SqlType typeOf(String name, int arguments) {
        return switch (name) {
            case "db_name",
                    "suser_sname",
                    "suser_name",
                    "system_user",
                    "original_login",
                    "user_name",
                    "current_user",
                    "session_user",
                    "user",
                    "host_name",
                    "app_name",
                    "schema_name",
                    "applock_mode" -> SYSNAME;
            case "db_id" -> SqlType.SMALLINT;
            case "serverproperty", "databasepropertyex" -> PROPERTY;
            case "sysutcdatetime", "sysdatetime" -> SqlType.datetime2(7);
            case "getdate", "getutcdate", "current_timestamp" -> SqlType.DATETIME;
            case "sysdatetimeoffset" -> SqlType.datetimeoffset(7);
            case "is_srvrolemember",
                    "has_perms_by_name",
                    "is_member",
                    "is_rolemember",
                    "applock_test",
                    "xact_state",
                    "has_dbaccess" -> SqlType.INT;
            case "sys.fn_hadr_backup_is_preferred_replica", "master.sys.fn_hadr_backup_is_preferred_replica" ->
                SqlType.BIT;
            case "sys.fn_hadr_is_primary_replica" -> SqlType.BIT;
            case "newid" -> SqlType.UNIQUEIDENTIFIER;
            case "certencoded", "certprivatekey" -> SqlType.varbinary(8000);
            default -> null;
        };
    }

    @Override
    public @Nullable Object call(String name, List<@Nullable Object> arguments) {
        Object first = arguments.isEmpty() ? null : arguments.getFirst();
        return switch (name) {
            case "db_name" -> arguments.isEmpty() ? session.database() : nameOfDatabase(first);
            case "db_id" -> idOfDatabase(arguments.isEmpty() ? session.database() : first);
            case "suser_sname" -> arguments.isEmpty() ? session.login().name() : nameOfSid(first);
            case "suser_name", "system_user", "original_login" ->
                session.login().name();
            case "user_name", "current_user", "session_user", "user" ->
                session.login().sysadmin() ? "dbo" : "guest";
            case "host_name" -> session.client().host();
            case "app_name" -> session.client().application();
            case "schema_name" -> "dbo";
            case "serverproperty" -> ServerProperties.get(String.valueOf(first), instance);
            case "databasepropertyex" -> databaseProperty(String.valueOf(first), String.valueOf(arguments.get(1)));
            case "sysutcdatetime", "getutcdate" -> instance.utcNow();
            case "sysdatetime", "getdate", "current_timestamp" -> instance.now();
            case "sysdatetimeoffset" ->
                instance.options()
                        .clock()
                        .instant()
                        .atZone(instance.options().zone())
                        .toOffsetDateTime();
            case "is_srvrolemember" -> roleMember(String.valueOf(first));
            case "has_perms_by_name", "is_member", "is_rolemember" ->
                session.login().sysadmin() ? 1 : 0;
            case "has_dbaccess" ->
                instance.databases().find(String.valueOf(first)).isPresent() ? 1 : null;
            case "xact_state" -> session.transactions() > 0 ? 1 : 0;
            case "applock_mode" -> instance.locks().mode(qualified(arguments.get(1)), session.id());
            case "applock_test" ->
                instance.locks()
                                .available(
                                        qualified(arguments.get(1)),
                                        session.id(),
                                        ApplicationLocks.isExclusive(String.valueOf(arguments.get(2))))
                        ? 1
                        : 0;
            case "sys.fn_hadr_backup_is_preferred_replica", "master.sys.fn_hadr_backup_is_preferred_replica" ->
                isPreferred(String.valueOf(first));
            case "newid" -> UUID.randomUUID();
            case "certencoded" -> inMaster() ? instance.certificates().encoded(first) : null;
            case "certprivatekey" ->
                inMaster() ? instance.certificates().privateKey(first, String.valueOf(arguments.get(1))) : null;
            default -> null;
        };
    }

    /// Both functions are about the certificates of the database that the session is in.
    private boolean inMaster() {
        return session.login().sysadmin() && session.database().equals("master");
    }

    /// Outside of any availability group every replica is the preferred one.
    private boolean isPreferred(String name) {
        Membership membership =
                instance.databases().find(name).map(Database::membership).orElse(null);
        return membership == null || membership.preferred();
    }

    private @Nullable String nameOfSid(@Nullable Object sid) {
        return sid instanceof byte[] bytes
                ? instance.objects()
                        .principals()
                        .nameOf(HexFormat.of().formatHex(bytes))
                        .orElse(null)
                : null;
    }

    private @Nullable String nameOfDatabase(@Nullable Object id) {
        if (!(id instanceof Number number)) {
            return null;
        }
        return instance.databases().all().stream()
                .filter(database -> database.id() == number.intValue())
                .map(Database::name)
                .findFirst()
                .orElse(null);
    }

    private @Nullable Short idOfDatabase(@Nullable Object name) {
        Optional<Database> found =
                name == null ? Optional.empty() : instance.databases().find(name.toString());
        return found.map(database -> (short) database.id()).orElse(null);
    }

    private @Nullable String databaseProperty(String name, String property) {
        Database database = instance.databases().find(name).orElse(null);
        if (database == null) {
            return null;
        }
        return switch (ServerProperties.known(property, DATABASE_PROPERTIES, collation())) {
            case "Status" -> database.state().name();
            case "Recovery" -> database.recoveryModel().name();
            case "Updateability" -> "READ_WRITE";
            case "UserAccess" -> "MULTI_USER";
            case "Collation" -> database.collation().text();
            case "IsInStandBy" -> "0";
            default -> null;
        };
    }

    /// Application locks belong to the database in which they were taken.
    private String qualified(@Nullable Object resource) {
        return session.database() + "/" + resource;
    }

    /// NULL for a role that does not exist.
    private @Nullable Integer roleMember(String role) {
        return switch (ServerProperties.known(role, ROLES, collation())) {
            case "sysadmin",
                    "serveradmin",
                    "securityadmin",
                    "setupadmin",
                    "processadmin",
                    "diskadmin",
                    "dbcreator",
                    "bulkadmin" -> session.login().sysadmin() ? 1 : 0;
            case "public" -> 1;
            default -> null;
        };
    }
}
