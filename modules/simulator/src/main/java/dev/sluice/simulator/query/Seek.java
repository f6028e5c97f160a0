package dev.sluice.simulator.query;

import dev.sluice.simulator.query.Bound.Frame;
import dev.sluice.simulator.tsql.Condition;
import dev.sluice.simulator.tsql.Expression;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A column that equals one value in every row that a WHERE clause lets through. The rows are picked from their
/// table before it is joined: a client looks for one backup among the thousands in msdb, with each backup that it
/// takes. The clause is tested all the same.
///
/// @param column index of the column in its table
/// @param wanted a literal's or a variable's value, which is the same for all rows
record Seek(int column, Bound wanted) {

    private static final Frame NO_ROW = Frame.of(new Object[0], null);

    /// Finds them in a condition that is true only where all of them are.
    static List<Seek> in(@Nullable Condition where, Scope table, Binder binder) {
        List<Seek> seeks = new ArrayList<>();
        collect(where, table, binder, seeks);
        return seeks;
    }

    private static void collect(@Nullable Condition where, Scope table, Binder binder, List<Seek> seeks) {
        switch (where) {
            case Condition.And(Condition left, Condition right) -> {
                collect(left, table, binder, seeks);
                collect(right, table, binder, seeks);
            }
            case Condition.Comparison(Condition.Relation relation, Expression.ColumnName name, Expression value)
            when relation == Condition.Relation.EQUAL && isOneForAllRows(value) -> {
                int column = table.index(name);
                if (column >= 0) {
                    seeks.add(new Seek(column, binder.bind(value)));
                }
            }
            case null, default -> {
                // It may be true of any row.
            }
        }
    }

    private static boolean isOneForAllRows(Expression value) {
        return value instanceof Expression.Literal || value instanceof Expression.Variable;
    }

    /// The rows that have the value, in their order.
    List<@Nullable Object[]> among(List<@Nullable Object[]> rows, Values values) {
        Object value = wanted.value(NO_ROW);
        if (value == null) {
            return List.of(); // nothing equals NULL
        }
        List<@Nullable Object[]> found = new ArrayList<>();
        for (@Nullable Object[] row : rows) {
            Object cell = row[column];
            if (cell != null && values.compare(cell, value) == 0) {
                found.add(row);
            }
        }
        return found;
    }
}
