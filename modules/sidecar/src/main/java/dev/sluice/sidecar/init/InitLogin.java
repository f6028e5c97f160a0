package dev.sluice.sidecar.init;

import java.nio.file.Path;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// As whom Sluice is to connect to SQL Server.
public sealed interface InitLogin {

    /// SQL Server's name for it.
    String name();

    Presence presence();

    /// Whether SQL Server has the login already.
    enum Presence {
        THERE,
        /// `login.sql` makes it, with a generated password.
        NEW,
        /// `login.sql` makes it unless it is there.
        UNKNOWN
    }

    /// Whether every SQL Server has this login.
    static boolean isBuiltIn(String name) {
        return name.equalsIgnoreCase("sa");
    }

    /// A login of SQL Server's own.
    record WithPassword(String name, SecretReference password, Presence presence) implements InitLogin {
        public WithPassword {
            requireHarmless(name);
            presence = isBuiltIn(name) ? Presence.THERE : presence;
        }

        public WithPassword(String name, SecretReference password) {
            this(name, password, Presence.UNKNOWN);
        }
    }

    /// An account of a domain, which logs in by Kerberos.
    ///
    /// @param name      `DOMAIN\NAME`
    /// @param principal `NAME@REALM`
    /// @param keytab    absolute
    /// @param krb5Conf  null for the system's
    /// @param spn       null for what follows from the server's address
    record OfDomain(
            String name,
            String principal,
            Path keytab,
            @Nullable Path krb5Conf,
            @Nullable String spn) implements InitLogin {
        public OfDomain {
            requireHarmless(name);
            requireHarmless(principal);
            if (!name.contains("\\")) {
                throw new IllegalArgumentException(
                        "the login %s of an account is not written DOMAIN\\NAME".formatted(name));
            }
        }

        @Override
        public Presence presence() {
            return Presence.UNKNOWN;
        }

        /// What the login of a principal is called if the domain's short name is the first word of its
        /// realm, as it is by default.
        public static String proposedName(String principal) {
            int at = principal.lastIndexOf('@');
            String realm = principal.substring(at + 1);
            return realm.replaceFirst("\\..*", "").toUpperCase(Locale.ROOT)
                    + "\\"
                    + (at < 0 ? principal : principal.substring(0, at));
        }
    }

    private static void requireHarmless(String name) {
        if (!LoginScript.isHarmless(name)) {
            throw new IllegalArgumentException(
                    "the login's name holds a line break, another control character or $(, which sqlcmd acts on");
        }
    }
}
