package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.config.Secret;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.util.HexFormat;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/// The proof that a request comes from a program that knows the secret: HMAC-SHA256 over the timestamp, a dot
/// and the body. The timestamp is under it, so that a receiver can refuse a request that was recorded and is
/// sent again.
final class WebhookSignature {

    static final String ID_HEADER = "Sluice-Id";
    static final String TIMESTAMP_HEADER = "Sluice-Timestamp";
    static final String SIGNATURE_HEADER = "Sluice-Signature";

    private static final String ALGORITHM = "HmacSHA256";

    private WebhookSignature() {}

    /// @param timestamp seconds since 1970, as the header has them
    /// @return the header's value
    static String of(Secret secret, String timestamp, byte[] body) {
        try {
            Mac mac = Mac.getInstance(ALGORITHM);
            mac.init(new SecretKeySpec(secret.reveal().getBytes(StandardCharsets.UTF_8), ALGORITHM));
            mac.update((timestamp + ".").getBytes(StandardCharsets.UTF_8));
            return "v1=" + HexFormat.of().formatHex(mac.doFinal(body));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has HmacSHA256", e);
        }
    }
}
