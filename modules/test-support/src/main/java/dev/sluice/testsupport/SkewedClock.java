package dev.sluice.testsupport;

import dev.sluice.testsupport.Reaction.Answer;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A server's clock that differs from the tests'. It dates responses, and refuses requests that were signed at
/// another time, as S3 does from a difference of 15 minutes on.
///
/// @param ahead how far it is ahead of the tests' clock; null for a server without a clock, which refuses everything
/// and dates nothing
record SkewedClock(@Nullable Duration ahead) {

    private static final Duration ALLOWED = Duration.ofMinutes(15);
    private static final Pattern SIGNED_AT = Pattern.compile("(?im)^x-amz-date: *(\\d{8}T\\d{6}Z)");
    private static final DateTimeFormatter BASIC =
            DateTimeFormatter.ofPattern("yyyyMMdd'T'HHmmssX", Locale.ROOT).withZone(ZoneOffset.UTC);

    /// The refusal of a request that was signed at another time; null for one that was signed in time.
    @Nullable
    Answer refusal(String head) {
        Matcher signed = SIGNED_AT.matcher(head);
        if (ahead != null && signed.find()) {
            Duration off = Duration.between(BASIC.parse(signed.group(1), Instant::from), now(ahead));
            if (off.abs().compareTo(ALLOWED) <= 0) {
                return null;
            }
        }
        Answer skewed = Answer.error(403, "RequestTimeTooSkewed");
        Map<String, String> headers = new LinkedHashMap<>(skewed.headers());
        if (ahead != null) {
            headers.put("Date", date(ahead));
        }
        return new Answer(skewed.status(), headers, skewed.body());
    }

    /// The head of a response, with this clock's date.
    String dated(String head) {
        String undated = head.replaceFirst("(?im)^Date:.*\r\n", "");
        return ahead == null ? undated : undated.replaceFirst("\r\n", "\r\nDate: " + date(ahead) + "\r\n");
    }

    private static Instant now(Duration ahead) {
        return Instant.now().plus(ahead);
    }

    private static String date(Duration ahead) {
        return DateTimeFormatter.RFC_1123_DATE_TIME.format(now(ahead).atOffset(ZoneOffset.UTC));
    }
}
