package dev.sluice.sidecar.config;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// Sizes and times as people write them: `64MiB`, `30s`, `1h30m`. And back.
public final class Units {

    static final String SIZE_FORM = "\\d+\\s*([Bb]|[Kk][Ii][Bb]|[Mm][Ii][Bb]|[Gg][Ii][Bb]|[Tt][Ii][Bb])";
    static final String DURATION_FORM = "(\\d+(ms|s|m|h|d))+";

    private static final Pattern SIZE = Pattern.compile("(\\d+)\\s*(B|KiB|MiB|GiB|TiB)?", Pattern.CASE_INSENSITIVE);
    private static final Pattern DECIMAL = Pattern.compile("\\d+\\s*(K|M|G|T|KB|MB|GB|TB)", Pattern.CASE_INSENSITIVE);
    private static final Pattern DURATION = Pattern.compile(DURATION_FORM);
    private static final Pattern DURATION_PART = Pattern.compile("(\\d+)(ms|s|m|h|d)");
    private static final List<String> SIZES = List.of("B", "KiB", "MiB", "GiB", "TiB");

    private Units() {}

    /// Bytes. A number alone counts bytes.
    ///
    /// **Errors:** [IllegalArgumentException].
    public static long bytes(String text) {
        Matcher matcher = SIZE.matcher(text.strip());
        if (!matcher.matches()) {
            throw new IllegalArgumentException("'%s' is no size: write it like 64MiB or 2GiB".formatted(text));
        }
        String unit = matcher.group(2) == null ? "B" : matcher.group(2);
        int power = 0;
        while (!SIZES.get(power).equalsIgnoreCase(unit)) {
            power++;
        }
        try {
            return Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * power));
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("'%s' is more than can be counted".formatted(text), e);
        }
    }

    /// Bytes, with a unit that leaves no doubt.
    static long bytesWithUnit(String text) {
        String stripped = text.strip();
        if (stripped.matches("\\d+")) {
            throw new IllegalArgumentException(
                    "'%s' has no unit: write it like %sMiB, or %sB for bytes".formatted(text, stripped, stripped));
        }
        if (DECIMAL.matcher(stripped).matches()) {
            throw new IllegalArgumentException(
                    "'%s' can be read in two ways: sizes are in KiB, MiB, GiB or TiB, of 1,024".formatted(text));
        }
        return bytes(text);
    }

    /// The size in the largest unit that divides it.
    static String size(long bytes) {
        int power = 0;
        long value = bytes;
        while (value != 0 && value % 1024 == 0 && power < SIZES.size() - 1) {
            value /= 1024;
            power++;
        }
        return value + SIZES.get(power);
    }

    /// **Errors:** [IllegalArgumentException].
    public static Duration duration(String text) {
        if (text.strip().matches("\\d+")) {
            throw new IllegalArgumentException(
                    "'%s' has no unit: write it like %ss or %sm".formatted(text, text.strip(), text.strip()));
        }
        if (!DURATION.matcher(text.strip()).matches()) {
            throw new IllegalArgumentException("'%s' is no time: write it like 30s, 5m or 1h30m".formatted(text));
        }
        Duration sum = Duration.ZERO;
        Matcher part = DURATION_PART.matcher(text.strip());
        try {
            while (part.find()) {
                long count = Long.parseLong(part.group(1));
                sum = sum.plus(
                        switch (part.group(2)) {
                            case "ms" -> Duration.ofMillis(count);
                            case "s" -> Duration.ofSeconds(count);
                            case "m" -> Duration.ofMinutes(count);
                            case "h" -> Duration.ofHours(count);
                            default -> Duration.ofDays(count);
                        });
            }
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("'%s' is longer than can be counted".formatted(text), e);
        }
        return sum;
    }

    static String duration(Duration value) {
        if (value.isZero()) {
            return "0s";
        }
        StringBuilder text = new StringBuilder();
        append(text, value.toDaysPart(), "d");
        append(text, value.toHoursPart(), "h");
        append(text, value.toMinutesPart(), "m");
        append(text, value.toSecondsPart(), "s");
        append(text, value.toMillisPart(), "ms");
        return text.toString();
    }

    private static void append(StringBuilder text, long count, String unit) {
        if (count != 0) {
            text.append(count).append(unit);
        }
    }

    /// `partSize` as the file has it: `part-size`. Constants too: `PART_SIZE`.
    static String kebab(String name) {
        return name.replaceAll("([a-z0-9])([A-Z])", "$1-$2").replace('_', '-').toLowerCase(Locale.ROOT);
    }
}
