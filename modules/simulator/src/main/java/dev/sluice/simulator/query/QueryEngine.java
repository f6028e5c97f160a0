package dev.sluice.simulator.query;

import dev.sluice.simulator.query.Bound.Frame;
import dev.sluice.simulator.tds.Column;
import dev.sluice.simulator.tsql.Condition;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.Query;
import dev.sluice.simulator.tsql.Query.Item;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// Evaluates queries, and the expressions and conditions that stand alone.
public final class QueryEngine {

    private static final Frame NO_ROW = Frame.of(new Object[0], null);

    private final Environment environment;
    private final Catalog catalog;

    public QueryEngine(Environment environment, Catalog catalog) {
        this.environment = environment;
        this.catalog = catalog;
    }

    /// Runs a query. One that assigns variables answers no rows.
    ///
    /// @return null when it assigned variables instead
    public @Nullable Relation run(Query query) {
        if (query.items().stream().anyMatch(Item.Assignment.class::isInstance)) {
            assign(query);
            return null;
        }
        Plan plan = plan(query, environment, catalog, null);
        return new Relation(plan.columns(), plan.rows(null));
    }

    /// The variables get the values of the last row, and keep theirs where there is none.
    private void assign(Query query) {
        List<String> variables = new ArrayList<>();
        List<Item> items = new ArrayList<>();
        for (Item item : query.items()) {
            if (!(item instanceof Item.Assignment assignment)) {
                throw SqlFailure.syntax(
                        141,
                        "A SELECT statement that assigns a value to a variable must not be combined with data-retrieval operations.",
                        1);
            }
            variables.add(assignment.variable());
            items.add(new Item.Value(assignment.expression(), ""));
        }
        Query values = new Query(
                query.distinct(),
                query.top(),
                items,
                query.from(),
                query.where(),
                query.groupBy(),
                query.having(),
                query.orderBy());
        List<@Nullable Object[]> rows = plan(values, environment, catalog, null).rows(null);
        if (!rows.isEmpty()) {
            @Nullable Object[] last = rows.getLast();
            for (int i = 0; i < last.length; i++) {
                environment.assign(variables.get(i), last[i]);
            }
        }
    }

    /// How the session compares and converts at the moment.
    public Values values() {
        return environment.values();
    }

    /// The value of an expression that names no columns.
    public Environment.Typed evaluate(Expression expression) {
        Bound bound = new Binder(environment, catalog, Scope.empty(null, environment.identifiers())).bind(expression);
        return new Environment.Typed(bound.type(), bound.value(NO_ROW));
    }

    /// Whether a condition that names no columns is true.
    public boolean holds(Condition condition) {
        return new Binder(environment, catalog, Scope.empty(null, environment.identifiers()))
                .test(condition)
                .isTrue(NO_ROW);
    }

    /// A query whose names have been looked up.
    interface Plan {
        List<Column> columns();

        List<@Nullable Object[]> rows(@Nullable Frame outer);
    }

    static Plan plan(Query query, Environment environment, Catalog catalog, @Nullable Scope outer) {
        Sources.BoundSource source = new Sources(environment, catalog, query.where()).bind(query.from(), outer);
        Binder binder = new Binder(environment, catalog, source.scope());
        List<Column> columns = new ArrayList<>();
        List<Bound> values = new ArrayList<>();
        for (Item item : query.items()) {
            switch (item) {
                case Item.AllColumns all -> expand(all.alias(), source.scope(), columns, values);
                case Item.Value value -> {
                    Bound bound = binder.bind(value.expression());
                    columns.add(new Column(nameOf(value), bound.type()));
                    values.add(bound);
                }
                case Item.Assignment assignment ->
                    throw SqlFailure.syntax(102, "Incorrect syntax near '%s'.".formatted(assignment.variable()), 1);
            }
        }
        Bound.Test where = query.where() == null ? _ -> true : binder.test(query.where());
        Bound.Test having = query.having() == null ? _ -> true : binder.test(query.having());
        boolean grouped = !query.groupBy().isEmpty() || expressions(query).anyMatch(Aggregates::in);
        if (grouped) {
            expressions(query).forEach(expression -> Aggregates.requireGrouped(expression, query.groupBy()));
        }
        List<Bound> groupBy = query.groupBy().stream().map(binder::bind).toList();
        List<Ordering.Key> order = Ordering.keys(query, columns, values, binder);
        Bound top = query.top() == null ? null : binder.bind(query.top());
        return new Plan() {
            @Override
            public List<Column> columns() {
                return columns;
            }

            @Override
            public List<@Nullable Object[]> rows(@Nullable Frame around) {
                List<Frame> frames = new ArrayList<>();
                for (@Nullable Object[] row : source.rows().apply(around)) {
                    Frame frame = Frame.of(row, around);
                    if (where.isTrue(frame)) {
                        frames.add(frame);
                    }
                }
                if (grouped) {
                    frames = groups(
                            frames, groupBy, around, source.scope().fields().size(), binder.values());
                    frames.removeIf(frame -> !having.isTrue(frame));
                }
                Ordering.sort(frames, order, binder.values());
                List<@Nullable Object[]> rows = new ArrayList<>();
                for (Frame frame : frames) {
                    rows.add(Binder.values(values, frame).toArray());
                }
                return limited(query.distinct() ? distinct(rows, binder.values()) : rows, top, around);
            }
        };
    }

    private static Stream<Expression> expressions(Query query) {
        return query.items().stream()
                .filter(Item.Value.class::isInstance)
                .map(item -> ((Item.Value) item).expression());
    }

    private static void expand(@Nullable String alias, Scope scope, List<Column> columns, List<Bound> values) {
        int before = columns.size();
        for (int i = 0; i < scope.fields().size(); i++) {
            Scope.Field field = scope.fields().get(i);
            if (alias == null || scope.names().equal(field.alias(), alias)) {
                int index = i;
                columns.add(new Column(field.name(), field.type()));
                values.add(new Bound(field.type(), frame -> frame.row()[index]));
            }
        }
        if (columns.size() == before) {
            throw alias == null
                    ? SqlFailure.error(263, "Must specify table to select from.")
                    : SqlFailure.error(
                            107,
                            "The column prefix '%s' does not match with a table name or alias name used in the query."
                                    .formatted(alias));
        }
    }

    private static String nameOf(Item.Value value) {
        if (!value.alias().isEmpty()) {
            return value.alias();
        }
        return value.expression() instanceof Expression.ColumnName name ? name.column() : "";
    }

    private static List<Frame> groups(
            List<Frame> frames, List<Bound> groupBy, @Nullable Frame outer, int width, Values values) {
        Map<List<@Nullable Object>, List<@Nullable Object[]>> groups = new LinkedHashMap<>();
        for (Frame frame : frames) {
            groups.computeIfAbsent(keys(Binder.values(groupBy, frame), values), _ -> new ArrayList<>())
                    .add(frame.row());
        }
        if (groups.isEmpty() && groupBy.isEmpty()) {
            groups.put(List.of(), List.of()); // aggregates over nothing are one row all the same
        }
        List<Frame> result = new ArrayList<>();
        for (List<@Nullable Object[]> rows : groups.values()) {
            result.add(new Frame(rows.isEmpty() ? new Object[width] : rows.getFirst(), rows, outer));
        }
        return result;
    }

    private static List<@Nullable Object> keys(List<@Nullable Object> row, Values values) {
        List<@Nullable Object> keys = new ArrayList<>();
        row.forEach(value -> keys.add(values.key(value)));
        return keys;
    }

    private static List<@Nullable Object[]> distinct(List<@Nullable Object[]> rows, Values values) {
        Set<List<@Nullable Object>> seen = new HashSet<>();
        List<@Nullable Object[]> kept = new ArrayList<>(rows);
        kept.removeIf(row -> !seen.add(keys(Arrays.asList(row), values)));
        return kept;
    }

    private static List<@Nullable Object[]> limited(
            List<@Nullable Object[]> rows, @Nullable Bound top, @Nullable Frame outer) {
        if (top == null) {
            return rows;
        }
        Object count = top.value(Frame.of(new Object[0], outer));
        if (!(count instanceof Number n)) {
            throw SqlFailure.error(
                    1060,
                    "The number of rows provided for a TOP or FETCH clauses row count parameter must be an integer.");
        }
        return rows.subList(0, Math.clamp(n.longValue(), 0, rows.size()));
    }
}
