package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Checks the continuation tokens of one listing. If a server sends a token twice, or none although it says that
/// the listing goes on, the listing would never end; such a listing fails, because its objects may not be all.
///
/// **Threading:** one listing, whose pages come one after the other.
final class ContinuationTokens {
    private final Target target;
    private final Set<String> seen = new HashSet<>();

    ContinuationTokens(Target target) {
        this.target = target;
    }

    /// Returns the token.
    ///
    /// **Errors:** [S3Failure] when the listing would never end.
    String next(@Nullable String token) {
        if (token == null || token.isEmpty()) {
            throw S3Failure.of(
                    target,
                    "the server says that the listing has another page, but sends no continuation token for it",
                    false);
        }
        if (!seen.add(token)) {
            throw S3Failure.of(
                    target,
                    "the server sent the continuation token '%s' twice, so its listing would never end"
                            .formatted(token),
                    false);
        }
        return token;
    }
}
