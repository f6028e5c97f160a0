package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction.Fault;
import java.io.IOException;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.core.ResponseBytes;
import software.amazon.awssdk.core.async.AsyncResponseTransformer;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;
import software.amazon.awssdk.services.s3.S3AsyncClient;
import software.amazon.awssdk.services.s3.model.GetObjectRequest;
import software.amazon.awssdk.services.s3.model.GetObjectResponse;

/// Which way the body of an answer takes.
class DirectBodiesTest {
    private static final String BODY = "0123456789abcdef".repeat(1 << 17); // 2 MiB
    private static final GetObjectRequest GET =
            GetObjectRequest.builder().bucket("bucket").key("key").build();

    private final StubS3 stub = new StubS3();
    private final DirectBodies bodies = new DirectBodies();
    private final Wire wire = new Wire(1, false, PartBody.SLICE, bodies);
    private final SdkAsyncHttpClient http = Clients.http(stub.config(), wire, null, null);
    private final S3AsyncClient client = client(stub.config());
    private final StringBuilder direct = new StringBuilder();

    private S3AsyncClient client(StoreConfig config) {
        return Clients.s3(config, http, Clients.credentials(config.credentials()), new ServerClock(), bodies);
    }

    @AfterEach
    void nothingWaits() {
        assertThat(bodies.waiting()).isZero();
        client.close();
        http.close();
        wire.close();
        stub.close();
    }

    private ResponseBytes<GetObjectResponse> get(Consumer<ByteBuffer> receiver) {
        return bodies.get(client, GET, AsyncResponseTransformer.toBytes(), receiver)
                .blockOptional(PROMPTLY)
                .orElseThrow();
    }

    private void take(ByteBuffer piece) {
        assertThat(piece.isDirect()).isTrue();
        direct.append(StandardCharsets.US_ASCII.decode(piece));
    }

    @Test
    void aPartOfAnObjectGoesToItsReceiverPastTheSdk() {
        stub.follow(_ -> new StubS3.Answer(206, Map.of("Content-Range", "bytes 0-9/10"), BODY));

        for (int call = 0; call < 3; call++) {
            direct.setLength(0);
            ResponseBytes<GetObjectResponse> answer = get(this::take);

            assertThat(direct).hasToString(BODY);
            assertThat(answer.asByteArray()).isEmpty();
            assertThat(answer.response().contentRange()).isEqualTo("bytes 0-9/10");
        }

        assertThat(wire.openConnections()).isEqualTo(1);
    }

    @Test
    void aCallWithoutAReceiverOnTheSameConnectionGetsItsBodyFromTheSdk() {
        stub.follow(_ -> new StubS3.Answer(206, Map.of(), BODY));
        get(this::take);

        ResponseBytes<GetObjectResponse> ordinary =
                client.getObject(GET, AsyncResponseTransformer.toBytes()).join();

        assertThat(ordinary.asUtf8String()).isEqualTo(BODY);
        assertThat(direct).hasSize(BODY.length());
        assertThat(wire.openConnections()).isEqualTo(1);
    }

    @Test
    void aWholeObjectInsteadOfItsPartComesThroughTheSdk() {
        stub.follow(_ -> StubS3.Answer.of(BODY));

        assertThat(get(this::take).asUtf8String()).isEqualTo(BODY);
        assertThat(direct).isEmpty();
    }

    @Test
    void anErrorComesThroughTheSdk() {
        stub.follow(_ -> StubS3.Answer.error(503, "SlowDown"));

        assertThatThrownBy(() -> get(this::take))
                .hasMessageContaining("Scripted")
                .isInstanceOf(SdkException.class);
        assertThat(direct).isEmpty();
    }

    @Test
    void anEmptyBodyEndsTheCall() {
        stub.follow(_ -> new StubS3.Answer(206, Map.of(), ""));

        assertThat(get(this::take).asByteArray()).isEmpty();
        assertThat(direct).isEmpty();
    }

    @Test
    void aReceiverThatRefusesGetsNothingMoreAndItsConnectionIsClosed() {
        stub.follow(_ -> new StubS3.Answer(206, Map.of(), BODY));
        AtomicInteger calls = new AtomicInteger();

        assertThatThrownBy(() -> get(_ -> {
                    calls.incrementAndGet();
                    throw new IllegalStateException("refused");
                }))
                .isInstanceOf(SdkException.class)
                .hasMessageContaining("The body was refused: refused");

        assertThat(calls).hasValue(1);
        Awaitility.await().atMost(PROMPTLY).until(() -> wire.openConnections() == 0);
    }

    @Test
    void aConnectionThatEndsWithinTheBodyIsAnError() throws IOException {
        stub.follow(_ -> new StubS3.Answer(206, Map.of(), BODY));

        try (FaultyProxy proxy = new FaultyProxy(stub.endpoint());
                S3AsyncClient cut = client(TestS3.config(proxy.endpoint()))) {
            proxy.follow((_, _) -> Fault.CUT_ANSWER);

            assertThatThrownBy(() -> bodies.get(cut, GET, AsyncResponseTransformer.toBytes(), this::take)
                            .block(PROMPTLY))
                    .isInstanceOf(SdkException.class)
                    .hasMessageContaining("closed within the body");
        }
        assertThat(direct).isNotEmpty().hasSizeLessThan(BODY.length());
    }

    @Test
    void aCallThatReachesNoServerLeavesNothingBehind() {
        StoreConfig config = TestS3.config(URI.create("http://127.0.0.1:1"));

        try (S3AsyncClient lost = client(config)) {
            assertThatThrownBy(() -> bodies.get(lost, GET, AsyncResponseTransformer.toBytes(), this::take)
                            .block(PROMPTLY))
                    .isInstanceOf(SdkException.class);
        }
    }

    @Test
    void aCallThatIsCancelledBeforeItsAnswerLeavesNothingBehind() {
        stub.follow(_ -> {
            Awaitility.await().pollDelay(Duration.ofMillis(200)).until(() -> true); // the client has gone by then
            return new StubS3.Answer(206, Map.of(), BODY);
        });

        var call = bodies.get(client, GET, AsyncResponseTransformer.toBytes(), this::take)
                .subscribe();
        Awaitility.await().atMost(PROMPTLY).until(() -> !stub.requests.isEmpty());
        call.dispose();

        Awaitility.await().atMost(PROMPTLY).until(() -> wire.openConnections() == 0);
        assertThat(direct).isEmpty();
    }
}
