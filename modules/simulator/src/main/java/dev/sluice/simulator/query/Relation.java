package dev.sluice.simulator.query;

import dev.sluice.simulator.tds.Column;
import dev.sluice.simulator.tds.SqlType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/// Columns and rows, as they are at one moment.
public record Relation(List<Column> columns, List<@Nullable Object[]> rows) {

    public Relation {
        columns = List.copyOf(columns);
        rows = Collections.unmodifiableList(rows);
    }

    /// The same without some of the columns.
    public Relation without(String... names) {
        List<String> unwanted = List.of(names);
        int[] kept = IntStream.range(0, columns.size())
                .filter(i -> !unwanted.contains(columns.get(i).name()))
                .toArray();
        List<Column> fewer = new ArrayList<>();
        for (int i : kept) {
            fewer.add(columns.get(i));
        }
        List<@Nullable Object[]> cut = new ArrayList<>();
        for (@Nullable Object[] row : rows) {
            @Nullable Object[] shorter = new @Nullable Object[kept.length];
            for (int i = 0; i < kept.length; i++) {
                shorter[i] = row[kept[i]];
            }
            cut.add(shorter);
        }
        return new Relation(fewer, cut);
    }

    /// Begins a relation with these columns.
    public static Builder of(Object... namesAndTypes) {
        List<Column> columns = new ArrayList<>();
        for (int i = 0; i < namesAndTypes.length; i += 2) {
            columns.add(new Column((String) namesAndTypes[i], (SqlType) namesAndTypes[i + 1]));
        }
        return new Builder(columns);
    }

    /// Takes rows.
    public static final class Builder {
        private final List<Column> columns;
        private final List<@Nullable Object[]> rows = new ArrayList<>();

        private Builder(List<Column> columns) {
            this.columns = columns;
        }

        /// A value, or null, for every column.
        public Builder row(@Nullable Object... values) {
            if (values.length != columns.size()) {
                throw new IllegalArgumentException(String.format(
                        Locale.ROOT,
                        "%d values for %d columns: %s",
                        values.length,
                        columns.size(),
                        Arrays.toString(values)));
            }
            rows.add(values.clone());
            return this;
        }

        public Relation build() {
            return new Relation(columns, rows);
        }
    }
}
