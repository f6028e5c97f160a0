package dev.sluice.simulator.query;

import dev.sluice.simulator.tds.Column;
import dev.sluice.simulator.tds.SqlType;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Columns and rows, as they are at one moment.
public record Relation(List<Column> columns, List<@Nullable Object[]> rows) {

    public Relation {
        columns = List.copyOf(columns);
        rows = Collections.unmodifiableList(rows);
    }

    /// Begins a relation with a row for each of these.
    public static <R> Builder<R> of(Iterable<? extends R> rows) {
        return new Builder<>(rows);
    }

    /// Takes columns, one at a time: name, SQL type, and the value that a row has in it. An `Integer` will do for a
    /// SMALLINT or TINYINT.
    public static final class Builder<R> {
        private final Iterable<? extends R> rows;
        private final List<Column> columns = new ArrayList<>();
        private final List<Function<? super R, ? extends @Nullable Object>> values = new ArrayList<>();

        private Builder(Iterable<? extends R> rows) {
            this.rows = rows;
        }

        public Builder<R> column(String name, SqlType type, Function<? super R, ? extends @Nullable Object> value) {
            columns.add(new Column(name, type));
            values.add(value);
            return this;
        }

        /// A column that only some releases have.
        public Builder<R> columnIf(
                boolean present, String name, SqlType type, Function<? super R, ? extends @Nullable Object> value) {
            return present ? column(name, type, value) : this;
        }

        public Relation build() {
            List<@Nullable Object[]> built = new ArrayList<>();
            for (R row : rows) {
                @Nullable Object[] cells = new @Nullable Object[values.size()];
                for (int i = 0; i < cells.length; i++) {
                    cells[i] = narrowed(columns.get(i).type(), values.get(i).apply(row));
                }
                built.add(cells);
            }
            return new Relation(columns, built);
        }

        private static @Nullable Object narrowed(SqlType type, @Nullable Object value) {
            boolean small = type.equals(SqlType.SMALLINT) || type.equals(SqlType.TINYINT);
            if (small && value instanceof Integer number) {
                if (number != number.shortValue()) {
                    throw new IllegalArgumentException(
                            String.format(Locale.ROOT, "%d is too large for %s", number, type));
                }
                return number.shortValue();
            }
            return value;
        }
    }
}
