package dev.sluice.simulator.query;

import dev.sluice.simulator.query.Bound.Frame;
import dev.sluice.simulator.tds.Column;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Condition;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.Query.Source;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// The tables of a FROM clause, and their joins.
final class Sources {

    private final Environment environment;
    private final Catalog catalog;
    private final @Nullable Condition where;

    /// @param where what the query asks of the rows, for the tables to leave out at once what it cannot let through
    Sources(Environment environment, Catalog catalog, @Nullable Condition where) {
        this.environment = environment;
        this.catalog = catalog;
        this.where = where;
    }

    /// Columns, and rows given the row of the query around.
    record BoundSource(Scope scope, Function<@Nullable Frame, List<@Nullable Object[]>> rows) {}

    BoundSource bind(List<Source> sources, @Nullable Scope outer) {
        if (sources.isEmpty()) {
            List<@Nullable Object[]> oneRow = List.<@Nullable Object[]>of(new @Nullable Object[0]);
            return new BoundSource(Scope.empty(outer, environment.identifiers()), _ -> oneRow);
        }
        BoundSource bound = bind(sources.getFirst(), outer);
        for (Source next : sources.subList(1, sources.size())) {
            bound = join(Source.Kind.CROSS, bound, bind(next, outer), null);
        }
        return bound;
    }

    private BoundSource bind(Source source, @Nullable Scope outer) {
        return switch (source) {
            case Source.Table table -> table(table, outer);
            case Source.Function function -> function(function, outer);
            case Source.Derived derived -> {
                QueryEngine.Plan plan = QueryEngine.plan(derived.query(), environment, catalog, outer);
                yield new BoundSource(scope(derived.alias(), plan.columns(), outer), plan::rows);
            }
            case Source.Join join -> join(join, outer);
        };
    }

    private BoundSource table(Source.Table table, @Nullable Scope outer) {
        Relation relation = catalog.table(table.name());
        if (relation == null) {
            throw SqlFailure.error(208, "Invalid object name '%s'.".formatted(String.join(".", table.name())));
        }
        Scope scope = scope(table.alias(), relation.columns(), outer);
        Binder binder = new Binder(environment, catalog, scope);
        List<Seek> seeks = Seek.in(where, scope, binder);
        return new BoundSource(scope, _ -> {
            List<@Nullable Object[]> rows = relation.rows();
            for (Seek seek : seeks) {
                rows = seek.among(rows, binder.values());
            }
            return rows;
        });
    }

    private BoundSource function(Source.Function function, @Nullable Scope outer) {
        Binder binder =
                new Binder(environment, catalog, outer == null ? Scope.empty(null, environment.identifiers()) : outer);
        List<Bound> arguments = function.arguments().stream()
                .map(argument -> bindArgument(argument, binder))
                .toList();
        List<@Nullable Object> nothing = Collections.nCopies(arguments.size(), null);
        Relation shape = catalog.function(function.name(), nothing);
        if (shape == null) {
            throw SqlFailure.error(208, "Invalid object name '%s'.".formatted(String.join(".", function.name())));
        }
        return new BoundSource(scope(function.alias(), shape.columns(), outer), frame -> {
            Frame row = frame == null ? Frame.of(new Object[0], null) : frame;
            Relation result = catalog.function(function.name(), Binder.values(arguments, row));
            return result == null ? List.of() : result.rows();
        });
    }

    private static Bound bindArgument(Expression argument, Binder binder) {
        if (argument instanceof Expression.ColumnName name
                && name.parts().size() == 1
                && name.column().equalsIgnoreCase("DEFAULT")) {
            return Bound.constant(SqlType.INT, null);
        }
        return binder.bind(argument);
    }

    private BoundSource join(Source.Join join, @Nullable Scope outer) {
        BoundSource left = bind(join.left(), outer);
        boolean applies = join.kind() == Source.Kind.CROSS_APPLY || join.kind() == Source.Kind.OUTER_APPLY;
        // What is applied sees the row on its left as the query around it.
        BoundSource right = bind(
                join.right(), applies ? new Scope(left.scope().fields(), outer, environment.identifiers()) : outer);
        if (!applies) {
            return join(join.kind(), left, right, join.on());
        }
        Scope both = left.scope().and(right.scope());
        int width = right.scope().fields().size();
        boolean keeps = join.kind() == Source.Kind.OUTER_APPLY;
        return new BoundSource(both, frame -> {
            List<@Nullable Object[]> rows = new ArrayList<>();
            for (@Nullable Object[] row : left.rows().apply(frame)) {
                List<@Nullable Object[]> applied = right.rows().apply(Frame.of(row, frame));
                applied.forEach(other -> rows.add(concatenated(row, other)));
                if (applied.isEmpty() && keeps) {
                    rows.add(Arrays.copyOf(row, row.length + width));
                }
            }
            return rows;
        });
    }

    private BoundSource join(Source.Kind kind, BoundSource left, BoundSource right, @Nullable Condition on) {
        Scope both = left.scope().and(right.scope());
        Bound.Test test = on == null ? _ -> true : new Binder(environment, catalog, both).test(on);
        int width = right.scope().fields().size();
        JoinEquality equality =
                JoinEquality.in(on, both, left.scope().fields().size()).orElse(null);
        return new BoundSource(both, frame -> {
            List<@Nullable Object[]> rows = new ArrayList<>();
            Function<@Nullable Object[], List<@Nullable Object[]>> partners =
                    partners(equality, right.rows().apply(frame));
            for (@Nullable Object[] row : left.rows().apply(frame)) {
                int before = rows.size();
                for (@Nullable Object[] other : partners.apply(row)) {
                    @Nullable Object[] joined = concatenated(row, other);
                    if (test.isTrue(Frame.of(joined, frame))) {
                        rows.add(joined);
                    }
                }
                if (rows.size() == before && kind == Source.Kind.LEFT) {
                    rows.add(Arrays.copyOf(row, row.length + width));
                }
            }
            return rows;
        });
    }

    /// What can go with a row of the left side; the condition decides.
    private static Function<@Nullable Object[], List<@Nullable Object[]>> partners(
            @Nullable JoinEquality equality, List<@Nullable Object[]> others) {
        if (equality == null) {
            return _ -> others;
        }
        Map<@Nullable Object, List<@Nullable Object[]>> byValue = equality.byValue(others);
        return row -> byValue.getOrDefault(equality.left(row), List.of());
    }

    private static @Nullable Object[] concatenated(@Nullable Object[] left, @Nullable Object[] right) {
        @Nullable Object[] both = Arrays.copyOf(left, left.length + right.length);
        System.arraycopy(right, 0, both, left.length, right.length);
        return both;
    }

    private Scope scope(String alias, List<Column> columns, @Nullable Scope outer) {
        return new Scope(
                columns.stream()
                        .map(column -> new Scope.Field(alias, column.name(), column.type()))
                        .toList(),
                outer,
                environment.identifiers());
    }
}
