package dev.sluice.s3;

import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.http.SdkHttpResponse;

/// A refusal's hints, beyond its error code, on how to make the request succeed.
///
/// @param refusedForTime whether the reason is the time of the signature
/// @param clockOff       how far this machine's clock is ahead of the server's, or behind it if negative; null when
///                       the server does not tell its time
/// @param correctable    whether a corrected clock would give another signature time
/// @param region         the bucket's region; null unless the server names one, and it is another one than the
///                       request's
/// @param wantsIntegrity whether the server requires a checksum of the bytes
record ServerHints(
        boolean refusedForTime,
        @Nullable Duration clockOff,
        boolean correctable,
        @Nullable String region,
        boolean wantsIntegrity) {

    static final ServerHints NONE = new ServerHints(false, null, false, null, false);

    private static final Pattern REGION = Pattern.compile("<Region>([a-z0-9-]{1,63})</Region>");
    private static final int BAD_REQUEST = 400;

    /// Error codes that are always about the time.
    private static final Set<String> TIME = Set.of("RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture");

    /// The status of a refusal whose reason may be the time: the response to HEAD has no body that would tell.
    private static final Set<Integer> PERHAPS_TIME = Set.of(BAD_REQUEST, 401, 403);

    /// Servers accept smaller differences.
    private static final Duration FORGIVEN = Duration.ofMinutes(4);

    /// @param region the region that was asked
    /// @param clock  how far the clock that signs is ahead of this machine's
    static ServerHints of(AwsServiceException answer, String region, Duration clock) {
        AwsErrorDetails details = answer.awsErrorDetails();
        if (details == null) {
            return NONE;
        }
        SdkHttpResponse http = details.sdkHttpResponse();
        String code = String.valueOf(details.errorCode());
        String text = String.valueOf(details.errorMessage()).toLowerCase(Locale.ROOT);
        Duration off = http == null ? null : clockOff(http);
        boolean wrong = off != null && off.plus(clock).abs().compareTo(FORGIVEN) > 0;
        boolean time = TIME.contains(code) || (wrong && PERHAPS_TIME.contains(answer.statusCode()));
        String home = region(details, http);
        return new ServerHints(
                time,
                off,
                time && wrong,
                region.equals(home) ? null : home,
                answer.statusCode() == BAD_REQUEST && code.equals("InvalidRequest") && text.contains("content-md5"));
    }

    private static @Nullable Duration clockOff(SdkHttpResponse http) {
        Instant now = Instant.now();
        try {
            return http.firstMatchingHeader("Date")
                    .map(date -> ZonedDateTime.parse(date, DateTimeFormatter.RFC_1123_DATE_TIME)
                            .toInstant())
                    .map(theirs -> Duration.between(theirs, now))
                    .orElse(null);
        } catch (DateTimeException _) {
            return null;
        }
    }

    private static @Nullable String region(AwsErrorDetails details, @Nullable SdkHttpResponse http) {
        String header = http == null
                ? null
                : http.firstMatchingHeader("x-amz-bucket-region").orElse(null);
        if (header != null || details.rawResponse() == null) {
            return header;
        }
        Matcher element = REGION.matcher(details.rawResponse().asString(StandardCharsets.UTF_8));
        return element.find() ? element.group(1) : null;
    }

    /// The hints as text, to append to the message.
    String inWords() {
        StringBuilder words = new StringBuilder();
        if (refusedForTime && clockOff != null) {
            words.append("; this machine's clock is ").append(inWords(clockOff)).append(" the server's");
        }
        if (region != null) {
            words.append("; the bucket is in the region ").append(region);
        }
        return words.toString();
    }

    /// As in "3600 s behind".
    static String inWords(Duration off) {
        return String.format(Locale.ROOT, "%d s %s", off.abs().toSeconds(), off.isNegative() ? "behind" : "before");
    }
}
