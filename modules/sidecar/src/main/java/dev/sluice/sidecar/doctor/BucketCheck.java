package dev.sluice.sidecar.doctor;

import dev.sluice.engine.run.Blocking;
import dev.sluice.s3.BucketProbe;
import dev.sluice.s3.BucketProbe.Answer;
import dev.sluice.s3.BucketProbe.Operation;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.S3Failure;
import dev.sluice.s3.S3Store;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// The bucket: every right that backup, restore and recovery need, and what the server can be relied on for.
///
/// @param store opened for this, and patient for seconds only
/// @param key   of the objects that are made for trying
/// @param options what backups' objects are to be like
/// @param clock ours
public record BucketCheck(S3Store store, String key, ObjectOptions options, InstantSource clock) {

    /// Amazon refuses requests from a clock that is off by more than 15 minutes.
    private static final Duration REFUSED = Duration.ofMinutes(15);

    private static final Duration WORTH_A_WORD = Duration.ofMinutes(1);

    private static final String SYNCHRONISE = "Synchronise this machine's clock (chrony, systemd-timesyncd).";

    private static final Duration PATIENTLY = Duration.ofSeconds(30);

    public List<DoctorFinding> findings() {
        List<DoctorFinding> findings = new ArrayList<>();
        BucketProbe.Report report = BucketProbe.run(store, key, options);
        Instant now = clock.instant();
        store.tls().ifPresent(tls -> findings.add(new TlsCheck(tls).finding()));
        store.way().ifPresent(way -> findings.add(DoctorFinding.ok("bucket-proxy", way)));
        for (Answer answer : report.answers()) {
            findings.add(finding(answer));
        }
        report.answers().stream()
                .map(Answer::failure)
                .filter(failure -> failure != null && failure.refusedForTime())
                .findFirst()
                .ifPresent(failure -> findings.add(refusedForTime(failure)));
        if (report.serverTime() != null) {
            findings.add(clock(report.serverTime(), now));
            findings.add(profile());
        }
        return findings;
    }

    /// What the server says it is, beside what the configuration says. Nothing is switched because of a header.
    private DoctorFinding profile() {
        ProviderProfile configured = store.config().profile();
        ProviderProfile seen = Blocking.uncancellably(
                        store.recognise().timeout(PATIENTLY).onErrorReturn(ProviderProfile.GENERIC))
                .orElse(ProviderProfile.GENERIC);
        if (seen.equals(ProviderProfile.GENERIC)) {
            return DoctorFinding.ok("bucket-profile", "the server does not say what it is; store.profile stands");
        }
        String name = seen.name();
        return seen.equals(configured)
                ? DoctorFinding.ok("bucket-profile", "the server says that it is what store.profile says: " + name)
                : DoctorFinding.warn(
                        "bucket-profile",
                        "the server says that it is %s, and store.profile says something else".formatted(name),
                        "Set store.profile to %s, unless you know better.".formatted(name));
    }

    /// Amazon refuses what is signed by a clock that is further off, so requests are signed by the server's; the
    /// schedules of `serve` and the times in logs are still ours.
    private static DoctorFinding clock(Instant theirs, Instant ours) {
        Duration off = Duration.between(theirs, ours);
        String evidence = evidence(off);
        if (off.abs().compareTo(REFUSED) > 0) {
            return DoctorFinding.warn(
                    "clock",
                    evidence
                            + "; beyond 15 minutes signatures are refused, so requests are signed by the bucket's clock",
                    SYNCHRONISE);
        }
        return off.abs().compareTo(WORTH_A_WORD) > 0
                ? DoctorFinding.warn("clock", evidence, SYNCHRONISE)
                : DoctorFinding.ok("clock", evidence);
    }

    private static DoctorFinding refusedForTime(S3Failure failure) {
        return DoctorFinding.fail(
                "clock",
                failure.clockOff().map(BucketCheck::evidence).orElse("our clock is not the bucket's")
                        + ", and the bucket refuses requests for that",
                SYNCHRONISE);
    }

    private static String evidence(Duration off) {
        return String.format(
                Locale.ROOT,
                "our clock is %d s %s the bucket's",
                off.abs().toSeconds(),
                off.isNegative() ? "behind" : "before");
    }

    private DoctorFinding finding(Answer answer) {
        String id =
                "bucket-" + answer.operation().name().toLowerCase(Locale.ROOT).replace('_', '-');
        if (answer.good()) {
            return DoctorFinding.ok(id, answer.evidence());
        }
        return switch (answer.operation()) {
            case CONDITIONAL_WRITE ->
                store.config().profile().conditionalWrites()
                        ? reliedOn(id, answer)
                        : DoctorFinding.ok(id, answer.evidence() + ", and store.profile does not rely on it");
            case CHECKSUM ->
                store.config().profile().partChecksums()
                        ? reliedOn(id, answer)
                        : DoctorFinding.ok(id, answer.evidence() + ", and store.profile does not rely on it");
            case LIFECYCLE -> DoctorFinding.warn(id, answer.evidence(), """
                    Add a lifecycle rule with AbortIncompleteMultipartUpload after 2 days: parts of an upload that a crash left are \
                    billed until then, if `sluice recover` does not come by.""");
            case LIFECYCLE_OBJECTS -> DoctorFinding.warn(id, answer.evidence(), """
                    Let no rule delete or archive objects below store.prefix: `keep` decides what goes, and a chain may need older \
                    backups than a rule knows. In a bucket with versions, add NoncurrentVersionExpiration.""");
            default -> DoctorFinding.fail(id, answer.evidence(), fix(answer.operation(), answer.failure()));
        };
    }

    /// A server that ignores what it is relied on for costs a check; one that refuses it refuses every backup.
    private static DoctorFinding reliedOn(String id, Answer answer) {
        S3Failure failure = answer.failure();
        return failure != null && failure.status() != 0 && !failure.retryable()
                ? DoctorFinding.fail(id, answer.evidence(), profileFix())
                : DoctorFinding.warn(id, answer.evidence(), profileFix());
    }

    private static String profileFix() {
        return "Set store.profile to what the server is: ceph, minio, r2, or generic. Sluice's own sums are checked in any case.";
    }

    private String fix(Operation operation, @Nullable S3Failure failure) {
        if (failure == null) {
            return "Ask the server's operator: it does not keep what it is given.";
        }
        boolean more = operation == Operation.CREATE_MULTIPART_UPLOAD && !options.equals(ObjectOptions.NONE);
        if (more && (failure.status() == 400 || failure.status() == 403)) {
            return "Allow %s; and what the configuration asks of objects must be possible in this bucket: %s."
                    .formatted(permission(operation), String.join(", ", asked()));
        }
        if (failure.remedy().isPresent()) {
            return failure.remedy().get();
        }
        return switch (failure.status()) {
            case 0 -> "Check store.endpoint and store.region, and that this machine may connect to it.";
            case 301, 307 -> "Check store.region: the bucket may be in another one.";
            case 400 ->
                failure.code().equals("AuthorizationHeaderMalformed")
                        ? "Check store.region: the bucket may be in another one."
                        : "The server does not take the request as it is, and says above why. %s"
                                .formatted(profileFix());
            case 404 -> "Create the bucket, or correct store.bucket.";
            case 403 ->
                operation == Operation.HEAD_BUCKET
                        ? "Correct store.credentials (or what the SDK's chain finds), and allow s3:ListBucket on the bucket."
                        : "Allow %s.".formatted(permission(operation));
            default -> "Try again; if it stays so, ask the server's operator.";
        };
    }

    /// What the configuration asks of objects, with the rights that it takes.
    private List<String> asked() {
        List<String> asked = new ArrayList<>();
        if (options.encryption() != null) {
            asked.add("store.sse (with a KMS key, kms:GenerateDataKey and kms:Decrypt)");
        }
        if (options.storageClass() != null) {
            asked.add("store.storage-class");
        }
        if (!options.tags().isEmpty()) {
            asked.add("store.tags (s3:PutObjectTagging)");
        }
        if (options.lock() != null) {
            asked.add("store.object-lock (a bucket that has it, and s3:PutObjectRetention)");
        }
        return asked;
    }

    private static String permission(Operation operation) {
        return switch (operation) {
            case HEAD_BUCKET, LIST_OBJECTS -> "s3:ListBucket on the bucket";
            case CREATE_MULTIPART_UPLOAD, UPLOAD_PART, PUT_OBJECT, CONDITIONAL_WRITE, CHECKSUM ->
                "s3:PutObject on the bucket's objects";
            case LIST_MULTIPART_UPLOADS -> "s3:ListBucketMultipartUploads on the bucket";
            case ABORT_MULTIPART_UPLOAD ->
                "s3:AbortMultipartUpload and s3:ListMultipartUploadParts on the bucket's objects";
            case GET_OBJECT -> "s3:GetObject on the bucket's objects";
            case DELETE_OBJECT -> "s3:DeleteObject on the bucket's objects";
            case LIFECYCLE, LIFECYCLE_OBJECTS -> "s3:GetLifecycleConfiguration on the bucket";
        };
    }
}
