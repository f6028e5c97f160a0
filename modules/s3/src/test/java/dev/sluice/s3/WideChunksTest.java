package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncRequestBody;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.async.ResponsePublisher;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// The size of the pieces in which the SDK hands out a body. The SDK does not promise it.
class WideChunksTest {
    private static final String BODY = "0123456789abcdef".repeat(1 << 18); // 4 MiB

    private final StubS3 stub = new StubS3();
    private final DirectBodies bodies = new DirectBodies();
    private final Wire wire = new Wire(1, false, PartBody.SLICE, bodies);
    private final SdkAsyncHttpClient http = Clients.http(stub.config(), wire, null, null);
    private final S3AsyncClient s3 = Clients.s3(
            stub.config(), http, Clients.credentials(stub.config().credentials()), new ServerClock(), bodies);

    @AfterEach
    void close() {
        s3.close();
        http.close();
        wire.close();
        stub.close();
    }

    @Test
    void aBodyComesInPiecesLargerThanTheDecodersEightKibibytes() {
        stub.follow(_ -> new StubS3.Answer(200, Map.of(), BODY));

        List<Integer> pieces = Mono.fromFuture(() -> s3.getObject(
                        get -> get.bucket("bucket").key("key"),
                        AsyncResponseTransformer.<GetObjectResponse>toPublisher()))
                .flatMapMany((ResponsePublisher<GetObjectResponse> body) -> Flux.from(body))
                .map(piece -> piece.remaining())
                .collectList()
                .blockOptional(PROMPTLY)
                .orElseThrow();

        assertThat(pieces.stream().mapToInt(Integer::intValue).sum()).isEqualTo(BODY.length());
        assertThat(pieces).anyMatch(size -> size > 8192).allMatch(size -> size <= WideChunks.CHUNK);
    }

    /// With one event loop a second connection's request begins while the connection is being told that it stands.
    @Test
    void oneEventLoopServesManyConnectionsAtOnce() {
        byte[] body = new byte[1 << 20];

        List<String> eTags = Flux.range(0, 6)
                .flatMap(
                        number -> Mono.fromFuture(() -> s3.putObject(
                                put -> put.bucket("bucket").key("key" + number), AsyncRequestBody.fromBytes(body))),
                        6)
                .map(answer -> answer.eTag())
                .collectList()
                .blockOptional(PROMPTLY)
                .orElseThrow();

        assertThat(eTags).hasSize(6);
        assertThat(wire.openConnections()).isGreaterThan(1);
    }

    @Test
    void aConnectionThatIsUsedAgainGoesOnLikeThat() {
        stub.follow(_ -> new StubS3.Answer(200, Map.of(), BODY));

        for (int i = 0; i < 3; i++) {
            ResponseBytes<GetObjectResponse> body = Mono.fromFuture(() ->
                            s3.getObject(get -> get.bucket("bucket").key("key"), AsyncResponseTransformer.toBytes()))
                    .blockOptional(PROMPTLY)
                    .orElseThrow();
            assertThat(body.asUtf8String()).isEqualTo(BODY);
        }

        assertThat(wire.openConnections()).isEqualTo(1);
    }
}
