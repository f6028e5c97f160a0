package dev.sluice.s3;

import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import software.amazon.awssdk.http.auth.spi.signer.HttpSigner;
import software.amazon.awssdk.services.s3.auth.scheme.S3AuthSchemeProvider;

/// The clock that signs requests: this machine's, until a server refuses its time and tells its own.
///
/// The SDK corrects its clock too, but not after a refusal without a body, as to HEAD, and it applies one server's
/// correction to the clients of all others.
///
/// **Threading:** any thread.
final class ServerClock extends Clock {
    private volatile Duration difference = Duration.ZERO;

    /// The correction that is added to this machine's clock.
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
