package dev.sluice.s3;

import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.services.s3.DelegatingS3AsyncClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetBucketVersioningRequest;
import software.amazon.awssdk.services.s3.model.GetObjectLegalHoldRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectRetentionRequest;
import software.amazon.awssdk.services.s3.model.HeadBucketRequest;
import software.amazon.awssdk.services.s3.model.HeadObjectRequest;
import software.amazon.awssdk.services.s3.model.NoSuchKeyException;
import software.amazon.awssdk.services.s3.model.S3Request;

/// A client that reads objects as they were at an instant. Each request for an object names the version of that
/// instant; so all ranges of an object are of the same version.
///
/// It sends the requests that are listed here and refuses every other one, so that nothing is written and
/// nothing of today is taken for something of that instant.
final class PastClient extends DelegatingS3AsyncClient {

    private static final int NOT_FOUND = 404;

    private final ObjectVersions versions;

    /// @param client sends requests unchanged
    PastClient(S3AsyncClient client, ObjectVersions versions) {
        super(client);
        this.versions = versions;
    }

    @Override
    protected <T extends S3Request, R> CompletableFuture<R> invokeOperation(
            T request, Function<T, CompletableFuture<R>> operation) {
        return switch (request) {
            case GetObjectRequest get ->
                versioned(
                        get.key(),
                        operation,
                        id -> get.toBuilder().versionId(id).build());
            case HeadObjectRequest head ->
                versioned(
                        head.key(),
                        operation,
                        id -> head.toBuilder().versionId(id).build());
            case GetObjectRetentionRequest get ->
                versioned(
                        get.key(),
                        operation,
                        id -> get.toBuilder().versionId(id).build());
            case GetObjectLegalHoldRequest get ->
                versioned(
                        get.key(),
                        operation,
                        id -> get.toBuilder().versionId(id).build());
            case HeadBucketRequest _, GetBucketVersioningRequest _ -> operation.apply(request);
            default -> CompletableFuture.failedFuture(new PastStoreException(versions.instant(), request));
        };
    }

    /// @param named the same request, with a version id
    @SuppressWarnings({"unchecked", "NullAway"}) // a request of the same class; a result is never absent
    private <T extends S3Request, R> CompletableFuture<R> versioned(
            String key, Function<T, CompletableFuture<R>> operation, Function<String, S3Request> named) {
        // A cancel of the future ends the request, too.
        return versions.find(key)
                .flatMap(found -> found.map(
                                version -> Mono.fromFuture(() -> operation.apply((T) named.apply(version.versionId()))))
                        .orElseGet(() -> Mono.error(absent(key))))
                .toFuture();
    }

    private NoSuchKeyException absent(String key) {
        return NoSuchKeyException.builder()
                .statusCode(NOT_FOUND)
                .awsErrorDetails(AwsErrorDetails.builder()
                        .errorCode("NoSuchKey")
                        .errorMessage("There was no object %s at %s".formatted(key, versions.instant()))
                        .build())
                .build();
    }
}
