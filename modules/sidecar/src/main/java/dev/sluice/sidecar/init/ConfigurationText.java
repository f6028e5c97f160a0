package dev.sluice.sidecar.init;

import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.function.Function;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.json.JsonMapper;

/// The configuration file for a set of answers.
public final class ConfigurationText {

    /// Stands for a secret that does not exist yet, where the rest of a configuration is looked at.
    private static final String NOT_YET = "not-there-yet";

    private static final JsonMapper JSON = JsonMapper.shared();

    private ConfigurationText() {}

    /// The file's text. It holds no secret.
    public static String of(InitAnswers answers) {
        return text(answers, reference -> quoted(reference.text()));
    }

    /// The configuration that the file will be, with the secrets that are there already.
    ///
    /// @param environment gives the value of a variable, or null
    ///
    /// **Errors:** [Misconfigured] with every mistake, each under the key that the answer would have in the
    /// file.
    public static Configuration check(InitAnswers answers, UnaryOperator<@Nullable String> environment) {
        String text =
                text(answers, reference -> literal(reference.value(environment).orElse(NOT_YET)));
        return ConfigurationFile.parse(Path.of(InitFiles.CONFIGURATION), text, _ -> null)
                .configuration();
    }

    private static String text(InitAnswers answers, Function<SecretReference, String> secret) {
        Map<String, String> values = new HashMap<>();
        values.put("url", literal(answers.server().jdbcUrl(answers.trustCertificate())));
        values.put("login", login(answers.login(), secret));
        values.put("identity", literal(answers.identity()));
        values.put("vdi", vdi(answers.server()));
        values.put("bucket", literal(answers.bucket()));
        values.put("prefix", line("  prefix: ", answers.prefix().isEmpty() ? null : answers.prefix()));
        values.put("endpoint", line("  endpoint: ", answers.endpoint()));
        values.put("region", line("  region: ", answers.region()));
        // Nothing is known of another server than Amazon's, and Sluice's own sums are checked in any case.
        values.put(
                "profile",
                answers.endpoint() == null
                        ? ""
                        : "  profile: generic # relies on nothing; `sluice doctor` says what the server calls itself");
        values.put("credentials", credentials(answers.keys(), secret));
        values.put("sse", answers.kmsKey() == null ? "" : "  sse:\n    kms: " + literal(answers.kmsKey()));
        values.put("object-lock", lock(answers.lock()));
        values.put(
                "keep",
                answers.prune()
                        ? "    keep: { full: 5, days: 35 } # only what neither of the two keeps is removed"
                        : "    # keep is left out: Sluice removes no backup, and policy.json does not let it");
        return Template.fill("sluice.yaml", values);
    }

    private static String login(InitLogin login, Function<SecretReference, String> secret) {
        return switch (login) {
            case InitLogin.WithPassword(String name, SecretReference password, var _) ->
                "  user: %s\n  password: %s # a reference; Sluice's user must be able to read what it names"
                        .formatted(literal(name), secret.apply(password));
            case InitLogin.OfDomain domain ->
                "  kerberos:\n    principal: %s\n    keytab: %s # Sluice's user must be able to read it%s%s"
                        .formatted(
                                literal(domain.principal()),
                                literal(domain.keytab().toString()),
                                domain.krb5Conf() == null
                                        ? ""
                                        : "\n    krb5-conf: "
                                                + literal(domain.krb5Conf().toString()),
                                domain.spn() == null ? "" : "\n    spn: " + literal(domain.spn()));
        };
    }

    private static String vdi(ServerAddress server) {
        return server.instance() == null ? "" : "vdi:\n  instance: " + literal(server.instance());
    }

    private static String credentials(InitAnswers.@Nullable StoreKeys keys, Function<SecretReference, String> secret) {
        return keys == null
                ? "  # Without credentials here, the AWS SDK finds them: environment, profile, role of the machine or pod."
                : "  credentials:\n    access-key-id: %s\n    secret-access-key: %s"
                        .formatted(literal(keys.accessKeyId()), secret.apply(keys.secret()));
    }

    private static String lock(InitAnswers.@Nullable Lock lock) {
        return lock == null
                ? ""
                : "  object-lock: # the bucket must have been made for it\n    mode: %s\n    days: %s"
                        .formatted(
                                literal(lock.mode()), lock.days().matches("\\d+") ? lock.days() : literal(lock.days()));
    }

    private static String line(String begin, @Nullable String value) {
        return value == null ? "" : begin + literal(value);
    }

    /// A value as it is, nothing in it replaced when the file is read.
    private static String literal(String text) {
        return text.matches("[A-Za-z][A-Za-z0-9_-]*") && !text.matches("(?i)true|false|null")
                ? text
                : quoted(text.replace("${", "$${"));
    }

    /// A text of JSON is one of YAML, too.
    private static String quoted(String text) {
        return JSON.writeValueAsString(text);
    }
}
