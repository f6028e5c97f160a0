package dev.sluice.benchmarks.compare;

import dev.sluice.benchmarks.nulls3.Content;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import reactor.core.publisher.Flux;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.BlockingOutputStreamAsyncRequestBody;
import software.amazon.awssdk.core.async.ResponsePublisher;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;
import software.amazon.awssdk.transfer.s3.S3TransferManager;
import software.amazon.awssdk.transfer.s3.model.DownloadRequest;
import software.amazon.awssdk.transfer.s3.model.Upload;

/// The SDK's own ways for a stream of unknown length, with its defaults except for part size and memory, which are
/// the job's: its multipart client, the transfer manager on top of it, and the client in C.
final class SdkClient implements JavaClient {
    private static final int CHUNK = 1 << 20;

    enum Kind {
        MULTIPART,
        TRANSFER_MANAGER,
        CRT
    }

    private final Kind kind;

    SdkClient(Kind kind) {
        this.kind = kind;
    }

    private S3AsyncClient open(Job job) {
        StaticCredentialsProvider credentials =
                StaticCredentialsProvider.create(AwsBasicCredentials.create("benchmark", "benchmark-secret"));
        if (kind == Kind.CRT) {
            return S3AsyncClient.crtBuilder()
                    .endpointOverride(job.endpoint())
                    .region(Region.US_EAST_1)
                    .credentialsProvider(credentials)
                    .forcePathStyle(true)
                    .minimumPartSizeInBytes((long) job.partSize())
                    .maxConcurrency(job.parallel())
                    .httpConfiguration(http -> http.trustAllCertificatesEnabled(job.tls()))
                    .build();
        }
        return S3AsyncClient.builder()
                .endpointOverride(job.endpoint())
                .region(Region.US_EAST_1)
                .credentialsProvider(credentials)
                .forcePathStyle(true)
                .multipartEnabled(true)
                .multipartConfiguration(multipart -> multipart
                        .minimumPartSizeInBytes((long) job.partSize())
                        .thresholdInBytes((long) job.partSize())
                        .apiCallBufferSizeInBytes((long) job.partSize() * job.parallel()))
                .build();
    }

    @Override
    public void upload(Job job) throws Exception {
        try (S3AsyncClient client = open(job)) {
            if (kind == Kind.TRANSFER_MANAGER) {
                uploadThroughStream(client, job);
                return;
            }
            ByteBuffer pattern = Content.pattern();
            Flux<ByteBuffer> source = Flux.range(0, (int) (job.bytes() / CHUNK))
                    .map(chunk -> pattern.slice((int) ((long) chunk * CHUNK % Content.PERIOD), CHUNK));
            client.putObject(request -> request.bucket(Job.BUCKET).key("sdk"), AsyncRequestBody.fromPublisher(source))
                    .join();
        }
    }

    private static void uploadThroughStream(S3AsyncClient client, Job job) throws Exception {
        byte[] chunk = new byte[CHUNK];
        Content.pattern().get(chunk);
        try (S3TransferManager manager =
                S3TransferManager.builder().s3Client(client).build()) {
            BlockingOutputStreamAsyncRequestBody body = AsyncRequestBody.forBlockingOutputStream(null);
            Upload upload = manager.upload(request -> request.putObjectRequest(
                            put -> put.bucket(Job.BUCKET).key("sdk"))
                    .requestBody(body));
            try (OutputStream out = body.outputStream()) {
                for (long sent = 0; sent < job.bytes(); sent += CHUNK) {
                    out.write(chunk);
                }
            }
            upload.completionFuture().join();
        }
    }

    @Override
    public void download(Job job) throws Exception {
        try (S3AsyncClient client = open(job)) {
            long received;
            if (kind == Kind.TRANSFER_MANAGER) {
                received = downloadThroughStream(client, job);
            } else {
                CompletableFuture<ResponsePublisher<GetObjectResponse>> answer = client.getObject(
                        request -> request.bucket(Job.BUCKET).key(job.generatedKey()),
                        AsyncResponseTransformer.toPublisher());
                received = Flux.from(answer.join())
                        .reduce(0L, (sum, bytes) -> sum + bytes.remaining())
                        .blockOptional()
                        .orElse(0L);
            }
            if (received != job.bytes()) {
                throw new IllegalStateException(
                        String.format(Locale.ROOT, "%d bytes came instead of %d", received, job.bytes()));
            }
        }
    }

    private static long downloadThroughStream(S3AsyncClient client, Job job) throws Exception {
        byte[] chunk = new byte[CHUNK];
        long received = 0;
        try (S3TransferManager manager =
                        S3TransferManager.builder().s3Client(client).build();
                InputStream in = manager.download(DownloadRequest.builder()
                                .getObjectRequest(get -> get.bucket(Job.BUCKET).key(job.generatedKey()))
                                .responseTransformer(
                                        AsyncResponseTransformer.<GetObjectResponse>toBlockingInputStream())
                                .build())
                        .completionFuture()
                        .join()
                        .result()) {
            for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
                received += count;
            }
        }
        return received;
    }
}
