package dev.sluice.s3;

import dev.sluice.s3.S3Failure.Target;
import java.util.HashSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Where the pages of one listing go on. A server that names a place twice, or none although there is more,
/// would have its first pages listed for ever; what such a listing has brought is no answer to "what is there".
///
/// **Threading:** one listing, whose pages come one after the other.
final class Continuation {
    private final Target target;
    private final Set<String> seen = new HashSet<>();

    Continuation(Target target) {
        this.target = target;
    }

    /// The token itself.
    ///
    /// **Errors:** [S3Failure] when the listing would not come to an end with it.
    String next(@Nullable String token) {
        if (token == null || token.isEmpty()) {
            throw S3Failure.of(target, "the server says that there is more, and not where it goes on", false);
        }
        if (!seen.add(token)) {
            throw S3Failure.of(
                    target,
                    "the server has sent the continuation token '%s' twice, so its listing would never end"
                            .formatted(token),
                    false);
        }
        return token;
    }
}
