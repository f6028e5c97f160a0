package dev.sluice.simulator.tsql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// A SELECT.
///
/// @param top the number of rows, or null for all
/// @param from the tables; several are a cross join
public record Query(
        boolean distinct,
        @Nullable Expression top,
        List<Item> items,
        List<Source> from,
        @Nullable Condition where,
        List<Expression> groupBy,
        @Nullable Condition having,
        List<Order> orderBy) {

    public Query {
        items = List.copyOf(items);
        from = List.copyOf(from);
        groupBy = List.copyOf(groupBy);
        orderBy = List.copyOf(orderBy);
    }

    /// What stands between SELECT and FROM.
    public sealed interface Item {

        /// `*` or `alias.*`.
        record AllColumns(@Nullable String alias) implements Item {}

        /// @param alias empty for none
        record Value(Expression expression, String alias) implements Item {}

        /// `@variable = expression`.
        record Assignment(String variable, Expression expression) implements Item {}
    }

    /// What stands behind FROM.
    public sealed interface Source {

        /// @param alias the table's last name where none was given
        record Table(List<String> name, String alias) implements Source {
            public Table {
                name = List.copyOf(name);
            }
        }

        record Function(List<String> name, List<Expression> arguments, String alias) implements Source {
            public Function {
                name = List.copyOf(name);
                arguments = List.copyOf(arguments);
            }
        }

        record Derived(Query query, String alias) implements Source {}

        /// @param on null for the cross kinds
        record Join(
                Kind kind,
                Source left,
                Source right,
                @Nullable Condition on) implements Source {}

        /// How two sources meet.
        enum Kind {
            INNER,
            LEFT,
            CROSS,
            CROSS_APPLY,
            OUTER_APPLY
        }
    }

    public record Order(Expression expression, boolean descending) {}
}
