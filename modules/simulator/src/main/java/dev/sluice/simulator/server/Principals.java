package dev.sluice.simulator.server;

import static dev.sluice.simulator.server.ColumnTypes.LETTER;
import static dev.sluice.simulator.server.ColumnTypes.SYSNAME;
import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.INT;
import static dev.sluice.simulator.tds.SqlType.TINYINT;

import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.ServerCommand;
import dev.sluice.simulator.tsql.ServerCommand.Verb;
import dev.sluice.simulator.tsql.SqlFailure;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// Logins, server roles, who is a member of which, and permissions of the server.
///
/// **Threading:** any thread.
///
/// **Source:** the documentation of CREATE LOGIN, ALTER SERVER ROLE, GRANT and of the views; numbers of errors
/// as in the list of database engine errors.
final class Principals {

    private static final int SYSADMIN = 3;
    private static final String WINDOWS_LOGIN = "U";
    private static final int FIRST = 257;
    private static final int FIRST_ID_OF_ROLES = 2;
    private static final int SID_OF_LOGINS = 16;
    private static final int SERVER = 100;
    private static final int SERVER_PRINCIPAL = 101;
    private static final List<String> FIXED_ROLES = List.of(
            "public",
            "sysadmin",
            "securityadmin",
            "serveradmin",
            "setupadmin",
            "processadmin",
            "diskadmin",
            "dbcreator",
            "bulkadmin");

    /// Permissions of a server or of its principals that the documentation lists, as far as tests use them.
    private static final List<String> PERMISSIONS = List.of(
            "ALTER ANY LOGIN",
            "ALTER SETTINGS",
            "ALTER TRACE",
            "CONNECT SQL",
            "CONTROL",
            "CONTROL SERVER",
            "CREATE ANY DATABASE",
            "IMPERSONATE",
            "IMPERSONATE ANY LOGIN",
            "VIEW ANY DATABASE",
            "VIEW ANY DEFINITION",
            "VIEW DEFINITION",
            "VIEW SERVER STATE");

    /// @param type of `sys.server_principals`
    /// @param sid  and hash in hexadecimal
    record Principal(
            int id,
            String name,
            String type,
            String sid,
            boolean disabled,
            @Nullable String hash,
            String database,
            @Nullable String language,
            boolean policy,
            boolean expiration,
            int owner) {

        byte[] sidBytes() {
            return HexFormat.of().parseHex(sid);
        }

        byte @Nullable [] hashBytes() {
            return hash == null ? null : HexFormat.of().parseHex(hash);
        }

        boolean hasPassword(String password) {
            byte[] known = hashBytes();
            return known != null && PasswordHash.fits(known, password);
        }

        boolean isRole() {
            return type.equals("R");
        }

        boolean isFixed() {
            return isRole() && id < FIRST;
        }
    }

    record Member(int role, int member) {}

    record Permission(int securable, int major, int grantee, String name, String state) {}

    /// What survives the process.
    record Saved(List<Principal> principals, List<Member> members, List<Permission> permissions) {
        static final Saved NOTHING = new Saved(List.of(), List.of(), List.of());
    }

    private final ServerOptions options;
    private final Collation collation;
    private final List<Principal> principals = new ArrayList<>();
    private final List<Member> members = new ArrayList<>();

    /// Windows accounts that were named here: the domain knows them, with a login and without. Not kept in the
    /// state.
    private final Map<String, String> accounts = new LinkedHashMap<>();

    private final List<Permission> permissions = new ArrayList<>();

    Principals(ServerOptions options, Saved saved) {
        this.options = options;
        this.collation = options.collation();
        principals.addAll(saved.principals());
        members.addAll(saved.members());
        permissions.addAll(saved.permissions());
        if (principals.isEmpty()) {
            begin();
        }
        options.logins().stream().filter(login -> find(login.name()).isEmpty()).forEach(this::add);
        // The options of this start count, and not those of an earlier one.
        password("sa", options.password());
        options.logins().stream()
                .filter(login -> !login.isOfDomain())
                .forEach(login -> password(login.name(), login.password()));
    }

    private void password(String name, String password) {
        Principal before = requiredLogin(name);
        replace(
                before,
                new Principal(
                        before.id(),
                        before.name(),
                        before.type(),
                        before.sid(),
                        before.disabled(),
                        HexFormat.of().formatHex(PasswordHash.of(password)),
                        before.database(),
                        before.language(),
                        before.policy(),
                        before.expiration(),
                        before.owner()));
    }

    private void begin() {
        principals.add(login(1, "sa", "01", null));
        for (int i = 0; i < FIXED_ROLES.size(); i++) {
            int id = FIRST_ID_OF_ROLES + i;
            principals.add(new Principal(
                    id,
                    FIXED_ROLES.get(i),
                    "R",
                    String.format(Locale.ROOT, "%02x", id),
                    false,
                    null,
                    "",
                    null,
                    false,
                    false,
                    1));
        }
        principals.add(login(256, "##MS_PolicyEventProcessingLogin##", "aa".repeat(SID_OF_LOGINS), null));
        members.add(new Member(SYSADMIN, 1));
    }

    private static Principal login(int id, String name, String sid, @Nullable String hash) {
        return new Principal(id, name, "S", sid, false, hash, "master", null, true, false, 1);
    }

    private void add(ServerOptions.Login login) {
        int id = nextId();
        principals.add(
                login.isOfDomain()
                        ? new Principal(
                                id,
                                login.name(),
                                WINDOWS_LOGIN,
                                sidOfWindows(login.name()),
                                false,
                                null,
                                "master",
                                null,
                                false,
                                false,
                                1)
                        : login(
                                id,
                                login.name(),
                                newSid(),
                                HexFormat.of().formatHex(PasswordHash.of(login.password()))));
        if (login.sysadmin()) {
            members.add(new Member(SYSADMIN, id));
        }
        permissions.add(new Permission(SERVER, 0, id, "CONNECT SQL", "G"));
    }

    synchronized Saved saved() {
        return new Saved(List.copyOf(principals), List.copyOf(members), List.copyOf(permissions));
    }

    private int nextId() {
        return principals.stream()
                        .mapToInt(Principal::id)
                        .filter(id -> id >= FIRST)
                        .max()
                        .orElse(FIRST - 1)
                + 1;
    }

    private static String newSid() {
        UUID random = UUID.randomUUID();
        return HexFormat.of()
                .formatHex(ByteBuffer.allocate(SID_OF_LOGINS)
                        .putLong(random.getMostSignificantBits())
                        .putLong(random.getLeastSignificantBits())
                        .array());
    }

    /// The domain knows it, so every server has the same: S-1-5-21 and the account, 28 bytes.
    private String sidOfWindows(String name) {
        if (name.contains("\\")) {
            accounts.put(collation.key(name), name);
        }
        return sidOfAccount(name);
    }

    private String sidOfAccount(String name) {
        UUID account = UUID.nameUUIDFromBytes(collation.key(name).getBytes(StandardCharsets.UTF_8));
        return "010500000000000515000000"
                + HexFormat.of()
                        .formatHex(ByteBuffer.allocate(SID_OF_LOGINS)
                                .putLong(account.getMostSignificantBits())
                                .putLong(account.getLeastSignificantBits())
                                .array());
    }

    private Optional<Principal> find(String name) {
        return principals.stream()
                .filter(one -> collation.equal(one.name(), name))
                .findFirst();
    }

    private Principal required(String name, String kind, Predicate<Principal> which) {
        return find(name)
                .filter(which)
                .orElseThrow(() -> SqlFailure.error(
                        15151,
                        "Cannot find the %s '%s', because it does not exist or you do not have permission."
                                .formatted(kind, name)));
    }

    private Principal requiredLogin(String name) {
        return required(name, "login", one -> !one.isRole());
    }

    private void replace(Principal before, Principal after) {
        principals.set(principals.indexOf(before), after);
    }

    /// The login of this name and password, as sessions have it.
    synchronized Optional<ServerOptions.Login> login(String name, String password) {
        return find(name)
                .filter(one -> one.type().equals("S") && !one.disabled() && one.hasPassword(password))
                .map(one -> asSessionsHaveIt(one, password));
    }

    /// The login of an account for which the domain has vouched. That of a group to which it belongs is not looked
    /// for: there are no groups here.
    synchronized Optional<ServerOptions.Login> loginOfDomain(String account) {
        return find(account)
                .filter(one -> one.type().equals(WINDOWS_LOGIN) && !one.disabled())
                .map(one -> asSessionsHaveIt(one, ""));
    }

    private ServerOptions.Login asSessionsHaveIt(Principal login, String password) {
        Optional<ServerOptions.Login> configured = options.logins().stream()
                .filter(one -> collation.equal(one.name(), login.name()))
                .findFirst();
        return new ServerOptions.Login(
                login.name(),
                password,
                members.contains(new Member(SYSADMIN, login.id())),
                configured.map(ServerOptions.Login::language).orElse(null));
    }

    /// @param databases whether there is a database of this name
    synchronized void run(ServerCommand command, Predicate<String> databases) {
        switch (command) {
            case ServerCommand.CreateLogin create -> create(create, databases);
            case ServerCommand.AlterLogin alter -> alter(alter, databases);
            case ServerCommand.DropLogin drop -> drop(requiredLogin(drop.name()));
            case ServerCommand.CreateRole create -> create(create);
            case ServerCommand.AlterRole alter -> alter(alter);
            case ServerCommand.Permission permission -> permit(permission);
            case ServerCommand.Reconfigure _ -> throw new IllegalArgumentException("not about principals");
        }
    }

    private void requireNew(String name) {
        if (find(name).isPresent()) {
            throw SqlFailure.error(15025, "The server principal '%s' already exists.".formatted(name));
        }
    }

    private static void requireDatabase(@Nullable String name, Predicate<String> databases) {
        if (name != null && !databases.test(name)) {
            throw SqlFailure.error(
                    15010, "The database '%s' does not exist. Supply a valid database name.".formatted(name));
        }
    }

    private void create(ServerCommand.CreateLogin create, Predicate<String> databases) {
        requireNew(create.name());
        ServerCommand.LoginOptions options = create.options();
        requireDatabase(options.defaultDatabase(), databases);
        if (create.windows() && !create.name().contains("\\")) {
            throw SqlFailure.error(
                    15407,
                    "'%s' is not a valid Windows NT name. Give the complete name: <domain\\username>."
                            .formatted(create.name()));
        }
        boolean checks = Boolean.TRUE.equals(options.policy());
        if (Boolean.TRUE.equals(options.expiration()) && Boolean.FALSE.equals(options.policy())) {
            throw SqlFailure.error(15122, "The CHECK_EXPIRATION option cannot be used when CHECK_POLICY is OFF.");
        }
        String sid = create.windows() ? sidOfWindows(create.name()) : sid(options.sid());
        int id = nextId();
        principals.add(new Principal(
                id,
                create.name(),
                create.windows() ? WINDOWS_LOGIN : "S",
                sid,
                false,
                create.password() == null ? null : HexFormat.of().formatHex(hash(create.password())),
                options.defaultDatabase() == null ? "master" : options.defaultDatabase(),
                options.defaultLanguage(),
                checks || options.policy() == null,
                Boolean.TRUE.equals(options.expiration()),
                1));
        permissions.add(new Permission(SERVER, 0, id, "CONNECT SQL", "G"));
    }

    private String sid(@Nullable String given) {
        if (given == null) {
            return newSid();
        }
        if (given.length() != 2 * SID_OF_LOGINS) {
            throw SqlFailure.error(15419, "Supplied parameter sid should be binary(16).");
        }
        if (principals.stream().anyMatch(one -> one.sid().equals(given))) {
            throw SqlFailure.error(15433, "Supplied parameter sid is in use.");
        }
        return given;
    }

    private static byte[] hash(ServerCommand.Password password) {
        String written = password.hash();
        if (written == null) {
            return PasswordHash.of(String.valueOf(password.text()));
        }
        byte[] hash = HexFormat.of().parseHex(written);
        if (!PasswordHash.isOne(hash)) {
            throw SqlFailure.error(
                    15021, "Invalid value given for parameter PASSWORD. Specify a valid parameter value.");
        }
        return hash;
    }

    private void alter(ServerCommand.AlterLogin alter, Predicate<String> databases) {
        Principal before = requiredLogin(alter.name());
        ServerCommand.LoginOptions options = alter.options();
        requireDatabase(options.defaultDatabase(), databases);
        replace(
                before,
                new Principal(
                        before.id(),
                        before.name(),
                        before.type(),
                        before.sid(),
                        alter.disabled() == null ? before.disabled() : alter.disabled(),
                        before.hash(),
                        options.defaultDatabase() == null ? before.database() : options.defaultDatabase(),
                        options.defaultLanguage() == null ? before.language() : options.defaultLanguage(),
                        options.policy() == null ? before.policy() : options.policy(),
                        options.expiration() == null ? before.expiration() : options.expiration(),
                        before.owner()));
    }

    private void drop(Principal login) {
        principals.remove(login);
        members.removeIf(member -> member.member() == login.id());
        permissions.removeIf(permission -> permission.grantee() == login.id());
    }

    private void create(ServerCommand.CreateRole create) {
        requireNew(create.name());
        int owner = create.owner() == null
                ? 1
                : required(create.owner(), "server principal", _ -> true).id();
        principals.add(
                new Principal(nextId(), create.name(), "R", newSid(), false, null, "", null, false, false, owner));
    }

    private void alter(ServerCommand.AlterRole alter) {
        Principal role = required(alter.role(), "server role", Principal::isRole);
        Principal member = required(alter.member(), "login", _ -> true);
        if (role.name().equals("public")) {
            throw SqlFailure.error(15081, "Membership of the public role cannot be changed.");
        }
        Member one = new Member(role.id(), member.id());
        members.remove(one);
        if (alter.adds()) {
            members.add(one);
        }
    }

    private void permit(ServerCommand.Permission permission) {
        Principal grantee = required(permission.grantee(), "login", _ -> true);
        if (grantee.id() == 1 || (grantee.isFixed() && !grantee.name().equals("public"))) {
            throw SqlFailure.error(4624, "Cannot grant, deny, or revoke permissions to or from special roles.");
        }
        int major = permission.on() == null
                ? 0
                : required(
                                permission.on(),
                                permission.onKind().toLowerCase(Locale.ROOT),
                                one -> one.isRole() == permission.onKind().equals("SERVER ROLE"))
                        .id();
        for (String name : permission.permissions()) {
            if (!PERMISSIONS.contains(name)) {
                throw SqlFailure.syntax(102, "Incorrect syntax near '%s'.".formatted(name), 1);
            }
            int securable = permission.on() == null ? SERVER : SERVER_PRINCIPAL;
            permissions.removeIf(old -> old.securable() == securable
                    && old.major() == major
                    && old.grantee() == grantee.id()
                    && old.name().equals(name));
            if (permission.verb() != Verb.REVOKE) {
                String state = permission.verb() == Verb.DENY ? "D" : permission.option() ? "W" : "G";
                permissions.add(new Permission(securable, major, grantee.id(), name, state));
            }
        }
    }

    // ---- views ----

    synchronized Relation principals() {
        return Relation.of(List.copyOf(principals))
                .column("name", SYSNAME, Principal::name)
                .column("principal_id", INT, Principal::id)
                .column("sid", SqlType.varbinary(85), Principal::sidBytes)
                .column("type", LETTER, Principal::type)
                .column("is_disabled", BIT, Principal::disabled)
                .column("default_database_name", SYSNAME, p -> p.isRole() ? null : p.database())
                .column("default_language_name", SYSNAME, Principal::language)
                .column("owning_principal_id", INT, p -> p.isRole() ? p.owner() : null)
                .column("is_fixed_role", BIT, Principal::isFixed)
                .build();
    }

    synchronized Relation sqlLogins() {
        return Relation.of(principals.stream()
                        .filter(one -> one.type().equals("S"))
                        .toList())
                .column("name", SYSNAME, Principal::name)
                .column("principal_id", INT, Principal::id)
                .column("sid", SqlType.varbinary(85), Principal::sidBytes)
                .column("is_policy_checked", BIT, Principal::policy)
                .column("is_expiration_checked", BIT, Principal::expiration)
                .column("password_hash", SqlType.varbinary(256), Principal::hashBytes)
                .build();
    }

    synchronized Relation roleMembers() {
        return Relation.of(List.copyOf(members))
                .column("role_principal_id", INT, Member::role)
                .column("member_principal_id", INT, Member::member)
                .build();
    }

    synchronized Relation permissions() {
        return Relation.of(List.copyOf(permissions))
                .column("class", TINYINT, Permission::securable)
                .column(
                        "class_desc",
                        SqlType.nvarchar(60),
                        p -> p.securable() == SERVER ? "SERVER" : "SERVER_PRINCIPAL")
                .column("major_id", INT, Permission::major)
                .column("minor_id", INT, _ -> 0)
                .column("grantee_principal_id", INT, Permission::grantee)
                .column("grantor_principal_id", INT, _ -> 1)
                .column("permission_name", SqlType.nvarchar(128), Permission::name)
                .column("state", LETTER, Permission::state)
                .build();
    }

    /// **Errors:** 15007 for a name of none.
    synchronized int idOf(String name) {
        return find(name)
                .filter(one -> !one.isRole())
                .map(Principal::id)
                .orElseThrow(() -> SqlFailure.error(
                        15007, "'%s' is not a valid login or you do not have permission.".formatted(name)));
    }

    /// The SID of a login or Windows account in hexadecimal; empty for a name of none.
    synchronized Optional<String> sidOf(String name) {
        return find(name)
                .filter(one -> !one.isRole())
                .map(Principal::sid)
                .or(() -> Optional.ofNullable(accounts.get(collation.key(name))).map(this::sidOfAccount));
    }

    /// The name of a login, or of a Windows account without one, by its SID in lower-case hexadecimal.
    synchronized Optional<String> nameOf(String sid) {
        return principals.stream()
                .filter(one -> !one.isRole() && one.sid().equals(sid))
                .map(Principal::name)
                .findFirst()
                .or(() -> accounts.values().stream()
                        .filter(one -> sidOfAccount(one).equals(sid))
                        .findFirst());
    }
}
