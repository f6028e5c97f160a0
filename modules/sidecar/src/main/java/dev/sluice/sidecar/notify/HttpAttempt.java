package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.log.Masking;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/// One request, and what its answer means.
final class HttpAttempt {

    private static final int UNAUTHORIZED = 401;
    private static final int TOO_MANY_REQUESTS = 429;

    private HttpAttempt() {}

    /// A client that follows no redirect: what is signed for one receiver is not handed to another.
    static HttpClient client() {
        return HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1)
                .followRedirects(HttpClient.Redirect.NEVER)
                .build();
    }

    /// @param limit for all of it. The client's own limit ends with the answer's headers, and a receiver can hang
    ///              after them
    static Delivery of(HttpClient client, HttpRequest request, Duration limit) throws InterruptedException {
        CompletableFuture<HttpResponse<Void>> answer = client.sendAsync(request, BodyHandlers.discarding());
        try {
            return meaning(answer.get(limit.toMillis(), TimeUnit.MILLISECONDS).statusCode());
        } catch (TimeoutException e) {
            return new Delivery.Unavailable("no whole answer within %s ms".formatted(limit.toMillis()));
        } catch (ExecutionException e) {
            return new Delivery.Unavailable("the connection failed: " + cause(e));
        } finally {
            answer.cancel(true);
        }
    }

    private static Delivery meaning(int status) {
        String answer = "HTTP " + status;
        if (status >= 200 && status < 300) {
            return new Delivery.Delivered(answer);
        }
        if (status == TOO_MANY_REQUESTS || status >= 500) {
            return new Delivery.Unavailable(answer);
        }
        if (status == UNAUTHORIZED) {
            return new Delivery.Denied(answer);
        }
        return new Delivery.Refused(
                status >= 300 && status < 400 ? answer + ", and redirects are not followed" : answer);
    }

    private static String cause(ExecutionException e) {
        Throwable cause = e.getCause() == null ? e : e.getCause();
        String name = cause.getClass().getSimpleName();
        return cause.getMessage() == null ? name : Masking.mask("%s: %s".formatted(name, cause.getMessage()));
    }
}
