package dev.sluice.s3;

import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.http.async.AsyncExecuteRequest;
import software.amazon.awssdk.http.async.SdkAsyncHttpClient;

/// Sends requests for `http://` servers to a proxy, which passes them on; [AbsoluteForm] writes them as it
/// wants them. What a request says is signed by then, and is not touched.
final class ForwardedHttp implements SdkAsyncHttpClient {
    private final SdkAsyncHttpClient client;
    private final ForwardProxy proxy;

    ForwardedHttp(SdkAsyncHttpClient client, ForwardProxy proxy) {
        this.client = client;
        this.proxy = proxy;
    }

    @Override
    public CompletableFuture<Void> execute(AsyncExecuteRequest request) {
        SdkHttpRequest toServer = request.request();
        SdkHttpRequest.Builder toProxy =
                toServer.toBuilder().protocol(proxy.scheme()).host(proxy.host()).port(proxy.port());
        if (toServer.firstMatchingHeader("Host").isEmpty()) {
            toProxy.putHeader(
                    "Host",
                    toServer.port() == 80
                            ? toServer.host()
                            : String.format(Locale.ROOT, "%s:%d", toServer.host(), toServer.port()));
        }
        if (!proxy.user().isEmpty()) {
            toProxy.putHeader("Proxy-Authorization", proxy.authorization());
        }
        AsyncExecuteRequest.Builder forwarded = AsyncExecuteRequest.builder()
                .request(toProxy.build())
                .requestContentPublisher(request.requestContentPublisher())
                .responseHandler(request.responseHandler())
                .fullDuplex(request.fullDuplex())
                .httpExecutionAttributes(request.httpExecutionAttributes());
        request.metricCollector().ifPresent(forwarded::metricCollector);
        return client.execute(forwarded.build());
    }

    @Override
    public String clientName() {
        return client.clientName();
    }

    @Override
    public void close() {
        client.close();
    }
}
