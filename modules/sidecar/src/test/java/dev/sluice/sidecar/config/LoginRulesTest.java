package dev.sluice.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Which logins a configuration may have; what is refused is in WrongConfigurationsTest.
class LoginRulesTest {

    private static Configuration parse(String server) {
        return ConfigurationFile.parse(
                        Path.of("sluice.yaml"),
                        "server:\n" + server.indent(2) + "store: { bucket: backups, region: eu-central-1 }\n",
                        _ -> null)
                .configuration();
    }

    @Test
    void anAccountOfADomainNeedsNoPassword() {
        Configuration configuration = parse("""
                url: jdbc:sqlserver://sql1.example.com
                identity: one
                kerberos:
                  principal: sluice@EXAMPLE.COM
                  keytab: /etc/sluice/sluice.keytab
                  krb5-conf: /etc/sluice/krb5.conf
                  spn: MSSQLSvc/sql1.example.com:1433@EXAMPLE.COM
                """);

        assertThat(configuration.server().user()).isNull();
        assertThat(configuration.server().kerberos())
                .isEqualTo(new KerberosSection(
                        "sluice@EXAMPLE.COM",
                        Path.of("/etc/sluice/sluice.keytab"),
                        Path.of("/etc/sluice/krb5.conf"),
                        "MSSQLSvc/sql1.example.com:1433@EXAMPLE.COM"));
    }

    @Test
    void whatTheDriverDoesWithUserAndPasswordStaysAllowed() {
        for (String properties : List.of(
                "authentication=SqlPassword",
                "integratedSecurity=false",
                "integratedSecurity=true;authenticationScheme=NTLM;domain=EXAMPLE",
                "integratedSecurity=true;authenticationScheme=JavaKerberos")) {
            Configuration configuration = parse("""
                    url: "jdbc:sqlserver://sql1;%s"
                    user: sluice
                    password: a
                    identity: one
                    """.formatted(properties));

            assertThat(configuration.server().user()).as(properties).isEqualTo("sluice");
        }
    }

    @Test
    void theOtherServerMayHaveAnotherLogin() {
        Configuration configuration =
                ConfigurationFile.parse(Path.of("sluice.yaml"), """
                        server:
                          url: jdbc:sqlserver://sql1
                          identity: one
                          kerberos: { principal: sluice@EXAMPLE.COM, keytab: /k }
                        store: { bucket: backups, region: eu-central-1 }
                        prove: { server: { url: "jdbc:sqlserver://sql2", user: sluice, password: a } }
                        """, _ -> null).configuration();

        assertThat(configuration.prove().server()).isNotNull();
        assertThat(configuration.prove().server().kerberos()).isNull();
    }
}
