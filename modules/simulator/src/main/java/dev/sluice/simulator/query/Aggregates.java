package dev.sluice.simulator.query;

import dev.sluice.simulator.query.Bound.Frame;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Condition;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.SqlFailure;
import java.math.BigDecimal;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// COUNT, MIN, MAX, SUM and AVG, and what they demand of the rest of the select list.
final class Aggregates {

    private static final Set<String> NAMES = Set.of("count", "count_big", "min", "max", "sum", "avg");

    private Aggregates() {}

    static boolean isAggregate(String name) {
        return NAMES.contains(name);
    }

    static Bound bind(String name, Expression.Call call, Values conventions, Function<Expression, Bound> binder) {
        if (call.star()) {
            return name.equals("count")
                    ? new Bound(SqlType.INT, frame -> frame.group().size())
                    : new Bound(SqlType.BIGINT, frame -> (long) frame.group().size());
        }
        if (call.arguments().size() != 1) {
            throw SqlFailure.syntax(174, "The %s function requires 1 argument(s).".formatted(name), 1);
        }
        Bound argument = binder.apply(call.arguments().getFirst());
        SqlType type = switch (name) {
            case "count" -> SqlType.INT;
            case "count_big" -> SqlType.BIGINT;
            case "sum", "avg" ->
                argument.type() instanceof SqlType.Whole whole && whole.bytes() < 4 ? SqlType.INT : argument.type();
            default -> argument.type();
        };
        return new Bound(
                type, frame -> conventions.convert(aggregate(name, values(argument, frame), conventions), type, 0));
    }

    /// NULLs do not take part.
    private static List<Object> values(Bound argument, Frame frame) {
        List<Object> values = new ArrayList<>();
        for (@Nullable Object[] row : frame.group()) {
            Object value = argument.value(Frame.of(row, frame.outer()));
            if (value != null) {
                values.add(value);
            }
        }
        return values;
    }

    private static @Nullable Object aggregate(String name, List<Object> values, Values conventions) {
        return switch (name) {
            case "count", "count_big" -> values.size();
            case "min" -> values.stream().min(conventions::compare).orElse(null);
            case "max" -> values.stream().max(conventions::compare).orElse(null);
            case "sum" -> values.isEmpty() ? null : sum(values);
            default ->
                values.isEmpty() ? null : sum(values).divide(BigDecimal.valueOf(values.size()), MathContext.DECIMAL128);
        };
    }

    private static BigDecimal sum(List<Object> values) {
        return values.stream()
                .map(value -> Values.number(value, SqlType.BIGINT))
                .reduce(BigDecimal.ZERO, BigDecimal::add);
    }

    private static boolean isAggregate(Expression expression) {
        return expression instanceof Expression.Call call
                && isAggregate(call.name().getLast().toLowerCase(Locale.ROOT));
    }

    /// Whether an aggregate is anywhere in the expression.
    static boolean in(Expression expression) {
        return isAggregate(expression) || parts(expression).anyMatch(Aggregates::in);
    }

    /// 8120: a column must be grouped by or aggregated.
    static void requireGrouped(Expression expression, List<Expression> groupBy) {
        if (groupBy.contains(expression) || isAggregate(expression)) {
            return;
        }
        if (expression instanceof Expression.ColumnName name) {
            throw SqlFailure.error(
                    8120,
                    "Column '%s' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause."
                            .formatted(String.join(".", name.parts())));
        }
        parts(expression).forEach(part -> requireGrouped(part, groupBy));
    }

    private static Stream<Expression> parts(Expression expression) {
        return switch (expression) {
            case Expression.Literal _, Expression.Variable _, Expression.ColumnName _, Expression.Scalar _ ->
                Stream.empty();
            case Expression.Negation negation -> Stream.of(negation.operand());
            case Expression.Arithmetic arithmetic -> Stream.of(arithmetic.left(), arithmetic.right());
            case Expression.Call call -> call.arguments().stream();
            case Expression.Cast cast -> Stream.of(cast.operand());
            case Expression.Case choice ->
                Stream.concat(
                        choice.branches().stream()
                                .flatMap(
                                        branch -> Stream.concat(parts(branch.condition()), Stream.of(branch.result()))),
                        Stream.ofNullable(choice.otherwise()));
        };
    }

    private static Stream<Expression> parts(Condition condition) {
        return switch (condition) {
            case Condition.And and -> Stream.concat(parts(and.left()), parts(and.right()));
            case Condition.Or or -> Stream.concat(parts(or.left()), parts(or.right()));
            case Condition.Not not -> parts(not.operand());
            case Condition.Comparison comparison -> Stream.of(comparison.left(), comparison.right());
            case Condition.In in -> Stream.concat(Stream.of(in.operand()), in.values().stream());
            case Condition.InQuery in -> Stream.of(in.operand());
            case Condition.Like like -> Stream.of(like.operand(), like.pattern());
            case Condition.IsNull isNull -> Stream.of(isNull.operand());
            case Condition.Exists _ -> Stream.empty();
        };
    }
}
