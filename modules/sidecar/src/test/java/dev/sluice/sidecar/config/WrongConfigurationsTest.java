package dev.sluice.sidecar.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/// What people get wrong, and what they are told.
class WrongConfigurationsTest {

    /// A configuration without mistakes; each case puts something else in the place of a line.
    private static final String RIGHT = """
            server:
              url: "jdbc:sqlserver://localhost:1433;trustServerCertificate=true"
              user: sluice
              password: "${SA_PASSWORD}"
              identity: sql-prod-1
            store:
              bucket: backups
              prefix: prod
              region: eu-central-1
            memory:
              budget: 512MiB
            policies:
              - databases: ["Sales*", "!SalesStaging"]
                full: "0 1 * * SUN"
                diff: "0 1 * * MON-SAT"
                log: "*/5 * * * *"
                keep: { full: 5, days: 35 }
            """;

    private static final Map<String, String> ENVIRONMENT =
            Map.of("SA_PASSWORD", "hunter2hunter2", "WHAT_SIZE", "hunter3hunter3");

    private static Misconfigured mistakesIn(String yaml) {
        return catchThrowableOfType(
                Misconfigured.class, () -> ConfigurationFile.parse(Path.of("sluice.yaml"), yaml, ENVIRONMENT::get));
    }

    /// @param line  of the right configuration
    /// @param wrong what stands there instead; may be several lines
    /// @param error all of what is said
    private static DynamicTest wrong(String name, String line, String wrong, String error) {
        return DynamicTest.dynamicTest(name, () -> {
            assertThat(RIGHT).contains(line);

            Misconfigured mistakes = mistakesIn(RIGHT.replace(line, wrong));

            assertThat(mistakes).as("nothing was found wrong").isNotNull();
            assertThat(mistakes.getMessage()).isEqualTo(error);
        });
    }

    private static DynamicTest file(String name, String yaml, String error) {
        return DynamicTest.dynamicTest(name, () -> {
            Misconfigured mistakes = mistakesIn(yaml);

            assertThat(mistakes).as("nothing was found wrong").isNotNull();
            assertThat(mistakes.getMessage()).isEqualTo(error);
        });
    }

    private static DynamicTest receiver(String name, String receiver, String error) {
        return wrong(
                name,
                "    keep: { full: 5, days: 35 }",
                "notify:\n" + receiver.indent(2).stripTrailing(),
                error);
    }

    @TestFactory
    Stream<DynamicTest> receivers() {
        String webhook = "- { name: a, webhook: { url: \"https://example.com/x\", secret: a-long-enough-secret } }";
        return Stream.of(
                receiver(
                        "a receiver without a way to it",
                        "- name: a",
                        "sluice.yaml:18:5: notify[0]: has none of webhook, email, heartbeat and command; give each receiver exactly one of them"),
                receiver(
                        "two ways to one receiver",
                        "- { name: a, heartbeat: { url: \"https://example.com\" }, command: { program: /bin/true } }",
                        "sluice.yaml:18:5: notify[0]: has more than one of webhook, email, heartbeat and command; give each receiver exactly one of them"),
                receiver(
                        "two receivers of one name",
                        webhook + "\n" + webhook,
                        "sluice.yaml:19:7: notify[1].name: 'a' is another receiver's name already; give each receiver a name of its own"),
                receiver(
                        "a webhook without a secret",
                        "- { name: a, webhook: { url: \"https://example.com/x\" } }",
                        "sluice.yaml:18:16: notify[0].webhook.secret: is missing: the document is signed with it; add it, for example secret: \"${file:/run/secrets/webhook-secret}\", or name a chat system in format"),
                receiver(
                        "a secret beside a chat system",
                        "- { name: a, webhook: { url: \"https://example.com/x\", format: slack, secret: a-long-enough-secret } }",
                        "sluice.yaml:18:72: notify[0].webhook.secret: has no use: no chat system checks a signature; leave it out; the URL is the secret there"),
                receiver(
                        "a chat system that there is not",
                        "- { name: a, webhook: { url: \"https://example.com/x\", format: slak } }",
                        "sluice.yaml:18:65: notify[0].webhook.format: 'slak' is none of json, slack, mattermost, teams, discord, google-chat; did you mean slack?"),
                receiver(
                        "a mail server with another scheme",
                        "- { name: a, email: { server: \"https://mail.example.com\", from: a@example.com, to: [b@example.com] } }",
                        "sluice.yaml:18:33: notify[0].email.server: 'https://mail.example.com' is not allowed: smtp:// or smtps://, a host, and a port if need be"),
                receiver(
                        "a password in a mail server's URL",
                        "- { name: a, email: { server: \"smtp://me:hidden@mail.example.com\", from: a@example.com, to: [b@example.com] } }",
                        "sluice.yaml:18:25: notify[0].email.server: is no address of an SMTP server: only a host and a port belong behind the scheme; write it like smtp://mail.example.com:587"),
                receiver(
                        "a port that there is not",
                        "- { name: a, email: { server: \"smtp://mail.example.com:99999\", from: a@example.com, to: [b@example.com] } }",
                        "sluice.yaml:18:25: notify[0].email.server: has the port 99999, and ports are 1 to 65535; write it like smtp://mail.example.com:587"),
                receiver(
                        "an address with two dots in a row",
                        "- { name: a, email: { server: \"smtp://mail.example.com\", from: a..b@example.com, to: [b@example.com] } }",
                        "sluice.yaml:18:66: notify[0].email.from: 'a..b@example.com' is not allowed: an address alone, in ASCII: name@host"),
                receiver(
                        "an address that is too long",
                        "- { name: a, email: { server: \"smtp://mail.example.com\", from: a@example.com, to: [%s@example.com] } }"
                                .formatted("b".repeat(65)),
                        "sluice.yaml:18:86: notify[0].email.to[0]: is too long: an address has at most 64 characters before the @, and 254 in all; take a shorter one"),
                receiver(
                        "an address with a second line",
                        "- { name: a, email: { server: \"smtp://mail.example.com\", from: \"a@example.com\\nBcc: c@example.com\", to: [b@example.com] } }",
                        "sluice.yaml:18:66: notify[0].email.from: 'a@example.com\nBcc: c@example.com' is not allowed: an address alone, in ASCII: name@host"),
                receiver(
                        "a mail for no recipient",
                        "- { name: a, email: { server: \"smtp://mail.example.com\", from: a@example.com, to: [] } }",
                        "sluice.yaml:18:81: notify[0].email.to: names 0 recipients, and takes 1 to 50; name at least one; a list of your mail system serves many"),
                receiver(
                        "a user without a password",
                        "- { name: a, email: { server: \"smtp://mail.example.com\", from: a@example.com, to: [b@example.com], user: c } }",
                        "sluice.yaml:18:102: notify[0].email.user: stands alone: a login has a user and a password; give both, or neither"),
                receiver(
                        "a password without TLS",
                        "- { name: a, email: { server: \"smtp://mail.example.com\", tls: none, from: a@example.com, to: [b@example.com], user: c, password: d } }",
                        "sluice.yaml:18:122: notify[0].email.password: would cross the network unencrypted; leave tls out, or leave user and password out"),
                receiver(
                        "no TLS where a connection begins with it",
                        "- { name: a, email: { server: \"smtps://mail.example.com\", tls: none, from: a@example.com, to: [b@example.com] } }",
                        "sluice.yaml:18:61: notify[0].email.tls: cannot be none: smtps:// begins with TLS; write the server with smtp://"),
                receiver(
                        "restores of a heartbeat",
                        "- { name: a, heartbeat: { url: \"https://example.com\" }, types: [restore] }",
                        "sluice.yaml:18:59: notify[0].types: names more than backups beside heartbeat, which hears of good backups alone; name full, differential and log only"),
                receiver(
                        "a full log beside types",
                        "- { name: a, command: { program: /bin/true }, events: [log-full], types: [drill] }",
                        "sluice.yaml:18:69: notify[0].types: leaves out log-full, which events names: a full log is no job; leave types out, or add a receiver for log-full"),
                receiver(
                        "a broken chain beside drills alone",
                        "- { name: a, command: { program: /bin/true }, events: [chain-broken], types: [drill] }",
                        "sluice.yaml:18:73: notify[0].types: leaves out chain-broken, which events names: it is told after backups alone; name full, differential or log as well, or leave chain-broken out"),
                receiver(
                        "no event at all",
                        "- { name: a, command: { program: /bin/true }, events: [] }",
                        "sluice.yaml:18:57: notify[0].events: is an empty list, which would not mean none; name one, or leave the key out"),
                receiver(
                        "a webhook's secret that can be guessed",
                        "- { name: a, webhook: { url: \"https://example.com/x\", secret: short } }",
                        "sluice.yaml:18:57: notify[0].webhook.secret: can be guessed: it has less than 16 characters; take one from `openssl rand -hex 24`"),
                receiver(
                        "a URL that is none is not repeated",
                        "- { name: a, heartbeat: { url: \"ftp://example.com/hidden\" } }",
                        "sluice.yaml:18:29: notify[0].heartbeat.url: begins with neither https:// nor http://; write it like https://example.com/path"),
                receiver(
                        "a URL with a password",
                        "- { name: a, heartbeat: { url: \"https://me:hidden@example.com/\" } }",
                        "sluice.yaml:18:29: notify[0].heartbeat.url: has a user or a fragment, which are never sent; leave out what stands before @ or after #"),
                receiver(
                        "events of a heartbeat",
                        "- { name: a, heartbeat: { url: \"https://example.com\" }, events: [failure] }",
                        "sluice.yaml:18:59: notify[0].events: cannot stand beside heartbeat, which hears of good backups alone; leave events out, or add a receiver with a webhook"),
                receiver(
                        "an event that there is not",
                        "- { name: a, command: { program: /bin/true }, events: [failures] }",
                        "sluice.yaml:18:58: notify[0].events[0]: 'failures' is none of failure, resolved, chain-broken, log-full; did you mean failure?"),
                receiver(
                        "databases that take none",
                        "- { name: a, command: { program: /bin/true }, databases: [\"!Sales\"] }",
                        "sluice.yaml:18:49: notify[0].databases: takes no database: there is no pattern without '!'; begin with \"*\" to take all but these"),
                receiver(
                        "a program that is searched for",
                        "- { name: a, command: { program: page } }",
                        "sluice.yaml:18:27: notify[0].command.program: page is not absolute; begin it with a slash"));
    }

    @TestFactory
    Stream<DynamicTest> receiversOfPolicies() {
        String receiver = "notify:\n  - { name: on-call, command: { program: /bin/true } }";
        return Stream.of(
                wrong(
                        "a receiver that there is not, and one like it",
                        "    keep: { full: 5, days: 35 }",
                        "    notify: [on-cal]\n" + receiver,
                        "sluice.yaml:17:14: policies[0].notify[0]: 'on-cal' is no receiver; did you mean on-call?"),
                wrong(
                        "no receiver at all",
                        "    keep: { full: 5, days: 35 }",
                        "    notify: []\n" + receiver,
                        "sluice.yaml:17:13: policies[0].notify: is an empty list, which would not mean none; name one, or leave the key out"),
                wrong(
                        "a receiver that there is not, and none like it",
                        "    keep: { full: 5, days: 35 }",
                        "    notify: [on-call, sales]\n" + receiver,
                        "sluice.yaml:17:23: policies[0].notify[1]: 'sales' is no receiver; add it under notify, or leave it out"));
    }

    @Test
    void theConfigurationThatTheOthersAreMadeOfIsRight() {
        assertThat(mistakesIn(RIGHT)).isNull();
    }

    @TestFactory
    Stream<DynamicTest> keys() {
        return Stream.of(
                wrong(
                        "a key with a typing error",
                        "  bucket: backups",
                        "  buckt: backups",
                        "sluice.yaml:7:3: store.buckt: there is no such key; did you mean bucket?"),
                wrong(
                        "a section with a typing error",
                        "memory:",
                        "memroy:",
                        "sluice.yaml:10:1: memroy: there is no such key; did you mean memory?"),
                wrong(
                        "a key in another tool's spelling",
                        "  identity: sql-prod-1",
                        "  identity: sql-prod-1\nvdi:\n  bufferPerStripe: 4",
                        "sluice.yaml:7:3: vdi.bufferPerStripe: there is no such key; did you mean buffers-per-stripe?"),
                wrong(
                        "a key in the wrong section",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  budget: 1GiB",
                        "sluice.yaml:10:3: store.budget: there is no such key; it belongs in memory"),
                wrong(
                        "a key that means nothing",
                        "  prefix: prod",
                        "  compression-level: 9",
                        "sluice.yaml:8:3: store.compression-level: there is no such key; known here: bucket, prefix, region, endpoint, path-style, credentials, profile, ca, proxy, sse, storage-class, tags, object-lock"),
                wrong(
                        "a key that is there twice",
                        "  prefix: prod",
                        "  prefix: prod\n  prefix: test",
                        "sluice.yaml:9:3: store.prefix: is there twice, first in line 8; remove one"),
                wrong(
                        "a section that is there twice",
                        "memory:",
                        "memory:\n  budget: 1GiB\nmemory:",
                        "sluice.yaml:12:1: memory: is there twice, first in line 10; remove one"),
                wrong(
                        "a key that is missing",
                        "  bucket: backups\n",
                        "",
                        "sluice.yaml:7:3: store.bucket: is missing; add it, for example bucket: backups"),
                wrong(
                        "a key that is there without a value",
                        "  user: sluice",
                        "  user:",
                        "sluice.yaml:3:3: server.user: is missing; add it, for example user: sluice"),
                wrong(
                        "a server without an identity",
                        "  identity: sql-prod-1\n",
                        "",
                        "sluice.yaml:2:3: server.identity: is missing; add it, for example identity: sql-prod-1"));
    }

    @TestFactory
    Stream<DynamicTest> values() {
        return Stream.of(
                wrong(
                        "a size without a unit",
                        "budget: 512MiB",
                        "budget: 512",
                        "sluice.yaml:11:11: memory.budget: '512' has no unit: write it like 512MiB, or 512B for bytes"),
                wrong(
                        "a size in decimal units",
                        "budget: 512MiB",
                        "budget: 512MB",
                        "sluice.yaml:11:11: memory.budget: '512MB' can be read in two ways: sizes are in KiB, MiB, GiB or TiB, of 1,024"),
                wrong(
                        "a size in words",
                        "budget: 512MiB",
                        "budget: plenty",
                        "sluice.yaml:11:11: memory.budget: 'plenty' is no size: write it like 64MiB or 2GiB"),
                wrong(
                        "a size that is too small",
                        "budget: 512MiB",
                        "budget: 1MiB",
                        "sluice.yaml:11:11: memory.budget: 1MiB is less than 16MiB"),
                wrong(
                        "a size that nobody can count",
                        "budget: 512MiB",
                        "budget: 99999999999999999999TiB",
                        "sluice.yaml:11:11: memory.budget: '99999999999999999999TiB' is more than can be counted"),
                wrong(
                        "a budget below what the stripes need",
                        "budget: 512MiB",
                        "budget: 128MiB\nbackup: { stripes: 64 }",
                        "sluice.yaml:11:3: memory.budget: 128MiB is too little for backup.stripes = 64: each needs a part of 5MiB and a transfer of 1MiB; give at least 384MiB, or take fewer stripes"),
                wrong(
                        "more stripes than SQL Server takes",
                        "memory:",
                        "backup: { stripes: 65 }\nmemory:",
                        "sluice.yaml:10:20: backup.stripes: 65 is more than 64"),
                wrong(
                        "a number in words",
                        "memory:",
                        "backup: { stripes: four }\nmemory:",
                        "sluice.yaml:10:20: backup.stripes: 'four' is no whole number"),
                wrong(
                        "YAML 1.1's idea of a boolean",
                        "memory:",
                        "backup: { checksum: yes }\nmemory:",
                        "sluice.yaml:10:21: backup.checksum: 'yes' is neither true nor false"),
                wrong(
                        "a word that does not exist",
                        "memory:",
                        "vdi: { provider: linus }\nmemory:",
                        "sluice.yaml:10:18: vdi.provider: 'linus' is none of auto, linux, windows, simulator; did you mean linux?"),
                wrong(
                        "a transfer size that SQL Server refuses",
                        "memory:",
                        "vdi: { max-transfer-size: 100KiB }\nmemory:",
                        "sluice.yaml:10:8: vdi.max-transfer-size: 100KiB is no multiple of 64KiB, and SQL Server takes no other; try 1MiB"),
                wrong(
                        "a simulator without its library",
                        "memory:",
                        "vdi: { provider: simulator }\nmemory:",
                        "sluice.yaml:10:1: vdi.library: the simulator's library has no usual place; name the libsqlvdi.so that belongs to the simulator"),
                wrong(
                        "a library with a relative path",
                        "memory:",
                        "vdi: { library: libsqlvdi.so }\nmemory:",
                        "sluice.yaml:10:8: vdi.library: libsqlvdi.so is not absolute; begin it with a slash"),
                wrong(
                        "a time without a unit",
                        "memory:",
                        "schedule: { jitter: 30 }\nmemory:",
                        "sluice.yaml:10:21: schedule.jitter: '30' has no unit: write it like 30s or 30m"),
                wrong(
                        "a time that is too long",
                        "memory:",
                        "schedule: { jitter: 2h }\nmemory:",
                        "sluice.yaml:10:21: schedule.jitter: 2h is more than 1h"),
                wrong(
                        "a time zone with a typing error",
                        "memory:",
                        "schedule: { time-zone: Europe/Berln }\nmemory:",
                        "sluice.yaml:10:24: schedule.time-zone: 'Europe/Berln' is no time zone; did you mean Europe/Berlin?"),
                wrong(
                        "a list where a value should be",
                        "  bucket: backups",
                        "  bucket: [backups]",
                        "sluice.yaml:7:11: store.bucket: is a list, and should be a single value; write it like backups"),
                wrong(
                        "a value where a section should be",
                        "memory:\n  budget: 512MiB",
                        "memory: 512MiB",
                        "sluice.yaml:10:9: memory: is a single value, and should be a section with keys"),
                wrong(
                        "a value where a list should be",
                        "  - databases: [\"Sales*\", \"!SalesStaging\"]",
                        "  - databases: Sales*",
                        "sluice.yaml:13:16: policies[0].databases: is a single value, and should be a list; begin its lines with '-'"));
    }

    private static final String KERBEROS = RIGHT.replace(
            "  user: sluice\n  password: \"${SA_PASSWORD}\"\n",
            "  kerberos: { principal: sluice@EXAMPLE.COM, keytab: /etc/sluice/sluice.keytab }\n");

    @TestFactory
    Stream<DynamicTest> logins() {
        return Stream.of(
                wrong(
                        "no login",
                        "  user: sluice\n  password: \"${SA_PASSWORD}\"\n",
                        "",
                        "sluice.yaml:1:1: server.user: is missing; add it, for example user: sluice, with its password; or kerberos, for an account of a domain"),
                wrong(
                        "a user without a password",
                        "  password: \"${SA_PASSWORD}\"\n",
                        "",
                        "sluice.yaml:1:1: server.password: is missing; add it, for example password: \"${file:/run/secrets/sa}\""),
                wrong(
                        "two logins",
                        "  identity: sql-prod-1\n",
                        "  identity: sql-prod-1\n  kerberos: { principal: a@B, keytab: /k }\n",
                        "sluice.yaml:3:3: server.user: does not go together with kerberos, which is another login; remove user and password, or kerberos"),
                wrong(
                        "an identity of Entra",
                        "trustServerCertificate=true",
                        "authentication=ActiveDirectoryManagedIdentity",
                        "sluice.yaml:2:3: server.url: authentication=ActiveDirectoryManagedIdentity asks for a login by Microsoft Entra, and Sluice has none; remove it, and name a login of SQL Server's in user and password, or an account of a domain in kerberos"),
                wrong(
                        "an integrated login beside a password",
                        "trustServerCertificate=true",
                        "integratedSecurity=true",
                        "sluice.yaml:2:3: server.url: integratedSecurity=true lets the driver log in without user and password; remove it, or write kerberos instead of user and password"),
                wrong(
                        "half of an integrated login",
                        "trustServerCertificate=true",
                        "authenticationScheme=NTLM",
                        "sluice.yaml:2:3: server.url: authenticationScheme=NTLM means nothing without integratedSecurity=true; remove it, or write kerberos instead of user and password"),
                file(
                        "a login in the URL beside kerberos",
                        KERBEROS.replace("trustServerCertificate=true", "integratedSecurity=true"),
                        "sluice.yaml:2:3: server.url: the property integratedSecurity does not belong beside kerberos, which says all about the login; remove it"),
                file(
                        "a service principal name in the URL beside kerberos",
                        KERBEROS.replace("trustServerCertificate=true", "serverSpn=MSSQLSvc/a:1433"),
                        "sluice.yaml:2:3: server.url: the property serverSpn does not belong beside kerberos, which says all about the login; write the name, with its realm if need be, as kerberos.spn"),
                file(
                        "an account without a realm",
                        KERBEROS.replace("sluice@EXAMPLE.COM", "sluice"),
                        "sluice.yaml:3:26: server.kerberos.principal: 'sluice' is not allowed: NAME@REALM; case counts"),
                file(
                        "a keytab at no fixed place",
                        KERBEROS.replace("/etc/sluice/sluice.keytab", "sluice.keytab"),
                        "sluice.yaml:3:46: server.kerberos.keytab: sluice.keytab is not absolute; begin it with a slash"),
                file(
                        "two configurations of Kerberos",
                        KERBEROS
                                + "prove: { server: { url: \"jdbc:sqlserver://b\", kerberos: { principal: a@B, keytab: /k, krb5-conf: /x } } }\n",
                        "sluice.yaml:17:87: prove.server.kerberos.krb5-conf: differs from server.kerberos.krb5-conf, and the program has one configuration of Kerberos; name both realms in one file, and that file in both places"));
    }

    @TestFactory
    Stream<DynamicTest> servers() {
        return Stream.of(
                wrong(
                        "another database's URL",
                        "jdbc:sqlserver://localhost:1433",
                        "jdbc:postgresql://localhost",
                        "sluice.yaml:2:8: server.url: it must begin with jdbc:sqlserver://"),
                wrong(
                        "a password in the URL",
                        "trustServerCertificate=true",
                        "password=hunter2hunter2",
                        "sluice.yaml:2:8: server.url: the property password does not belong here: it has a key of its own, server.password"),
                wrong(
                        "a database in the URL",
                        "trustServerCertificate=true",
                        "databaseName=Sales",
                        "sluice.yaml:2:8: server.url: the property databaseName is not yours to choose: statements run in master"),
                wrong(
                        "an identity that cannot be in a key",
                        "identity: sql-prod-1",
                        "identity: sql/prod 1",
                        "sluice.yaml:5:13: server.identity: 'sql/prod 1' is not allowed: 1 to 63 letters, digits, ., _, -; begins with a letter or digit"),
                wrong(
                        "no region, and no endpoint either",
                        "  region: eu-central-1\n",
                        "",
                        "sluice.yaml:6:1: store.region: is missing: Amazon's address follows from it; add store.region, or store.endpoint for another server"),
                wrong(
                        "an endpoint with the bucket in it",
                        "region: eu-central-1",
                        "endpoint: https://s3.example.org/backups",
                        "sluice.yaml:9:3: store.endpoint: is no address of a server: only a scheme (http or https), a host, a port and the service's own path belong there; write it like https://s3.example.org; the bucket has a key of its own"),
                wrong(
                        "an endpoint that is no URL",
                        "region: eu-central-1",
                        "endpoint: s3.example.org",
                        "sluice.yaml:9:3: store.endpoint: is no address of a server: only a scheme (http or https), a host, a port and the service's own path belong there; write it like https://s3.example.org; the bucket has a key of its own"),
                wrong(
                        "a bucket's URL for its name",
                        "bucket: backups",
                        "bucket: s3://backups",
                        "sluice.yaml:7:11: store.bucket: 's3://backups' is not allowed: 3 to 63 letters, digits, ., _, -"),
                wrong(
                        "a prefix that begins with a slash",
                        "prefix: prod",
                        "prefix: /prod",
                        "sluice.yaml:8:11: store.prefix: '/prod' is not allowed: letters, digits, ., _, =, -, parted by /; does not begin with /"),
                wrong(
                        "half a key pair",
                        "region: eu-central-1",
                        "region: eu-central-1\n  credentials: { access-key-id: AKIA }",
                        "sluice.yaml:10:16: store.credentials.secret-access-key: is missing; add it, for example secret-access-key: \"${file:/run/secrets/s3}\""),
                wrong(
                        "an address that others can reach, without a token",
                        "memory:",
                        "http: { listen: \"0.0.0.0:8340\" }\nmemory:",
                        "sluice.yaml:10:9: http.listen: others than this machine can reach 0.0.0.0:8340, and nothing keeps them out; set http.token, or listen on 127.0.0.1"),
                wrong(
                        "an address without a port",
                        "memory:",
                        "http: { listen: localhost }\nmemory:",
                        "sluice.yaml:10:17: http.listen: 'localhost' is no address: write it like 127.0.0.1:8340"));
    }

    @TestFactory
    Stream<DynamicTest> objectsAndLimits() {
        return Stream.of(
                wrong(
                        "an encryption that S3 does not know",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  sse: kms",
                        "sluice.yaml:10:8: store.sse: cannot be a single 'kms'; write s3, or a section with kms"),
                wrong(
                        "a KMS without a key",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  sse: {}",
                        "sluice.yaml:10:8: store.sse.kms: is missing; add it, for example kms: alias/sql"),
                wrong(
                        "a storage class in lower case",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  storage-class: standard_ia",
                        "sluice.yaml:10:18: store.storage-class: 'standard_ia' is not allowed: S3's name of it; none whose objects must be thawed before they can be read"),
                wrong(
                        "a storage class that nobody can restore from",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  storage-class: DEEP_ARCHIVE",
                        "sluice.yaml:10:3: store.storage-class: objects in DEEP_ARCHIVE cannot be read before a person thaws them, so no restore could begin; try GLACIER_IR"),
                wrong(
                        "a tag without a value",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  tags: [dba]",
                        "sluice.yaml:10:10: store.tags[0]: 'dba' is no tag: write it like team=dba"),
                wrong(
                        "a tag in Amazon's name",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  tags: [\"aws:team=dba\"]",
                        "sluice.yaml:10:10: store.tags[0]: 'aws:team=dba' is not yours to set: keys with aws: are Amazon's"),
                wrong(
                        "two tags with one key",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  tags: [\"a=1\", \"a=2\"]",
                        "sluice.yaml:10:3: store.tags: has two tags with one key; remove one"),
                wrong(
                        "more tags than S3 takes",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  tags: [\"t0=1\", \"t1=1\", \"t2=1\", \"t3=1\", \"t4=1\", \"t5=1\", \"t6=1\", \"t7=1\", \"t8=1\", \"t9=1\", \"t10=1\"]",
                        "sluice.yaml:10:3: store.tags: has 11 tags, and S3 takes up to 10 for one object; remove some"),
                wrong(
                        "a lock without an end",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  object-lock: { mode: compliance }",
                        "sluice.yaml:10:16: store.object-lock.days: is missing; add it, for example days: 35"),
                wrong(
                        "a lock that nobody knows",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  object-lock: { mode: legal, days: 1 }",
                        "sluice.yaml:10:24: store.object-lock.mode: 'legal' is none of governance, compliance"),
                wrong(
                        "certificates with a relative path",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  ca: ca.pem",
                        "sluice.yaml:10:3: store.ca: ca.pem is not absolute; begin it with a slash"),
                wrong(
                        "certificates for an endpoint that has none",
                        "  region: eu-central-1",
                        "  endpoint: http://s3.example.org\n  ca: /etc/sluice/ca.pem",
                        "sluice.yaml:10:3: store.ca: there are no certificates on the way to an http:// endpoint; leave the key out, or write the endpoint with https://"),
                wrong(
                        "a password in the URL of a proxy",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  proxy: { url: \"http://me:hunter2@proxy\" }",
                        "sluice.yaml:10:12: store.proxy.url: is no address of a server: only a scheme (http or https), a host and a port belong there; write it like http://proxy.example.org:3128; user and password have keys of their own"),
                wrong(
                        "a proxy with half a login",
                        "  region: eu-central-1",
                        "  region: eu-central-1\n  proxy: { url: \"http://proxy\", user: me }",
                        "sluice.yaml:10:33: store.proxy.user: has no password beside it; give both, or none"),
                wrong(
                        "a part that S3 refuses",
                        "memory:",
                        "upload: { part-size: 4MiB }\nmemory:",
                        "sluice.yaml:10:22: upload.part-size: 4MiB is less than 5MiB"),
                wrong(
                        "a part of a broken size",
                        "memory:",
                        "upload: { part-size: 5121KiB }\nmemory:",
                        "sluice.yaml:10:11: upload.part-size: 5121KiB is no multiple of 1MiB; try 16MiB"),
                wrong(
                        "parts that do not fit into the memory",
                        "memory:",
                        "upload: { part-size: 512MiB }\nmemory:",
                        "sluice.yaml:10:11: upload.part-size: a part of 512MiB and a transfer of 1MiB for each stripe do not fit into memory.budget = 512MiB; give more memory, or take smaller parts or fewer stripes"),
                wrong(
                        "a rate without a time",
                        "memory:",
                        "upload: { rate-limit: 200MiB }\nmemory:",
                        "sluice.yaml:10:23: upload.rate-limit: '200MiB' is no rate: write it like 200MiB/s"),
                wrong(
                        "a rate in decimal units",
                        "memory:",
                        "upload: { rate-limit: 200MB/s }\nmemory:",
                        "sluice.yaml:10:23: upload.rate-limit: '200MB' can be read in two ways: sizes are in KiB, MiB, GiB or TiB, of 1,024"),
                wrong(
                        "a rate at which requests would be taken for dead",
                        "memory:",
                        "upload: { rate-limit: 100KiB/s }\nmemory:",
                        "sluice.yaml:10:11: upload.rate-limit: 100KiB/s is too little for 8 requests at once with parts of 16MiB; give at least 512KiB/s, or lower upload.concurrency"),
                wrong(
                        "a compression that SQL Server does not know",
                        "memory:",
                        "backup: { compression: lz4 }\nmemory:",
                        "sluice.yaml:10:24: backup.compression: 'lz4' is none of none, xpress, zstd, false, true"),
                wrong(
                        "an encryption without a certificate",
                        "memory:",
                        "backup: { encryption: { algorithm: aes-256 } }\nmemory:",
                        "sluice.yaml:10:23: backup.encryption.certificate: is missing; add it, for example certificate: BackupCertificate"),
                wrong(
                        "an answer to a broken chain that there is not",
                        "memory:",
                        "backup: { on-broken-chain: ignore }\nmemory:",
                        "sluice.yaml:10:28: backup.on-broken-chain: 'ignore' is none of report, differential, full"),
                wrong(
                        "a stall limit that ends every backup",
                        "memory:",
                        "limits: { stall: 1s }\nmemory:",
                        "sluice.yaml:10:18: limits.stall: 1s is less than 10s"),
                wrong(
                        "a log that is fuller than full",
                        "memory:",
                        "limits: { log-percent: 101 }\nmemory:",
                        "sluice.yaml:10:24: limits.log-percent: 101 is more than 100"));
    }

    @TestFactory
    Stream<DynamicTest> policies() {
        return Stream.of(
                wrong(
                        "two policies of one name",
                        "    keep: { full: 5, days: 35 }",
                        "    name: a\n  - { name: a, databases: [X], full: \"0 1 * * *\" }",
                        "sluice.yaml:18:7: policies[1].name: 'a' is another policy's name already; give each policy a name of its own, or none"),
                wrong(
                        "a program before the backup without its whole path",
                        "    keep: { full: 5, days: 35 }",
                        "    before: { program: quiesce }",
                        "sluice.yaml:17:15: policies[0].before.program: quiesce is not absolute; begin it with a slash"),
                wrong(
                        "a time table with six fields",
                        "\"0 1 * * SUN\"",
                        "\"0 0 1 * * SUN\"",
                        "sluice.yaml:14:11: policies[0].full: a time table has 5 fields (minute, hour, day of the month, month, day of the week), not 6"),
                wrong(
                        "an hour that no clock shows",
                        "\"0 1 * * SUN\"",
                        "\"0 24 * * SUN\"",
                        "sluice.yaml:14:11: policies[0].full: '24' is no hour: it is 0 to 23, *, a range, a step, or a list of those"),
                wrong(
                        "a day that no calendar shows",
                        "\"0 1 * * SUN\"",
                        "\"0 1 30 FEB *\"",
                        "sluice.yaml:14:11: policies[0].full: '0 1 30 FEB *' never comes"),
                wrong(
                        "a day of the week in German",
                        "\"0 1 * * SUN\"",
                        "\"0 1 * * SO\"",
                        "sluice.yaml:14:11: policies[0].full: 'SO' is no day of the week: it is 0 to 7 or a name like MON, *, a range, a step, or a list of those"),
                wrong(
                        "a policy that takes no database",
                        "[\"Sales*\", \"!SalesStaging\"]",
                        "[\"!SalesStaging\"]",
                        "sluice.yaml:13:5: policies[0].databases: takes no database: there is no pattern without '!'; begin with \"*\" to take all but these"),
                wrong(
                        "log backups that rest on nothing",
                        "    full: \"0 1 * * SUN\"\n    diff: \"0 1 * * MON-SAT\"\n",
                        "",
                        "sluice.yaml:14:5: policies[0].log: has no full backup to rest on; add full, or let another program's chain be restored by that program"),
                wrong(
                        "a retention that keeps nothing",
                        "keep: { full: 5, days: 35 }",
                        "keep: { full: 0 }",
                        "sluice.yaml:17:19: policies[0].keep.full: 0 is less than 1"),
                wrong(
                        "a retention of no week",
                        "keep: { full: 5, days: 35 }",
                        "keep: { days: 35, weeks: 0 }",
                        "sluice.yaml:17:30: policies[0].keep.weeks: 0 is less than 1"),
                wrong(
                        "a retention of centuries",
                        "keep: { full: 5, days: 35 }",
                        "keep: { months: 12, years: 101 }",
                        "sluice.yaml:17:32: policies[0].keep.years: 101 is more than 100"),
                wrong(
                        "a verification that is none",
                        "keep: { full: 5, days: 35 }",
                        "verify: false",
                        "sluice.yaml:17:13: policies[0].verify: cannot be a single 'false'; write true, or a section with after-backup, schedule, every, types"),
                wrong(
                        "verifications that never begin",
                        "keep: { full: 5, days: 35 }",
                        "verify: { after-backup: false }",
                        "sluice.yaml:17:5: policies[0].verify: verifies nothing; add schedule, or say after-backup: true"),
                wrong(
                        "verifications of no type",
                        "keep: { full: 5, days: 35 }",
                        "verify: { types: [] }",
                        "sluice.yaml:17:22: policies[0].verify.types: is an empty list, which would not mean none; name one, or leave the key out"),
                wrong(
                        "verifications of a type that there is not",
                        "keep: { full: 5, days: 35 }",
                        "verify: { types: [ful] }",
                        "sluice.yaml:17:23: policies[0].verify.types[0]: 'ful' is none of full, differential, log; did you mean full?"),
                wrong(
                        "a program after the backup without its whole path",
                        "    keep: { full: 5, days: 35 }",
                        "    after: { program: unquiesce }",
                        "sluice.yaml:17:14: policies[0].after.program: unquiesce is not absolute; begin it with a slash"),
                wrong(
                        "a program around backups of a type that there is not",
                        "    keep: { full: 5, days: 35 }",
                        "    before: { program: /bin/true, types: [diff] }",
                        "sluice.yaml:17:43: policies[0].before.types[0]: 'diff' is none of full, differential, log"),
                wrong(
                        "a program around backups of no type",
                        "    keep: { full: 5, days: 35 }",
                        "    after: { program: /bin/true, types: [] }",
                        "sluice.yaml:17:41: policies[0].after.types: is an empty list, which would not mean none; name one, or leave the key out"),
                wrong(
                        "a program whose failure has another end",
                        "    keep: { full: 5, days: 35 }",
                        "    before: { program: /bin/true, on-failure: ignore }",
                        "sluice.yaml:17:47: policies[0].before.on-failure: 'ignore' is none of fail, continue"),
                wrong(
                        "a history of more than ten years",
                        "memory:",
                        "history: { days: 4000 }\nmemory:",
                        "sluice.yaml:10:18: history.days: 4000 is more than 3650"),
                wrong(
                        "an age without a schedule",
                        "keep: { full: 5, days: 35 }",
                        "verify: { every: 7d }",
                        "sluice.yaml:17:15: policies[0].verify.every: holds for a schedule, and there is none; add schedule, or remove every"),
                wrong(
                        "an empty retention",
                        "keep: { full: 5, days: 35 }",
                        "keep: {}",
                        "sluice.yaml:17:5: policies[0].keep: keeps nothing in particular; say full, days, weeks, months or years"));
    }

    @TestFactory
    Stream<DynamicTest> references() {
        return Stream.of(
                wrong(
                        "a variable that is not set",
                        "${SA_PASSWORD}",
                        "${SA_PASWORD}",
                        "sluice.yaml:4:13: server.password: the environment variable SA_PASWORD is not set; set it, or write ${SA_PASWORD:-what holds otherwise}"),
                wrong(
                        "a file that is not there",
                        "${SA_PASSWORD}",
                        "${file:/nowhere/sa}",
                        "sluice.yaml:4:13: server.password: there is no file /nowhere/sa"),
                wrong(
                        "a file with a relative path",
                        "${SA_PASSWORD}",
                        "${file:secrets/sa}",
                        "sluice.yaml:4:13: server.password: secrets/sa is not an absolute path, and so would mean another file in another directory"),
                wrong(
                        "a brace that is not closed",
                        "${SA_PASSWORD}",
                        "${SA_PASSWORD",
                        "sluice.yaml:4:13: server.password: '${' has no '}'; write '$${' if the value really begins so"),
                wrong(
                        "a shell's substitution",
                        "${SA_PASSWORD}",
                        "${$(cat /run/secrets/sa)}",
                        "sluice.yaml:4:13: server.password: '${$(cat /run/secrets/sa)}' is neither a variable, like ${HOME}, nor a file, like ${file:/run/secrets/sa}"),
                wrong(
                        "a secret where it does not belong: it is not repeated",
                        "budget: 512MiB",
                        "budget: \"${WHAT_SIZE}\"",
                        "sluice.yaml:11:11: memory.budget: the value that the reference stands for is no size"));
    }

    @TestFactory
    Stream<DynamicTest> files() {
        return Stream.of(
                file(
                        "an empty file",
                        "",
                        "sluice.yaml: says nothing; `sluice config schema` describes what belongs there"),
                file(
                        "a comment only",
                        "# to do\n",
                        "sluice.yaml: says nothing; `sluice config schema` describes what belongs there"),
                file("a list", "- server\n", "sluice.yaml:1:1: is a list, and should be a section with keys"),
                file(
                        "a tab for indentation",
                        "server:\n\tuser: sa\n",
                        "sluice.yaml:2:1: is not YAML: found character '\\t(TAB)' that cannot start any token. (Do not use \\t(TAB) for indentation) (while scanning for the next token)"),
                file(
                        "a quote that is not closed",
                        "server: { user: \"sa }\n",
                        "sluice.yaml:2:1: is not YAML: found unexpected end of stream (while scanning a quoted scalar)"),
                file(
                        "two documents",
                        RIGHT + "---\n" + RIGHT,
                        "sluice.yaml:18:1: is not YAML: but found another document (expected a single document in the stream)"),
                file(
                        "a file that says only what it should leave out",
                        "server:\nstore:\n",
                        "sluice.yaml:1:1: server: is missing; add server: with url, identity\nsluice.yaml:2:1: store: is missing; add store: with bucket"));
    }

    @Test
    void allMistakesAreToldAtOnceInTheOrderOfTheirPlaces() {
        Misconfigured mistakes = mistakesIn(RIGHT.replace("user: sluice", "usr: sluice")
                .replace("bucket: backups", "bucket: b")
                .replace("512MiB", "512")
                .replace("0 1 * * SUN", "never"));

        assertThat(mistakes.problems()).extracting(Problem::line).containsExactly(3, 7, 11, 14);
    }

    @Test
    void aPasswordIsInNoError() {
        Misconfigured mistakes = mistakesIn(RIGHT.replace("identity: sql-prod-1", "identity: \"${SA_PASSWORD}!\"")
                .replace("trustServerCertificate=true", "trustServerCertificate=${WHAT_SIZE};user=sa"));

        assertThat(mistakes.getMessage()).doesNotContain("hunter");
    }
}
