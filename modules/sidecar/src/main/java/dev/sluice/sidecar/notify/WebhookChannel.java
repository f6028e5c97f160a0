package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.config.NotifySection;
import dev.sluice.sidecar.config.Secret;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.time.InstantSource;

/// A POST: of the document, signed, or of a chat system's message, which has no signature.
///
/// @param client not its own
record WebhookChannel(HttpClient client, NotifySection.Webhook webhook, InstantSource clock) implements Channel {

    /// Signed anew in each attempt: a receiver may refuse a timestamp that is minutes old.
    @Override
    public Delivery deliver(Notification notification) throws InterruptedException {
        Secret secret = webhook.secret();
        byte[] body = secret == null ? ChatMessage.of(webhook.format(), notification) : notification.json();
        HttpRequest.Builder request = HttpRequest.newBuilder(
                        URI.create(webhook.url().reveal()))
                .timeout(webhook.timeout())
                .header("Content-Type", "application/json")
                .header("User-Agent", "sluice")
                .header(WebhookSignature.ID_HEADER, notification.id())
                .POST(BodyPublishers.ofByteArray(body));
        if (secret != null) {
            String timestamp = Long.toString(clock.instant().getEpochSecond());
            request.header(WebhookSignature.TIMESTAMP_HEADER, timestamp)
                    .header(WebhookSignature.SIGNATURE_HEADER, WebhookSignature.of(secret, timestamp, body));
        }
        return HttpAttempt.of(client, request.build(), webhook.timeout());
    }
}
