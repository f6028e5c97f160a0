package dev.sluice.deployment;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.sluice.sidecar.init.AccessPolicy;
import dev.sluice.sidecar.init.InitAnswers;
import dev.sluice.sidecar.init.InitLogin;
import dev.sluice.sidecar.init.SecretReference;
import dev.sluice.sidecar.init.ServerAddress;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.json.JsonMapper;

/// The rights that `infra/terraform/policy` gives are those of `sluice init`, whose test denies each of them once.
///
/// Terraform itself computes them: the module asks no provider, so nothing has to be fetched. Skipped where no
/// `terraform` is on the `PATH`.
class TerraformPolicyTest {

    private static final String KEY = "arn:aws:kms:eu-central-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    @TempDir
    Path directory;

    @BeforeEach
    void copy() throws Exception {
        assumeTrue(installed(), "terraform is not installed");
        Settings.copy(Checkout.POLICY_MODULE, directory.resolve("module"));
    }

    private static boolean installed() throws InterruptedException {
        try {
            return new ProcessBuilder("terraform", "version")
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException _) {
            return false;
        }
    }

    private record Result(int code, String said) {}

    private Result terraform(Map<String, String> variables, String... arguments) throws Exception {
        List<String> command = new ArrayList<>(List.of("terraform", "-chdir=" + directory.resolve("module")));
        command.addAll(List.of(arguments));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        variables.forEach((name, value) -> builder.environment().put("TF_VAR_" + name, value));
        // It asks its maker for nothing, and no configuration of this machine is its business.
        Path none = directory.resolve("terraformrc");
        Files.writeString(none, "");
        builder.environment().put("CHECKPOINT_DISABLE", "1");
        builder.environment().put("TF_CLI_CONFIG_FILE", none.toString());
        Path said = directory.resolve("said");
        Process process = builder.redirectOutput(said.toFile()).start();
        try {
            assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("%s", command).isTrue();
        } finally {
            process.destroyForcibly();
        }
        return new Result(process.exitValue(), Files.readString(said, StandardCharsets.UTF_8));
    }

    private static InitAnswers answers(
            String prefix, String region, @Nullable String kms, boolean lock, boolean prune) {
        return new InitAnswers(
                ServerAddress.parse("localhost"),
                true,
                new InitLogin.WithPassword("sluice", new SecretReference.InEnvironment("SQL_PASSWORD")),
                "backups",
                prefix,
                region,
                null,
                null,
                "sql-1",
                kms,
                lock ? new InitAnswers.Lock("governance", "35") : null,
                prune);
    }

    @ParameterizedTest
    @CsvSource({
        "prod, eu-central-1, aws, false, false, true",
        "'', eu-central-1, aws, false, false, false",
        "a/b, cn-north-1, aws-cn, false, true, true",
        "prod, eu-central-1, aws, true, true, false",
        "'', us-gov-west-1, aws-us-gov, false, true, false",
        "prod, eu-central-1, aws, true, false, true",
    })
    void theRightsAreThoseOfInit(
            String prefix, String region, String partition, boolean kms, boolean lock, boolean prune) throws Exception {
        Map<String, String> variables = new HashMap<>(Map.of(
                "partition",
                partition,
                "bucket",
                "backups",
                "prefix",
                prefix,
                "identity",
                "sql-1",
                "object_lock",
                String.valueOf(lock),
                "prune",
                String.valueOf(prune)));
        if (kms) {
            variables.put("kms_key_arn", KEY);
        }

        Result applied = terraform(variables, "apply", "-auto-approve", "-input=false", "-no-color");
        assertThat(applied.code).as(applied.said).isZero();
        String policy = terraform(variables, "output", "-raw", "json").said;

        assertThat(JsonMapper.shared().readTree(policy))
                .isEqualTo(JsonMapper.shared()
                        .readTree(AccessPolicy.of(answers(prefix, region, kms ? KEY : null, lock, prune))));
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    bucket      | UPPER                | bucket has 3 to 63 lower-case letters
                    prefix      | prod/                | neither begins nor ends with '/'
                    prefix      | a*b                  | prefix has letters, digits
                    identity    | ../other             | identity has 1 to 63 letters
                    identity    | a*                   | identity has 1 to 63 letters
                    kms_key_arn | arn:aws:kms:eu-central-1:111122223333:alias/sql | the ARN of a key, not of an alias
                    partition   | azure                | partition is aws, aws-cn or aws-us-gov
                    """)
    void aWrongVariableIsRefused(String name, String value, String said) throws Exception {
        Map<String, String> variables = new HashMap<>(Map.of("bucket", "backups", "identity", "sql-1"));
        variables.put(name, value);

        Result result = terraform(variables, "plan", "-input=false", "-no-color");

        assertThat(result.code).isNotZero();
        assertThat(result.said.replaceAll("[\\s│]+", " ")).contains(said);
    }

    @Test
    void aRightVariableIsNotRefused() throws Exception {
        Result result =
                terraform(Map.of("bucket", "backups", "identity", "sql-1"), "plan", "-input=false", "-no-color");

        assertThat(result.code).as(result.said).isZero();
    }

    /// The variables of the whole module, without its resources: those need a provider.
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    identities          | ["a"]                                 | ``
                    identities          | []                                    | identities names at least one server
                    noncurrent_days     | 0                                     | noncurrent_days is a whole number of at least 1
                    noncurrent_days     | 1.5                                   | noncurrent_days is a whole number of at least 1
                    abort_uploads_days  | 0                                     | abort_uploads_days is a whole number of at least 1
                    object_lock_default | {"mode":"GOVERNANCE","days":35}       | ``
                    object_lock_default | {"mode":"governance","days":35}       | has the mode GOVERNANCE or COMPLIANCE
                    object_lock_default | {"mode":"COMPLIANCE","days":0}        | and 1 to 36500 days
                    irsa                | {"provider_arn":"p","issuer":"i","service_accounts":{"a":"sql:a"}}         | ``
                    irsa                | {"provider_arn":"p","issuer":"i","service_accounts":{"a":"sql:*"}}         | without a wildcard
                    irsa                | {"provider_arn":"p","issuer":"https://i","service_accounts":{"a":"sql:a"}} | without https://
                    """)
    void theWholeModuleRefusesWrongVariables(String name, String value, String said) throws Exception {
        try (Stream<Path> all = Files.list(directory.resolve("module"))) {
            for (Path file : all.toList()) {
                Files.delete(file);
            }
        }
        Files.copy(Checkout.ROOT.resolve("infra/terraform/variables.tf"), directory.resolve("module/variables.tf"));
        Map<String, String> variables = new HashMap<>(Map.of("bucket", "backups", "identities", "[\"a\"]"));
        variables.put(name, value);

        Result result = terraform(variables, "plan", "-input=false", "-no-color");

        assertThat(result.code == 0).as(result.said).isEqualTo(said.isEmpty());
        assertThat(result.said.replaceAll("[\\s│]+", " ")).contains(said);
    }
}
