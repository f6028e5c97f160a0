package dev.sluice.sidecar.config;

import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A type of single values: how one is read from the file, written to it, and described.
///
/// @param name  what documentation calls it
/// @param parse from the file's text; throws [IllegalArgumentException]
/// @param write to the file's text, masked where it must be
/// @param json  the type in JSON Schema
/// @param form  a regular expression for JSON Schema that refuses nothing that `parse` takes; may be empty
/// @param words all values there are, when they are few
record Scalar(
        String name,
        Function<String, ? extends Object> parse,
        Function<Object, String> write,
        String json,
        String form,
        List<String> words) {

    private static final Map<Class<?>, Scalar> KNOWN = Map.ofEntries(
            Map.entry(String.class, text("text", Scalar::nonBlank, "")),
            Map.entry(Secret.class, text("secret", text -> new Secret(nonBlank(text)), "")),
            Map.entry(int.class, new Scalar("number", Scalar::integer, String::valueOf, "integer", "", List.of())),
            Map.entry(Integer.class, new Scalar("number", Scalar::integer, String::valueOf, "integer", "", List.of())),
            Map.entry(boolean.class, new Scalar("boolean", Scalar::bool, String::valueOf, "boolean", "", List.of())),
            Map.entry(Boolean.class, new Scalar("boolean", Scalar::bool, String::valueOf, "boolean", "", List.of())),
            Map.entry(Size.class, text("size", Size::parse, "\\s*" + Units.SIZE_FORM + "\\s*")),
            Map.entry(
                    Duration.class,
                    new Scalar(
                            "duration",
                            Units::duration,
                            value -> Units.duration((Duration) value),
                            "string",
                            "\\s*" + Units.DURATION_FORM + "\\s*",
                            List.of())),
            Map.entry(Percentage.class, text("percentage", Percentage::parse, Percentage.FORM)),
            Map.entry(Rate.class, text("rate", Rate::parse, "\\s*" + Rate.FORM + "\\s*")),
            Map.entry(ObjectTag.class, text("tag", ObjectTag::parse, "[^=]+=(.|\\n)*")),
            Map.entry(
                    BackupSection.Compression.class,
                    words(
                            BackupSection.Compression.class,
                            Map.of("true", BackupSection.Compression.XPRESS, "false", BackupSection.Compression.NONE))),
            Map.entry(JdbcUrl.class, text("JDBC URL", JdbcUrl::parse, "jdbc:sqlserver://.+")),
            Map.entry(URI.class, text("URL", Scalar::uri, "https?://.+")),
            Map.entry(Path.class, text("path", text -> Path.of(nonBlank(text)), "")),
            Map.entry(ZoneId.class, text("time zone", Scalar::zone, "")),
            Map.entry(Cron.class, text("time table", Cron::parse, "\\s*(\\S+\\s+){4}\\S+\\s*")),
            Map.entry(DatabasePattern.class, text("pattern", DatabasePattern::parse, "")),
            Map.entry(ListenAddress.class, text("address", ListenAddress::parse, ".+:\\d{1,5}")));

    private static Scalar text(String name, Function<String, ? extends Object> parse, String form) {
        return new Scalar(name, parse, String::valueOf, "string", form, List.of());
    }

    /// The type of these values; null for records and lists.
    static @Nullable Scalar of(Class<?> type) {
        Scalar known = KNOWN.get(type);
        return known == null && type.isEnum() ? words(type, Map.of()) : known;
    }

    /// @param synonyms what may be written as well
    private static Scalar words(Class<?> type, Map<String, ? extends Object> synonyms) {
        List<Object> constants = new ArrayList<>(List.of(type.getEnumConstants()));
        List<String> words =
                new ArrayList<>(constants.stream().map(Scalar::word).toList());
        new TreeMap<>(synonyms).forEach((word, constant) -> {
            words.add(word);
            constants.add(constant);
        });
        return new Scalar(
                "word",
                text -> {
                    int at = words.indexOf(text);
                    if (at < 0) {
                        throw new IllegalArgumentException("'%s' is none of %s%s"
                                .formatted(
                                        text,
                                        String.join(", ", words),
                                        Nearest.to(text, words)
                                                .map(near -> "; did you mean %s?".formatted(near))
                                                .orElse("")));
                    }
                    return constants.get(at);
                },
                Scalar::word,
                "string",
                "",
                words);
    }

    private static String word(Object constant) {
        return Units.kebab(((Enum<?>) constant).name());
    }

    private static String nonBlank(String text) {
        if (text.isBlank()) {
            throw new IllegalArgumentException(text.isEmpty() ? "is empty" : "holds nothing but white space");
        }
        return text;
    }

    private static Integer integer(String text) {
        if (!text.matches("[+-]?\\d{1,9}")) {
            throw new IllegalArgumentException("'%s' is no whole number".formatted(text));
        }
        return Integer.parseInt(text);
    }

    private static Boolean bool(String text) {
        return switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("'%s' is neither true nor false".formatted(text));
        };
    }

    private static URI uri(String text) {
        try {
            return URI.create(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("'%s' is no URL".formatted(text), e);
        }
    }

    private static ZoneId zone(String text) {
        try {
            return ZoneId.of(text);
        } catch (DateTimeException e) {
            throw new IllegalArgumentException(
                    "'%s' is no time zone%s"
                            .formatted(
                                    text,
                                    Nearest.to(text, ZoneId.getAvailableZoneIds())
                                            .map(near -> "; did you mean %s?".formatted(near))
                                            .orElse("; write it like Europe/Berlin or UTC")),
                    e);
        }
    }
}
