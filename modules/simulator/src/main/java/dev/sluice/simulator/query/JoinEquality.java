package dev.sluice.simulator.query;

import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Condition;
import dev.sluice.simulator.tsql.Expression;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// A column of the left side of a join that must equal one of the right side: rows with other values need not be
/// tried. A history of thousands of backups is joined with its media for each backup that a client takes.
///
/// @param left  index of the column among those of the left side
/// @param right among those of the right side
record JoinEquality(int left, int right) {

    /// Finds one in a condition that is true only where the equality is.
    ///
    /// @param both  the columns of both sides
    /// @param width how many of them are the left side's
    static Optional<JoinEquality> in(@Nullable Condition on, Scope both, int width) {
        return switch (on) {
            case Condition.And(Condition first, Condition second) ->
                in(first, both, width).or(() -> in(second, both, width));
            case Condition.Comparison(
                    Condition.Relation relation,
                    Expression.ColumnName first,
                    Expression.ColumnName second)
            when relation == Condition.Relation.EQUAL -> of(both.index(first), both.index(second), both, width);
            case null, default -> Optional.empty();
        };
    }

    private static Optional<JoinEquality> of(int first, int second, Scope both, int width) {
        int left = Math.min(first, second);
        int right = Math.max(first, second);
        if (left < 0 || left >= width || right < width) {
            return Optional.empty();
        }
        SqlType type = both.fields().get(left).type();
        // Of these types, equal values are equal objects. Texts are equal by a collation, and numbers of two types
        // after a conversion.
        boolean plain = type.equals(SqlType.INT) || type.equals(SqlType.UNIQUEIDENTIFIER);
        return plain && type.equals(both.fields().get(right).type())
                ? Optional.of(new JoinEquality(left, right - width))
                : Optional.empty();
    }

    @Nullable
    Object left(@Nullable Object[] row) {
        return row[left];
    }

    /// Rows of the right side, in their order. NULL equals nothing, which is for the condition to say.
    Map<@Nullable Object, List<@Nullable Object[]>> byValue(List<@Nullable Object[]> rows) {
        Map<@Nullable Object, List<@Nullable Object[]>> byValue = new HashMap<>();
        for (@Nullable Object[] row : rows) {
            byValue.computeIfAbsent(row[right], _ -> new ArrayList<>()).add(row);
        }
        return byValue;
    }
}
