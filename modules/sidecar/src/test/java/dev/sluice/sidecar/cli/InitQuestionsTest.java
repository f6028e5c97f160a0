package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.sluice.sidecar.config.Configuration;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import org.junit.jupiter.api.Test;

/// What `sluice init` asks at a terminal, and what it does with the answers.
class InitQuestionsTest extends InitRuns {

    @Test
    void aPersonIsAskedAndAWrongAnswerAskedForAgain() {
        List<String> typed = List.of(
                "db7.example.org:1444", "", "", "no bucket", "backups", "", "eu-central-1", "", "/prod", "prod", "");

        assertThat(run(typed, "--no-look")).isZero();

        assertThat(err.toString()).contains("--bucket: ").contains("--prefix: ");
        assertThat(asked.getLast()).contains("[db7]");
        assertThat(asked).noneMatch(question -> question.contains("assword"));
        assertThat(hidden).isEmpty();
        Configuration configuration = written();
        assertThat(configuration.server().url().text()).isEqualTo("jdbc:sqlserver://db7.example.org:1444");
        assertThat(configuration.server().user()).isEqualTo("sluice");
        assertThat(configuration.server().identity()).isEqualTo("db7");
        assertThat(configuration.store().bucket()).isEqualTo("backups");
        assertThat(configuration.store().prefix()).isEqualTo("prod");
        assertThat(configuration.store().region()).isEqualTo("eu-central-1");
    }

    @Test
    void thePasswordOfAnExistingLoginAndAKeyPairAreAskedForAndStandInTheirFilesOnly() throws Exception {
        List<String> typed = List.of(
                "localhost",
                "backup_user",
                "perhaps",
                "yes",
                "",
                "hunter2 'x",
                "backups",
                "",
                "eu-central-1",
                "AKIA1",
                "s3cret",
                "",
                "one");

        assertThat(run(typed, "--no-look")).as(err.toString()).isZero();

        assertThat(hidden).hasSize(3).allMatch(question -> question.contains("not shown"));
        assertThat(err.toString()).contains("answer yes or no").contains("there must be an answer");
        assertThat(files()).containsExactly("login.sql", "policy.json", "s3-secret", "sluice.yaml", "sql-password");
        Configuration configuration = written();
        assertThat(configuration.server().password().reveal()).isEqualTo("hunter2 'x");
        assertThat(configuration.store().credentials().accessKeyId()).isEqualTo("AKIA1");
        assertThat(configuration.store().credentials().secretAccessKey().reveal())
                .isEqualTo("s3cret");
        assertThat(text("login.sql") + text("sluice.yaml") + text("policy.json") + out + err)
                .doesNotContain("hunter2")
                .doesNotContain("s3cret");
        assertThat(text("login.sql")).doesNotContain("CREATE LOGIN [").contains("ADD MEMBER [backup_user]");
        if (Files.getFileStore(directory).supportsFileAttributeView("posix")) {
            for (String secret : List.of("sql-password", "s3-secret")) {
                assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory.resolve(secret))))
                        .isEqualTo("rw-------");
            }
        }
    }

    @Test
    void forSaNoPasswordIsGeneratedAndNothingIsMade() throws Exception {
        String[] others = {"--no-look", "--login", "sa", "--bucket", "b-1", "--region", "x", "--identity", "one"};
        assertThat(run(null, others)).isEqualTo(2);
        assertThat(err.toString()).contains("--password-file FILE").contains("sa has a password already");
        assertThat(files()).isEmpty();

        assertThat(run(List.of("localhost", "Sa-1", "", ""), others)).isZero();

        assertThat(hidden).hasSize(1);
        assertThat(text("sql-password")).isEqualTo("Sa-1");
        assertThat(text("login.sql"))
                .contains("nothing is to be made")
                .doesNotContain("CREATE LOGIN [")
                .doesNotContain("ADD MEMBER [");
        assertThat(out.toString()).doesNotContain("a sysadmin runs").contains("login.sql: nothing to run");
    }

    @Test
    void anEmptyIdentityIsAskedForAgainWithWhatItIs() {
        List<String> typed = List.of("10.0.0.5", "", "", "backups", "", "eu-central-1", "", "", "", "sql-prod-1");

        assertThat(run(typed, "--no-look")).isZero();

        assertThat(err.toString()).contains("every key begins with it").contains("such as sql-prod-1");
        assertThat(written().server().identity()).isEqualTo("sql-prod-1");
    }

    @Test
    void theHostsNameIsProposedForTheIdentityOfThisMachine() throws Exception {
        String host = java.net.InetAddress.getLocalHost().getHostName();
        assumeThat(System.getenv("HOSTNAME")).isNull();
        assumeThat(host).matches("[A-Za-z0-9][A-Za-z0-9_-]{0,62}").isNotEqualTo("localhost");

        assertThat(run(List.of("", "", "", "backups", "", "eu-central-1", "", "", ""), "--no-look"))
                .isZero();

        assertThat(asked.getLast()).contains("[" + host.toLowerCase(java.util.Locale.ROOT) + "]");
    }

    @Test
    void theEndOfTheInputIsAMisuse() throws Exception {
        assertThat(run(List.of("localhost"), "--no-look")).isEqualTo(2);

        assertThat(err.toString()).contains("the input ended before --login");
        assertThat(files()).isEmpty();
    }
}
