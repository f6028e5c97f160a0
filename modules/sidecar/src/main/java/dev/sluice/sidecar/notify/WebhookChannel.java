package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.config.Secret;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.Duration;
import java.time.InstantSource;

/// A signed POST of the document.
///
/// @param client not its own
/// @param limit  of one attempt
record WebhookChannel(HttpClient client, Secret url, Secret secret, Duration limit, InstantSource clock)
        implements Channel {

    /// Signed anew in each attempt: a receiver may refuse a timestamp that is minutes old.
    @Override
    public Delivery deliver(Notification notification) throws InterruptedException {
        byte[] body = notification.json();
        String timestamp = Long.toString(clock.instant().getEpochSecond());
        HttpRequest request = HttpRequest.newBuilder(URI.create(url.reveal()))
                .timeout(limit)
                .header("Content-Type", "application/json")
                .header("User-Agent", "sluice")
                .header(WebhookSignature.ID_HEADER, notification.id())
                .header(WebhookSignature.TIMESTAMP_HEADER, timestamp)
                .header(WebhookSignature.SIGNATURE_HEADER, WebhookSignature.of(secret, timestamp, body))
                .POST(BodyPublishers.ofByteArray(body))
                .build();
        return HttpAttempt.of(client, request, limit);
    }
}
