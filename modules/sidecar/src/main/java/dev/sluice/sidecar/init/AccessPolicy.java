package dev.sluice.sidecar.init;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.json.JsonMapper;

/// The rights that Sluice needs for a set of answers, as a policy of AWS's IAM. MinIO and Ceph understand the
/// same language.
///
/// It reaches this server's own directory in the bucket and no other. `docs/install.md` tells of each right
/// which command needs it; a test denies each one.
///
/// **Source:** AWS, "Actions, resources, and condition keys for Amazon S3" and "for AWS Key Management
/// Service".
public final class AccessPolicy {

    /// Date of the policy language.
    private static final String LANGUAGE = "2012-10-17";

    /// ARN of a key or of an alias.
    private static final Pattern KMS_ARN = Pattern.compile("(arn:[a-z-]+:kms:([a-z0-9-]+):(\\d{12})):(key|alias)/(.+)");

    private final InitAnswers answers;

    private AccessPolicy(InitAnswers answers) {
        this.answers = answers;
    }

    /// The policy as JSON.
    public static String of(InitAnswers answers) {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("Version", LANGUAGE);
        document.put("Statement", new AccessPolicy(answers).statements());
        return JsonMapper.builder()
                        .enable(SerializationFeature.INDENT_OUTPUT)
                        .build()
                        .writeValueAsString(document)
                + "\n";
    }

    private List<Map<String, Object>> statements() {
        List<Map<String, Object>> statements = new ArrayList<>();
        List<String> objects = new ArrayList<>(
                List.of("s3:PutObject", "s3:GetObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"));
        if (answers.lock() != null) {
            objects.add("s3:PutObjectRetention");
            // For `hold --lock` and `show`.
            objects.addAll(List.of("s3:PutObjectLegalHold", "s3:GetObjectRetention", "s3:GetObjectLegalHold"));
        }
        statements.add(allow("StoreAndReadBackups", objects, List.of(below("*"))));
        statements.add(
                answers.prune()
                        ? allow("RemoveBackups", List.of("s3:DeleteObject"), List.of(below("*")))
                        // Nothing that a finished backup consists of.
                        : allow(
                                "RemoveOwnNotes",
                                List.of("s3:DeleteObject"),
                                List.of(
                                        below("pending/*"),
                                        below("scratch/*"),
                                        below("history/*"),
                                        below("pauses/*"),
                                        below("self-test/*"),
                                        below("verifications/*"),
                                        below("doctor-*"))));
        // S3 holds the key of a GET against s3:prefix too, when it decides whether an absent object is a 404
        // or a 403.
        Map<String, Object> list = allow("ListBackups", List.of("s3:ListBucket"), List.of(bucket()));
        list.put(
                "Condition",
                Map.of("StringLike", Map.of("s3:prefix", List.of(answers.storePrefix(), answers.directory() + "*"))));
        statements.add(list);
        // Neither of these two knows a condition for a prefix.
        statements.add(allow(
                "FindUnfinishedUploads",
                List.of("s3:ListBucketMultipartUploads", "s3:GetLifecycleConfiguration"),
                List.of(bucket())));
        if (answers.kmsKey() != null) {
            statements.add(key(answers.kmsKey()));
        }
        return statements;
    }

    private static Map<String, Object> allow(String sid, List<String> actions, List<String> resources) {
        Map<String, Object> statement = new LinkedHashMap<>();
        statement.put("Sid", sid);
        statement.put("Effect", "Allow");
        statement.put("Action", actions);
        statement.put("Resource", resources);
        return statement;
    }

    /// IAM wants a key's ARN: one that an alias names is found by a condition, one that an id names in every
    /// account.
    private Map<String, Object> key(String key) {
        Matcher arn = KMS_ARN.matcher(key);
        String resource;
        String alias = null;
        if (arn.matches()) {
            boolean named = arn.group(4).equals("alias");
            resource = arn.group(1) + ":key/" + (named ? "*" : arn.group(5));
            alias = named ? "alias/" + arn.group(5) : null;
        } else {
            boolean named = key.startsWith("alias/");
            resource = "arn:%s:kms:%s:*:key/%s".formatted(partition(), regionOrAny(), named ? "*" : key);
            alias = named ? key : null;
        }
        Map<String, Object> conditions = new LinkedHashMap<>();
        if (alias != null) {
            conditions.put("ForAnyValue:StringEquals", Map.of("kms:ResourceAliases", alias));
        }
        Map<String, Object> statement =
                allow("UseTheBackupsKey", List.of("kms:GenerateDataKey", "kms:Decrypt"), List.of(resource));
        if (!conditions.isEmpty()) {
            statement.put("Condition", conditions);
        }
        return statement;
    }

    private String bucket() {
        return "arn:%s:s3:::%s".formatted(partition(), answers.bucket());
    }

    private String below(String rest) {
        return bucket() + "/" + answers.directory() + rest;
    }

    private String regionOrAny() {
        return answers.region() == null ? "*" : answers.region();
    }

    private String partition() {
        String region = regionOrAny();
        return region.startsWith("cn-") ? "aws-cn" : region.startsWith("us-gov-") ? "aws-us-gov" : "aws";
    }
}
