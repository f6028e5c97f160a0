package dev.sluice.s3;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;

/// What requests are signed by: this machine's clock, until a server refuses that and says what time it is.
///
/// The SDK corrects its own clock too, but not from refusals without a body, as HEAD gets them, and hands what
/// it has learnt of one server to the clients of all others.
///
/// **Threading:** any thread.
final class ServerClock extends Clock {
    private volatile Duration difference = Duration.ZERO;

    /// What has to be added to this machine's clock.
    Duration difference() {
        return difference;
    }

    void set(Duration toBeAdded) {
        difference = toBeAdded;
    }

    /// The SDK's way of choosing signers, with this clock for all of them.
    S3AuthSchemeProvider signers() {
        S3AuthSchemeProvider usual = S3AuthSchemeProvider.defaultProvider();
        return parameters -> List.copyOf(usual.resolveAuthScheme(parameters).stream()
                .map(option -> option.toBuilder()
                        .putSignerProperty(HttpSigner.SIGNING_CLOCK, this)
                        .build())
                .toList());
    }

    @Override
    public Instant instant() {
        return Instant.now().plus(difference);
    }

    @Override
    public ZoneId getZone() {
        return ZoneOffset.UTC;
    }

    @Override
    public Clock withZone(ZoneId zone) {
        throw new UnsupportedOperationException("signatures are in UTC");
    }
}
