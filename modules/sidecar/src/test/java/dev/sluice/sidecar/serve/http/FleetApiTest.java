package dev.sluice.sidecar.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.fleet.Fleet;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.ListenAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// What several people who look at a fleet's page cost the bucket.
@Timeout(60)
class FleetApiTest {

    private final AtomicInteger reads = new AtomicInteger();

    private Fleet broken() {
        reads.incrementAndGet();
        throw new OperationFailed(FailureId.STORE_FAILED, "The bucket does not answer", "a test", null);
    }

    private static HttpRequest request(FleetApi api, String path) {
        return HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + api.port() + path))
                .build();
    }

    @Test
    void aFailureIsAnsweredToAllWhoAskedMeanwhileAndForSomeSecondsMore() throws Exception {
        CountDownLatch asked = new CountDownLatch(1);
        CountDownLatch go = new CountDownLatch(1);
        try (HttpClient http = HttpClient.newHttpClient();
                FleetApi api = FleetApi.start(ListenAddress.parse("127.0.0.1:0"), null, "s3://b/", () -> {
                    asked.countDown();
                    try {
                        go.await();
                    } catch (InterruptedException e) {
                        Thread.currentThread().interrupt();
                    }
                    return broken();
                })) {
            List<CompletableFuture<HttpResponse<String>>> answers = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                answers.add(http.sendAsync(request(api, "/api/v1/fleet"), BodyHandlers.ofString()));
            }
            asked.await();
            go.countDown();

            for (CompletableFuture<HttpResponse<String>> answer : answers) {
                assertThat(answer.get().statusCode()).isGreaterThanOrEqualTo(500);
                assertThat(answer.get().body()).contains("The bucket does not answer");
            }
            assertThat(reads).hasValue(1);
        }
    }

    @Test
    void aPathThatItDoesNotHaveIsAnsweredWithThePageThatNamesThose() throws Exception {
        try (HttpClient http = HttpClient.newHttpClient();
                FleetApi api = FleetApi.start(ListenAddress.parse("127.0.0.1:0"), null, "s3://b/", this::broken)) {
            HttpResponse<String> answer = http.send(request(api, "/openapi.json"), BodyHandlers.ofString());

            assertThat(answer.statusCode()).isEqualTo(404);
            assertThat(answer.body()).contains("see docs/fleet.md");
        }
    }
}
