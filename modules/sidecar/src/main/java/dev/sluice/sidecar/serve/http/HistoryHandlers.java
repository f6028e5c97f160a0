package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.history.HistoryPage;
import dev.sluice.sidecar.history.HistoryQuery;
import dev.sluice.sidecar.history.HistoryReader;
import dev.sluice.sidecar.history.JobType;
import dev.sluice.sidecar.serve.http.HistoryModel.HistoryDays;
import dev.sluice.sidecar.serve.http.HistoryModel.HistoryJobs;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/// `/api/v1/history` and `/api/v1/history/days`
final class HistoryHandlers {

    private static final Duration SINCE = Duration.ofDays(7);
    private static final int LISTED = 200;
    private static final int MOST_LISTED = 1_000;
    private static final int DAYS = 14;
    private static final int MOST_DAYS = 92;

    /// Status pages ask whenever something has ended.
    private static final Duration FRESH = Duration.ofSeconds(10);

    private final HistoryReader history;
    private final InstantSource clock;
    private @Nullable Days last; // guarded by this

    /// An answer, and when it was made.
    private record Days(int days, Instant at, HistoryDays answer) {}

    HistoryHandlers(HistoryReader history, InstantSource clock) {
        this.history = history;
        this.clock = clock;
    }

    /// The newest first.
    ApiResponse list(ApiRequest call) {
        Instant now = clock.instant();
        Predicate<String> databases = call.parameter("database")
                .<Predicate<String>>map(name -> name::equals)
                .orElse(_ -> true);
        Instant since = instant(call, "since", now.minus(SINCE));
        Instant until = instant(call, "until", now.plusSeconds(1));
        int limit = number(call, "limit", LISTED, MOST_LISTED);
        HistoryPage page =
                history.find(new HistoryQuery(databases, since, until, types(call), flag(call, "failed"), limit));
        return ApiResponse.json(200, HistoryJobs.of(page));
    }

    private static Set<JobType> types(ApiRequest call) {
        return call.parameter("type")
                .<Set<JobType>>map(word -> {
                    for (JobType type : JobType.values()) {
                        if (type.text().equals(word)) {
                            return EnumSet.of(type);
                        }
                    }
                    throw wrong(
                            "'%s' is no type of a job".formatted(word),
                            "write one of " + String.join(", ", ApiModel.written(JobType.class)));
                })
                .orElse(EnumSet.allOf(JobType.class));
    }

    private static boolean flag(ApiRequest call, String name) {
        return switch (call.parameter(name).orElse("false")) {
            case "true" -> true;
            case "false" -> false;
            default -> throw wrong("'%s' is neither true nor false".formatted(name), "write true, or leave it away");
        };
    }

    private static Instant instant(ApiRequest call, String name, Instant otherwise) {
        try {
            return call.parameter(name)
                    .map(text -> OffsetDateTime.parse(text).toInstant())
                    .orElse(otherwise);
        } catch (DateTimeException e) {
            throw wrong("'%s' is no instant".formatted(name), "write 2026-03-01T12:00:00Z");
        }
    }

    private static int number(ApiRequest call, String name, int otherwise, int most) {
        String text = call.parameter(name).orElse("");
        if (text.isEmpty()) {
            return otherwise;
        }
        int number = text.matches("\\d{1,6}") ? Integer.parseInt(text) : 0;
        if (number < 1 || number > most) {
            throw wrong("'%s' is '%s'".formatted(name, text), String.format(Locale.ROOT, "write 1 to %d", most));
        }
        return number;
    }

    private static HttpProblem wrong(String what, String hint) {
        return new HttpProblem(FailureId.BAD_REQUEST, what, hint);
    }

    /// What each database did on each of the last days.
    ApiResponse days(ApiRequest call) {
        int days = number(call, "days", DAYS, MOST_DAYS);
        return ApiResponse.json(200, fresh(days));
    }

    /// One at a time: those that wait get the answer of the one before.
    private synchronized HistoryDays fresh(int days) {
        Instant now = clock.instant();
        Days before = last;
        if (before != null
                && before.days() == days
                && now.isBefore(before.at().plus(FRESH))
                && !now.isBefore(before.at())) {
            return before.answer();
        }
        LocalDate today = now.atOffset(ZoneOffset.UTC).toLocalDate();
        LocalDate first = today.minusDays(days - 1L);
        HistoryDays answer = HistoryDays.of(first, today, history.totals(first, today));
        last = new Days(days, now, answer);
        return answer;
    }
}
