package dev.sluice.engine.export;

import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.engine.sql.PrincipalFacts;
import dev.sluice.engine.sql.SettingFacts;
import dev.sluice.engine.sql.SettingFacts.Linked;
import dev.sluice.engine.sql.SettingFacts.Setting;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Settings of the server, and linked servers without their passwords.
final class SettingStatements {

    private static final String ADVANCED = "show advanced options";

    /// What fits the machine on which it was set, and no other.
    private static final Set<String> OF_MACHINE = Set.of(
            "affinity mask",
            "affinity64 mask",
            "affinity I/O mask",
            "affinity64 I/O mask",
            "max server memory (MB)",
            "min server memory (MB)");

    /// How a password begins in a provider string. Providers differ in how they quote values, so all that
    /// follows may belong to it.
    private static final Pattern PASSWORD = Pattern.compile("(?i)(pwd|pass\\s*word)\\s*=");

    private static final Pattern QUOTES = Pattern.compile("[\"'{}]");

    /// A value that no provider reads as going on behind the semicolon.
    private static final Pattern PLAIN_VALUE = Pattern.compile("[^;\"'{}]*(;|$)");

    private final SettingFacts facts;
    private final PrincipalFacts principals;
    private final Consumer<String> notes;

    /// @param notes what needs a person
    SettingStatements(SettingFacts facts, PrincipalFacts principals, Consumer<String> notes) {
        this.facts = facts;
        this.principals = principals;
        this.notes = notes;
    }

    List<String> settings() {
        List<String> batches = new ArrayList<>();
        batches.add(set(ADVANCED, 1));
        batches.add("RECONFIGURE;");
        for (Setting one : facts.settings()) {
            if (one.name().equals(ADVANCED) || !BatchText.isPlain(one.name())) {
                continue;
            }
            if (OF_MACHINE.contains(one.name())) {
                batches.add(String.format(
                        Locale.ROOT, "-- %s was %d; choose what fits this machine.", one.name(), one.value()));
                continue;
            }
            batches.add(set(one.name(), one.value()));
        }
        batches.add("RECONFIGURE;");
        facts.settings().stream()
                .filter(one -> one.name().equals(ADVANCED))
                .forEach(one -> batches.add(set(ADVANCED, one.value())));
        batches.add("RECONFIGURE;");
        return batches;
    }

    private static String set(String name, long value) {
        return String.format(
                        Locale.ROOT,
                        "IF EXISTS (SELECT 1 FROM sys.configurations WHERE name = %s AND CAST(value AS bigint) <> %d)%n    EXEC sp_configure %s, %d;",
                        literal(name),
                        value,
                        literal(name),
                        value)
                .replace("\r\n", "\n");
    }

    List<String> linkedServers() {
        List<String> batches = new ArrayList<>();
        for (Linked one : facts.linked()) {
            batches.add(linked(one));
            batches.addAll(logins(one));
        }
        return batches;
    }

    private String linked(Linked one) {
        BatchText batch = new BatchText();
        String name = batch.text(one.name());
        boolean plain = one.product().equals("SQL Server");
        batch.line("IF NOT EXISTS (SELECT 1 FROM sys.servers WHERE name = %s)".formatted(name))
                .line("BEGIN")
                .line("    EXEC sp_addlinkedserver @server = %s, @srvproduct = %s%s%s%s%s%s;"
                        .formatted(
                                name,
                                batch.text(one.product()),
                                plain ? "" : optional(batch, "provider", one.provider()),
                                plain ? "" : optional(batch, "datasrc", one.source()),
                                plain ? "" : optional(batch, "location", one.location()),
                                plain ? "" : optional(batch, "provstr", withoutPassword(one)),
                                plain ? "" : optional(batch, "catalog", one.catalog())));
        option(batch, name, "rpc", one.rpc());
        option(batch, name, "rpc out", one.rpcOut());
        option(batch, name, "data access", one.dataAccess());
        option(batch, name, "collation compatible", one.collationCompatible());
        return batch.line("END;").build();
    }

    private static void option(BatchText batch, String server, String option, boolean value) {
        batch.line("    EXEC sp_serveroption @server = %s, @optname = N'%s', @optvalue = N'%s';"
                .formatted(server, option, value));
    }

    private @Nullable String withoutPassword(Linked one) {
        String text = one.providerString();
        if (text == null) {
            return null;
        }
        String masked = withoutPassword(text);
        if (!masked.equals(text)) {
            notes.accept(
                    "linked server %s has a password in its provider string, which is left out, perhaps with what follows it"
                            .formatted(one.name()));
        }
        return masked;
    }

    /// Leaves passwords out, and what follows one that has quotes or braces, or is in a value that has.
    static String withoutPassword(String text) {
        StringBuilder masked = new StringBuilder();
        Matcher password = PASSWORD.matcher(text);
        int at = 0;
        while (password.find(at)) {
            masked.append(text, at, password.end()).append('?');
            boolean quoted = QUOTES.matcher(text.substring(0, password.start())).find();
            Matcher value = PLAIN_VALUE.matcher(text).region(password.end(), text.length());
            if (quoted || !value.lookingAt()) {
                return masked.toString();
            }
            at = value.end() - value.group(1).length();
        }
        return masked.append(text, at, text.length()).toString();
    }

    private List<String> logins(Linked one) {
        List<String> batches = new ArrayList<>();
        for (SettingFacts.Login login : one.logins()) {
            String local = login.local() == 0
                    ? null
                    : principals
                            .principal(login.local())
                            .map(PrincipalFacts.Principal::name)
                            .orElse(null);
            if (login.local() != 0 && local == null) {
                continue;
            }
            BatchText batch = new BatchText();
            String remote = login.remote();
            String call = "EXEC sp_addlinkedsrvlogin @rmtsrvname = %s, @useself = N'%s'%s%s"
                    .formatted(
                            batch.text(one.name()),
                            remote == null ? "True" : "False",
                            optional(batch, "locallogin", local),
                            remote == null || remote.isEmpty() ? "" : optional(batch, "rmtuser", remote));
            if (remote == null || remote.isEmpty()) {
                batches.add(batch.line(call + ";").build());
            } else if (BatchText.isPlain(call)) {
                notes.accept("linked server %s needs the password of '%s' there: it stands in no export"
                        .formatted(one.name(), remote));
                batches.add("-- " + call + ", @rmtpassword = N'?';");
            }
        }
        return batches;
    }

    private static String optional(BatchText batch, String parameter, @Nullable String text) {
        return text == null || text.isEmpty() ? "" : ", @%s = %s".formatted(parameter, batch.text(text));
    }
}
