package dev.sluice.s3;

import static dev.sluice.s3.TestS3.PROMPTLY;
import static dev.sluice.s3.TestS3.await;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.s3.EmbeddedS3;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.api.Assertions;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import reactor.test.StepVerifier;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProvider;
import software.amazon.awssdk.auth.credentials.AwsCredentialsProviderChain;
import software.amazon.awssdk.core.exception.SdkClientException;

class S3StoreTest {
    private S3Store store;

    @BeforeEach
    void open() {
        store = TestS3.store();
    }

    @AfterEach
    void close() {
        store.close();
    }

    @Test
    void storesAndDeletesSmallObjects() {
        byte[] bytes = TestS3.random(1000, 1);

        store.put("a/b.json", bytes).block(PROMPTLY);

        assertThat(await(store.get("a/b.json"))).isEqualTo(bytes);
        assertThat(await(store.head("a/b.json")).bytes()).isEqualTo(1000);
        store.delete(List.of("a/b.json", "a/absent")).block(PROMPTLY);
        assertThat(store.get("a/b.json").blockOptional(PROMPTLY)).isEmpty();
        assertThat(store.head("a/b.json").blockOptional(PROMPTLY)).isEmpty();
    }

    @Test
    void overwritesNothingWhenAskedNotTo() {
        assertThat(await(store.putIfAbsent("x", new byte[] {1}))).isTrue();
        assertThat(await(store.putIfAbsent("x", new byte[] {2}))).isFalse();
        // The same bytes again: the answer to the first attempt may have been lost.
        assertThat(await(store.putIfAbsent("x", new byte[] {1}))).isTrue();

        assertThat(await(store.get("x"))).containsExactly(1);
    }

    /// However many objects a directory has, it is one name of a thousand that a request brings.
    @Test
    void listsDirectoriesWithoutTheirObjects() {
        for (int i = 0; i < 1_050; i++) {
            TestS3.place(store.config().prefix() + "d%04d/data/x".formatted(i), new byte[1]);
        }
        for (int i = 0; i < 30; i++) {
            TestS3.place(store.config().prefix() + "d0007/catalog/%d".formatted(i), new byte[1]);
        }
        TestS3.place(store.config().prefix() + "file", new byte[1]);
        long before = store.requests();

        List<String> names = await(store.directories("").collectList());

        assertThat(names)
                .isEqualTo(
                        IntStream.range(0, 1_050).mapToObj("d%04d"::formatted).toList());
        assertThat(store.requests() - before).isEqualTo(2);
        assertThat(await(store.directories("d0007/").collectList())).containsExactly("catalog", "data");
        assertThat(await(store.directories("absent/").collectList())).isEmpty();
    }

    @Test
    void listsPageByPageAndOnlyAsFarAsAskedFor() {
        for (int i = 0; i < 1_050; i++) {
            TestS3.place(store.config().prefix() + "many/%04d".formatted(i), new byte[1]);
        }

        List<String> keys = await(store.list("many/").map(ObjectInfo::key).collectList());

        assertThat(keys)
                .isEqualTo(IntStream.range(0, 1_050)
                        .mapToObj("many/%04d"::formatted)
                        .toList());
        StepVerifier.create(store.list("many/"), 2)
                .expectNextCount(2)
                .thenCancel()
                .verify(PROMPTLY);
    }

    @Test
    void abortsOnlyOldUploadsThatTheCallerCallsOrphaned() {
        store.client()
                .createMultipartUpload(r -> r.bucket(store.config().bucket()).key(store.absolute("left/behind")))
                .join();
        store.client()
                .createMultipartUpload(r -> r.bucket(store.config().bucket()).key(store.absolute("left/mine")))
                .join();

        assertThat(await(store.abortOlderThan("left/", Duration.ofDays(1), _ -> true, Assertions::fail)
                        .collectList()))
                .isEmpty();
        List<OngoingUpload> gone = await(store.abortOlderThan(
                        "left/", Duration.ofMinutes(-1), upload -> upload.key().endsWith("behind"), Assertions::fail)
                .collectList());

        assertThat(gone).extracting(OngoingUpload::key).containsExactly("left/behind");
        assertThat(await(store.uploads("left/").collectList()))
                .extracting(OngoingUpload::key)
                .containsExactly("left/mine");
    }

    @Test
    void anOldUploadThatGetsPartsIsNotAbandoned() {
        try (StubS3 server = new StubS3();
                S3Store old = S3Store.open(server.config())) {
            server.follow(request -> request.is("HEAD", "/bucket") ? StubS3.Answer.of("") : null);
            Instant now = await(old.check());
            server.follow(request -> switch (request) {
                case StubS3.Request r when r.is("HEAD", "/bucket") -> StubS3.Answer.of("");
                case StubS3.Request r
                when r.is("GET", "uploads") ->
                    StubS3.Answer.of("""
                            <ListMultipartUploadsResult><IsTruncated>false</IsTruncated>\
                            <Upload><Key>busy</Key><UploadId>u1</UploadId><Initiated>%1$s</Initiated></Upload>\
                            <Upload><Key>idle</Key><UploadId>u2</UploadId><Initiated>%1$s</Initiated></Upload>\
                            </ListMultipartUploadsResult>""".formatted(now.minus(Duration.ofDays(9)).toString()));
                case StubS3.Request r
                when r.is("GET", "busy") && !r.target().contains("part-number-marker") ->
                    parts(true, 1, now.minus(Duration.ofDays(8)));
                case StubS3.Request r when r.is("GET", "busy") -> parts(false, 2, now.minus(Duration.ofHours(1)));
                case StubS3.Request r
                when r.is("GET", "idle") && server.seen("DELETE", "idle").isEmpty() ->
                    parts(false, 1, now.minus(Duration.ofDays(8)));
                default -> null;
            });

            assertThat(await(old.abortOlderThan("", Duration.ofDays(1), _ -> true, Assertions::fail)
                            .collectList()))
                    .extracting(OngoingUpload::key)
                    .containsExactly("idle");
        }
    }

    @Test
    void anUploadThatAnotherRequestIsRemovingIsGoneWhenItIsListedNoMore() {
        try (StubS3 server = new StubS3();
                S3Store other = S3Store.open(server.config())) {
            server.follow(request -> switch (request) {
                case StubS3.Request r
                when r.is("GET", "uploads") ->
                    StubS3.Answer.of(
                            "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated>%s</ListMultipartUploadsResult>"
                                    .formatted(
                                            server.seen("GET", "uploads").size() > 2
                                                    ? ""
                                                    : "<Upload><Key>key</Key><UploadId>u1</UploadId>"
                                                            + "<Initiated>2026-11-25T00:00:00Z</Initiated></Upload>"));
                case StubS3.Request r when r.is("DELETE", "key") -> StubS3.Answer.error(404, "NoSuchUpload");
                default -> null;
            });

            await(other.abortAll("key").thenReturn(true));

            assertThat(server.seen("GET", "uploads")).hasSize(3);
            assertThat(server.seen("DELETE", "key")).hasSize(2);
        }
    }

    private static StubS3.Answer parts(boolean more, int number, Instant modified) {
        return StubS3.Answer.of("""
                <ListPartsResult><IsTruncated>%s</IsTruncated><NextPartNumberMarker>%d</NextPartNumberMarker>\
                <Part><PartNumber>%d</PartNumber><LastModified>%s</LastModified><ETag>"e"</ETag><Size>1</Size></Part>\
                </ListPartsResult>""".formatted(more, number, number, modified));
    }

    @Test
    void rightsToThePrefixAloneAreEnough() {
        try (StubS3 server = new StubS3();
                S3Store limited = S3Store.open(server.config())) {
            server.follow(request -> request.is("HEAD", "/bucket")
                    ? new StubS3.Answer(403, Map.of(), "")
                    : request.is("GET", "list-type")
                            ? StubS3.Answer.of("<ListBucketResult><IsTruncated>false</IsTruncated></ListBucketResult>")
                            : null);

            assertThat(await(limited.check()))
                    .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));

            server.follow(request -> StubS3.Answer.error(403, "AccessDenied"));
            assertThatThrownBy(() -> await(limited.check())).hasMessageContaining("HeadBucket");
        }
    }

    @Test
    void checksThatTheBucketIsThereAndTellsTheServersTime() {
        assertThat(await(store.check()))
                .isBetween(Instant.now().minusSeconds(60), Instant.now().plusSeconds(60));
        StoreConfig config = store.config();
        S3Store elsewhere = S3Store.open(new StoreConfig(
                config.endpoint(),
                config.region(),
                "no-such-bucket",
                "",
                true,
                config.credentials(),
                config.profile(),
                config.limits(),
                config.retries()));

        try (elsewhere) {
            assertThatThrownBy(() -> await(elsewhere.check()))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining("HeadBucket")
                    .hasMessageContaining("no-such-bucket")
                    .hasMessageContaining("404");
        }
    }

    @Test
    void saysThatTheServerIsDownWhenItIs() throws IOException {
        int port;
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = taken.getLocalPort();
        }
        try (S3Store down = S3Store.open(TestS3.config(URI.create("http://127.0.0.1:" + port)))) {
            assertThatThrownBy(() -> await(down.put("key", new byte[1])))
                    .isInstanceOf(S3Failure.class)
                    .hasMessageContaining("PutObject")
                    .hasMessageContaining("s3://backups/")
                    .hasMessageContaining("/key at http://127.0.0.1:" + port)
                    // On a busy machine the pool's own limit can come before the refusal; both messages are true.
                    .hasMessageMatching("(?s).*(cannot connect|the server does not answer).*")
                    .hasMessageContaining("attempt 4, given up")
                    .hasMessageNotContaining("Acquire");
        }
    }

    @Test
    void namesTheErrorThatTheServerAnswered() {
        StoreConfig config = store.config();
        StoreConfig wrongKeys = new StoreConfig(
                config.endpoint(),
                config.region(),
                config.bucket(),
                config.prefix(),
                true,
                new StoreConfig.Credentials("nobody", "nothing", null),
                config.profile(),
                config.limits(),
                config.retries());

        try (S3Store stranger = S3Store.open(wrongKeys)) {
            assertThatThrownBy(() -> await(stranger.get("key")))
                    .isInstanceOfSatisfying(S3Failure.class, failure -> {
                        assertThat(failure.status()).isEqualTo(403);
                        assertThat(failure.code()).isEqualTo("InvalidAccessKeyId");
                        assertThat(failure.retryable()).isFalse();
                    })
                    .hasMessageContaining("GetObject")
                    .hasMessageContaining("HTTP 403 InvalidAccessKeyId");
        }
    }

    @Test
    void leavesNoThreadBehind() {
        List<Thread> before = threads();
        S3Store other = TestS3.store();
        await(other.check());
        List<Thread> its = new ArrayList<>(threads());
        its.removeAll(before);
        assertThat(its).isNotEmpty();

        other.close();

        Awaitility.await().atMost(PROMPTLY).until(() -> its.stream().noneMatch(Thread::isAlive));
    }

    private static List<Thread> threads() {
        return Thread.getAllStackTraces().keySet().stream()
                .filter(thread -> thread.getName().startsWith("sluice-s3")
                        || thread.getName().startsWith("sdk-"))
                .toList();
    }

    @Test
    void doesNotShowTheSecret() {
        StoreConfig.Credentials credentials = new StoreConfig.Credentials("id", "hush", "hush");

        assertThat(credentials.toString()).contains("id").doesNotContain("hush");
    }

    @Test
    void withoutCredentialsNothingIsSentOrTriedAgain() {
        AtomicInteger asked = new AtomicInteger();
        AwsCredentialsProvider nothing = () -> {
            asked.incrementAndGet();
            throw SdkClientException.create("nothing here");
        };

        try (S3Store unknown = S3Store.open(TestS3.config(), AwsCredentialsProviderChain.of(nothing))) {
            assertThatThrownBy(() -> await(unknown.get("key")))
                    .isInstanceOfSatisfying(S3Failure.class, failure -> {
                        assertThat(failure.code()).isEqualTo(S3Failure.NO_CREDENTIALS);
                        assertThat(failure.retryable()).isFalse();
                    })
                    .hasMessageContaining("was not sent: there are no credentials")
                    .hasMessageNotContaining("nothing here")
                    .hasMessageNotContaining("attempt");
        }
        assertThat(asked).hasValue(1);
    }

    @Test
    void anEndpointMayHaveAPath() {
        try (EmbeddedS3 mounted = TestS3.start(new EmbeddedS3.Manner("/storage/v1/s3", Duration.ofMinutes(15)))) {
            for (String end : List.of("", "/")) {
                URI endpoint = URI.create(mounted.endpoint() + end);
                try (S3Store below = S3Store.open(TestS3.config(mounted, endpoint))) {
                    below.put("some/document", new byte[3]).block(PROMPTLY);

                    assertThat(await(below.get("some/document"))).hasSize(3);
                    assertThat(await(below.list("some/").collectList())).hasSize(1);
                    assertThat(await(below.check())).isNotNull();
                }
            }
        }
    }
}
