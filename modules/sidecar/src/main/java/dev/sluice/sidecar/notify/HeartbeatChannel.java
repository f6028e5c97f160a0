package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.config.Secret;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.time.Duration;

/// A GET that says nothing but "alive".
///
/// @param client not its own
/// @param limit  of one attempt
record HeartbeatChannel(HttpClient client, Secret url, Duration limit) implements Channel {

    @Override
    public Delivery deliver(Notification notification) throws InterruptedException {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url.reveal()))
                .timeout(limit)
                .header("User-Agent", "sluice")
                .GET()
                .build();
        return HttpAttempt.of(client, request, limit);
    }

    @Override
    public boolean onlyNewestCounts() {
        return true;
    }
}
