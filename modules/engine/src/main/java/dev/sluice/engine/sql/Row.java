package dev.sluice.engine.sql;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.ResultSet;
import java.sql.ResultSetMetaData;
import java.sql.SQLException;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.TreeMap;
import java.util.UUID;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/// One row of SQL Server's answer.
///
/// Columns are found by name in any case, because the names of views and those of RESTORE's listings differ in it.
/// Values are as SQL Server returns them: no text changes its case.
///
/// An accessor named after a type is for a column that is never NULL; its `optional…` sibling is for one that may be.
///
/// **Errors:** [IllegalStateException] for a defect of the query or of its reader: a column that the answer does not
/// have, a NULL where none may be, and a value of another type.
public final class Row {

    private final List<String> columns;
    private final Map<String, Integer> places;
    private final @Nullable Object[] values;

    private Row(List<String> columns, Map<String, Integer> places, @Nullable Object[] values) {
        this.columns = columns;
        this.places = places;
        this.values = values;
    }

    /// A row that no server has returned, for tests.
    ///
    /// @param columns names and values, in their order
    public static Row of(Map<String, ? extends @Nullable Object> columns) {
        List<String> names = List.copyOf(columns.keySet());
        return new Row(names, places(names), names.stream().map(columns::get).toArray());
    }

    /// All the rows that are left.
    static List<Row> all(ResultSet answer) throws SQLException {
        ResultSetMetaData described = answer.getMetaData();
        List<String> columns = new ArrayList<>();
        for (int i = 1; i <= described.getColumnCount(); i++) {
            columns.add(described.getColumnLabel(i));
        }
        Map<String, Integer> places = places(columns);
        List<Row> rows = new ArrayList<>();
        while (answer.next()) {
            @Nullable Object[] values = new @Nullable Object[columns.size()];
            for (int i = 0; i < values.length; i++) {
                values[i] = answer.getObject(i + 1);
            }
            rows.add(new Row(columns, places, values));
        }
        return rows;
    }

    private static Map<String, Integer> places(List<String> columns) {
        Map<String, Integer> places = new TreeMap<>(String.CASE_INSENSITIVE_ORDER);
        for (int i = 0; i < columns.size(); i++) {
            places.put(columns.get(i), i);
        }
        return places;
    }

    /// Whether the answer has such a column, NULL or not: some are there since a certain version only.
    public boolean has(String column) {
        return places.containsKey(column);
    }

    public boolean isNull(String column) {
        return value(column) == null;
    }

    /// A value of any type but bytes, as the driver writes it.
    public String text(String column) {
        return optionalText(column).orElseThrow(() -> unexpectedNull(column));
    }

    /// As [#text].
    public Optional<String> optionalText(String column) {
        return switch (value(column)) {
            case null -> Optional.empty();
            case byte[] bytes -> throw unexpected(column, bytes, "text");
            case Object value -> Optional.of(value.toString());
        };
    }

    /// A log sequence number.
    public BigInteger lsn(String column) {
        return optionalLsn(column).orElseThrow(() -> unexpectedNull(column));
    }

    /// As [#lsn].
    public Optional<BigInteger> optionalLsn(String column) {
        return switch (value(column)) {
            case null -> Optional.empty();
            case BigDecimal number -> Optional.of(number.toBigIntegerExact());
            case Object other -> throw unexpected(column, other, "a log sequence number");
        };
    }

    public UUID guid(String column) {
        return optionalGuid(column).orElseThrow(() -> unexpectedNull(column));
    }

    /// As [#guid].
    public Optional<UUID> optionalGuid(String column) {
        Object value = value(column);
        if (value == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(UUID.fromString(value.toString()));
        } catch (IllegalArgumentException e) {
            throw unexpected(column, value, "a GUID");
        }
    }

    /// A whole number.
    public long number(String column) {
        return optionalNumber(column).orElseThrow(() -> unexpectedNull(column));
    }

    /// As [#number].
    public OptionalLong optionalNumber(String column) {
        return switch (value(column)) {
            case null -> OptionalLong.empty();
            case BigDecimal number -> OptionalLong.of(number.longValueExact());
            case Long number -> OptionalLong.of(number);
            case Integer number -> OptionalLong.of(number);
            case Short number -> OptionalLong.of(number);
            case Byte number -> OptionalLong.of(number);
            case Object other -> throw unexpected(column, other, "a whole number");
        };
    }

    /// A number with a fraction.
    public OptionalDouble optionalFraction(String column) {
        return switch (value(column)) {
            case null -> OptionalDouble.empty();
            case Number number -> OptionalDouble.of(number.doubleValue());
            case Object other -> throw unexpected(column, other, "a number");
        };
    }

    /// A `bit`, or a number that stands for one: 0 is false.
    public boolean flag(String column) {
        return optionalFlag(column).orElseThrow(() -> unexpectedNull(column));
    }

    /// As [#flag].
    public Optional<Boolean> optionalFlag(String column) {
        return switch (value(column)) {
            case null -> Optional.empty();
            case Boolean flag -> Optional.of(flag);
            case Number number -> Optional.of(number.longValue() != 0);
            case Object other -> throw unexpected(column, other, "a flag");
        };
    }

    /// A `datetime` or `datetime2`, which have no zone: SQL Server's own clock has shown it.
    public LocalDateTime time(String column) {
        return optionalTime(column).orElseThrow(() -> unexpectedNull(column));
    }

    /// As [#time].
    public Optional<LocalDateTime> optionalTime(String column) {
        return switch (value(column)) {
            case null -> Optional.empty();
            case Timestamp timestamp -> Optional.of(timestamp.toLocalDateTime());
            case LocalDateTime local -> Optional.of(local);
            case Object other -> throw unexpected(column, other, "a time");
        };
    }

    /// A time without a zone that is known to be in UTC.
    public Instant utc(String column) {
        return time(column).toInstant(ZoneOffset.UTC);
    }

    public byte[] bytes(String column) {
        return optionalBytes(column).orElseThrow(() -> unexpectedNull(column));
    }

    /// As [#bytes].
    public Optional<byte[]> optionalBytes(String column) {
        return switch (value(column)) {
            case null -> Optional.empty();
            case byte[] bytes -> Optional.of(bytes.clone());
            case Object other -> throw unexpected(column, other, "bytes");
        };
    }

    /// Every column with its value, for what keeps rows whole.
    void forEach(BiConsumer<? super String, ? super @Nullable Object> column) {
        places.values().stream().sorted().forEach(place -> column.accept(columns.get(place), values[place]));
    }

    private @Nullable Object value(String column) {
        Integer place = places.get(column);
        if (place == null) {
            throw new IllegalStateException("The answer has no column %s, only %s".formatted(column, columns));
        }
        return values[place];
    }

    private static IllegalStateException unexpectedNull(String column) {
        return new IllegalStateException("Column %s is NULL, which it never should be".formatted(column));
    }

    private static IllegalStateException unexpected(String column, Object value, String wanted) {
        return new IllegalStateException("Column %s is not %s but %s %s"
                .formatted(
                        column,
                        wanted,
                        value.getClass().getName(),
                        value instanceof byte[] bytes ? Arrays.toString(bytes) : value));
    }

    @Override
    public String toString() {
        List<String> shown = new ArrayList<>();
        forEach((name, value) ->
                shown.add(name + "=" + (value instanceof byte[] bytes ? Arrays.toString(bytes) : value)));
        return "Row" + shown;
    }
}
