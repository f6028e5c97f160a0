package dev.sluice.simulator.query;

import dev.sluice.simulator.tds.SqlType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// An expression whose names have been looked up.
record Bound(SqlType type, Evaluation evaluation) {

    /// Computes the value for a row.
    interface Evaluation {
        @Nullable
        Object value(Frame frame);
    }

    /// A condition whose names have been looked up: true, false, or null for unknown.
    interface Test {
        @Nullable
        Boolean holds(Frame frame);

        default boolean isTrue(Frame frame) {
            return Boolean.TRUE.equals(holds(frame));
        }
    }

    /// The row that is looked at, the rows it stands for when they are grouped, and the row of the query
    /// around.
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Frame(
            @Nullable Object[] row,
            List<@Nullable Object[]> group,
            @Nullable Frame outer) {

        static Frame of(@Nullable Object[] row, @Nullable Frame outer) {
            return new Frame(row, List.of(), outer);
        }
    }

    @Nullable
    Object value(Frame frame) {
        return evaluation.value(frame);
    }

    /// The word NULL. It has no type of its own, and takes that of what it stands beside; alone it is an int.
    static final Bound NULL = new Bound(SqlType.INT, _ -> null);

    /// The type of highest precedence among these.
    static SqlType commonType(List<Bound> all) {
        SqlType common = null;
        for (Bound bound : all) {
            if (!bound.equals(NULL)) {
                common = common == null ? bound.type : Values.common(common, bound.type);
            }
        }
        return common == null ? NULL.type : common;
    }

    static Bound constant(SqlType type, @Nullable Object value) {
        return new Bound(type, _ -> value);
    }

    /// The same, converted.
    Bound as(SqlType wanted, Values values) {
        return wanted.equals(type) ? this : new Bound(wanted, frame -> values.convert(value(frame), wanted, 0));
    }
}
