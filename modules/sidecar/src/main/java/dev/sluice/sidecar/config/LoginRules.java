package dev.sluice.sidecar.config;

import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A server is given exactly one kind of login, and its URL asks for no other.
final class LoginRules {

    /// Properties of the driver that say how to log in.
    private static final List<String> OF_LOGINS = List.of(
            "integratedSecurity",
            "authenticationScheme",
            "authentication",
            "accessToken",
            "accessTokenCallbackClass",
            "jaasConfigurationName",
            "useDefaultJaasConfig",
            "useDefaultGSSCredential",
            "domain",
            "realm",
            "serverSpn");

    private LoginRules() {}

    /// **Errors:** [Invalid].
    static void check(
            JdbcUrl url, @Nullable String user, @Nullable Secret password, @Nullable KerberosSection kerberos) {
        if (kerberos != null) {
            if (user != null || password != null) {
                throw new Invalid(
                        user != null ? "user" : "password",
                        "does not go together with kerberos, which is another login",
                        "remove user and password, or kerberos");
            }
            checkBesideKerberos(url);
            return;
        }
        if (user == null) {
            throw new Invalid(
                    "user",
                    "is missing",
                    "add it, for example user: sluice"
                            + (password == null ? ", with its password; or kerberos, for an account of a domain" : ""));
        }
        if (password == null) {
            throw new Invalid("password", "is missing", "add it, for example password: \"${file:/run/secrets/sa}\"");
        }
        checkBesidePassword(url);
    }

    private static void checkBesideKerberos(JdbcUrl url) {
        for (String property : OF_LOGINS) {
            if (url.property(property).isPresent()) {
                throw new Invalid(
                        "url",
                        "the property %s does not belong beside kerberos, which says all about the login"
                                .formatted(property),
                        property.equals("serverSpn") || property.equals("realm")
                                ? "write the name, with its realm if need be, as kerberos.spn"
                                : "remove it");
            }
        }
    }

    /// What the driver does with user and password stays allowed: NTLM, and Kerberos with a password.
    private static void checkBesidePassword(JdbcUrl url) {
        String authentication = value(url, "authentication");
        if (authentication.startsWith("activedirectory")) {
            throw new Invalid(
                    "url",
                    "authentication=%s asks for a login by Microsoft Entra, and Sluice has none"
                            .formatted(url.property("authentication").orElse("")),
                    "remove it, and name a login of SQL Server's in user and password, or an account of a domain in kerberos");
        }
        boolean integrated = List.of("true", "sspi", "yes").contains(value(url, "integratedSecurity"));
        String scheme = value(url, "authenticationScheme");
        if (integrated && !scheme.equals("ntlm") && !scheme.equals("javakerberos")) {
            throw new Invalid(
                    "url",
                    "integratedSecurity=%s lets the driver log in without user and password"
                            .formatted(url.property("integratedSecurity").orElse("")),
                    "remove it, or write kerberos instead of user and password");
        }
        if (!integrated && (scheme.equals("ntlm") || scheme.equals("javakerberos"))) {
            throw new Invalid(
                    "url",
                    "authenticationScheme=%s means nothing without integratedSecurity=true"
                            .formatted(url.property("authenticationScheme").orElse("")),
                    "remove it, or write kerberos instead of user and password");
        }
    }

    private static String value(JdbcUrl url, String property) {
        return url.property(property).orElse("").toLowerCase(Locale.ROOT);
    }

    /// Two accounts share what the program has once.
    ///
    /// **Errors:** [Invalid].
    static void checkTogether(ServerAccess server, @Nullable ServerAccess prove) {
        KerberosSection one = server.kerberos();
        KerberosSection other = prove == null ? null : prove.kerberos();
        if (one != null && other != null && !Objects.equals(one.krb5Conf(), other.krb5Conf())) {
            throw new Invalid(
                    "prove.server.kerberos.krb5-conf",
                    "differs from server.kerberos.krb5-conf, and the program has one configuration of Kerberos",
                    "name both realms in one file, and that file in both places");
        }
    }
}
