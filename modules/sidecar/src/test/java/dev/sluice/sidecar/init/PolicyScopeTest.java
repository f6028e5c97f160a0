package dev.sluice.sidecar.init;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.init.IamPolicy.Need;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// How far the policy of `sluice init` reaches.
class PolicyScopeTest {

    @Test
    void thePolicyReachesOneServersDirectoryAndNoOther() {
        IamPolicy policy = IamPolicy.parse(AccessPolicy.of(AccessPolicyTest.answers("sql-1", true, true, true)));

        assertThat(policy.allows(new Need("s3:GetObject", "arn:aws:s3:::sluice/prod/sql-1/owner.json", null)))
                .isTrue();
        for (String action : policy.actions()) {
            for (String key : List.of("prod/sql-10/owner.json", "prod/other", "owner.json", "prodigy/sql-1/x")) {
                assertThat(policy.allows(new Need(action, "arn:aws:s3:::sluice/" + key, null)))
                        .as(action + key)
                        .isFalse();
            }
        }
        for (String prefix : List.of("", "prod", "prod/sql-10/", "other/")) {
            assertThat(policy.allows(new Need("s3:ListBucket", "arn:aws:s3:::sluice", prefix)))
                    .as(prefix)
                    .isFalse();
        }
        assertThat(policy.allows(new Need("s3:ListBucket", "arn:aws:s3:::sluice", null)))
                .isFalse();
        assertThat(policy.allows(new Need("s3:ListBucket", "arn:aws:s3:::sluice", "prod/sql-1/data/")))
                .isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "alias/sql, eu-central-1, arn:aws:kms:eu-central-1:*:key/*, alias/sql",
        "1234-5678, eu-central-1, arn:aws:kms:eu-central-1:*:key/1234-5678,",
        "arn:aws:kms:eu-west-1:111122223333:key/1234, eu-west-1, arn:aws:kms:eu-west-1:111122223333:key/1234,",
        "arn:aws:kms:eu-west-1:111122223333:alias/sql, eu-west-1, arn:aws:kms:eu-west-1:111122223333:key/*, alias/sql",
        "alias/sql, cn-north-1, arn:aws-cn:kms:cn-north-1:*:key/*, alias/sql"
    })
    void theKeyIsTheOneThatWasChosen(String key, String region, String resource, @Nullable String alias) {
        InitAnswers some = AccessPolicyTest.answers("sql-1", false, false, true);
        String policy = AccessPolicy.of(new InitAnswers(
                some.server(),
                true,
                some.login(),
                AccessPolicyTest.BUCKET,
                "",
                region,
                null,
                null,
                "sql-1",
                key,
                null,
                true));

        JsonNode statement = JsonMapper.shared()
                .readTree(policy)
                .path("Statement")
                .valueStream()
                .toList()
                .getLast();

        assertThat(statement.path("Resource").path(0).asString()).isEqualTo(resource);
        assertThat(statement
                        .at("/Condition/ForAnyValue:StringEquals")
                        .path("kms:ResourceAliases")
                        .asString(""))
                .isEqualTo(alias == null ? "" : alias);
        assertThat(policy).contains((region.startsWith("cn-") ? "arn:aws-cn" : "arn:aws") + ":s3:::sluice/sql-1/*");
    }
}
