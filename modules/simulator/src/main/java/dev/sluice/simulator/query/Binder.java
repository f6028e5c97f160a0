package dev.sluice.simulator.query;

import dev.sluice.simulator.query.Bound.Frame;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Condition;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.Query;
import dev.sluice.simulator.tsql.SqlFailure;
import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Looks up the names in expressions and conditions.
final class Binder {

    private final Environment environment;
    private final Catalog catalog;
    private final Scope scope;
    private final Values values;

    Binder(Environment environment, Catalog catalog, Scope scope) {
        this.environment = environment;
        this.catalog = catalog;
        this.scope = scope;
        this.values = environment.values();
    }

    Values values() {
        return values;
    }

    Collation identifiers() {
        return environment.identifiers();
    }

    Bound bind(Expression expression) {
        return switch (expression) {
            case Expression.Literal literal ->
                literal.value() == null ? Bound.NULL : Bound.constant(literal.type(), literal.value());
            case Expression.Variable variable -> variable(variable.name());
            case Expression.ColumnName name -> scope.resolve(name);
            case Expression.Negation negation -> negate(bind(negation.operand()));
            case Expression.Arithmetic arithmetic ->
                arithmetic(arithmetic.operator(), bind(arithmetic.left()), bind(arithmetic.right()));
            case Expression.Call call -> call(call);
            case Expression.Cast cast -> cast(cast);
            case Expression.Case choice -> choice(choice);
            case Expression.Scalar scalar -> scalar(scalar.query());
        };
    }

    private Bound variable(String name) {
        Environment.Typed now = environment.variable(name);
        if (now == null) {
            throw SqlFailure.syntax(137, "Must declare the scalar variable \"%s\".".formatted(name), 1);
        }
        return new Bound(now.type(), _ -> {
            Environment.Typed then = environment.variable(name);
            return then == null ? null : then.value();
        });
    }

    private Bound negate(Bound operand) {
        return new Bound(operand.type(), frame -> {
            Object value = operand.value(frame);
            return value == null
                    ? null
                    : values.convert(Values.number(value, operand.type()).negate(), operand.type(), 0);
        });
    }

    private Bound arithmetic(Expression.Operator operator, Bound left, Bound right) {
        SqlType type = Bound.commonType(List.of(left, right));
        if (operator == Expression.Operator.PLUS && type instanceof SqlType.Characters) {
            return concatenation(left, right);
        }
        SqlType result = type instanceof SqlType.Characters
                ? SqlType.INT
                : type instanceof SqlType.Decimal decimal && operator == Expression.Operator.DIVIDED_BY
                        ? SqlType.decimal(SqlType.LARGEST_PRECISION, Math.max(6, decimal.scale()))
                        : type instanceof SqlType.Decimal decimal
                                ? SqlType.decimal(SqlType.LARGEST_PRECISION, scaleOf(operator, left, right, decimal))
                                : type;
        return new Bound(result, frame -> {
            Object a = left.value(frame);
            Object b = right.value(frame);
            if (a == null || b == null) {
                return null;
            }
            return values.convert(
                    computed(operator, Values.number(a, type), Values.number(b, type), result), result, 0);
        });
    }

    private static int scaleOf(Expression.Operator operator, Bound left, Bound right, SqlType.Decimal common) {
        if (operator != Expression.Operator.TIMES) {
            return common.scale();
        }
        return Math.min(
                SqlType.LARGEST_PRECISION,
                (left.type() instanceof SqlType.Decimal a ? a.scale() : 0)
                        + (right.type() instanceof SqlType.Decimal b ? b.scale() : 0));
    }

    private static BigDecimal computed(Expression.Operator operator, BigDecimal a, BigDecimal b, SqlType type) {
        boolean divides = operator == Expression.Operator.DIVIDED_BY || operator == Expression.Operator.MODULO;
        if (divides && b.signum() == 0) {
            throw SqlFailure.error(8134, "Divide by zero error encountered.");
        }
        return switch (operator) {
            case PLUS -> a.add(b);
            case MINUS -> a.subtract(b);
            case TIMES -> a.multiply(b);
            case DIVIDED_BY ->
                type instanceof SqlType.Whole
                        ? a.divideToIntegralValue(b)
                        : type instanceof SqlType.Decimal decimal
                                ? a.divide(b, decimal.scale(), RoundingMode.HALF_UP)
                                : a.divide(b, MathContext.DECIMAL64);
            case MODULO -> a.remainder(b);
            case BIT_AND -> BigDecimal.valueOf(a.longValue() & b.longValue());
            case BIT_OR -> BigDecimal.valueOf(a.longValue() | b.longValue());
            case BIT_XOR -> BigDecimal.valueOf(a.longValue() ^ b.longValue());
        };
    }

    private static Bound concatenation(Bound left, Bound right) {
        boolean national = isNational(left.type()) || isNational(right.type());
        SqlType type = national ? SqlType.NVARCHAR_MAX : SqlType.VARCHAR_MAX;
        if (left.type() instanceof SqlType.Characters a
                && right.type() instanceof SqlType.Characters b
                && a.length() != SqlType.MAX
                && b.length() != SqlType.MAX) {
            type = new SqlType.Characters(national, false, Math.min(a.length() + b.length(), national ? 4000 : 8000));
        }
        return new Bound(type, frame -> {
            Object a = left.value(frame);
            Object b = right.value(frame);
            return a == null || b == null ? null : Values.text(a, 0) + Values.text(b, 0);
        });
    }

    private static boolean isNational(SqlType type) {
        return type instanceof SqlType.Characters characters && characters.national();
    }

    private Bound call(Expression.Call call) {
        String name = String.join(".", call.name()).toLowerCase(Locale.ROOT);
        if (Aggregates.isAggregate(name)) {
            return Aggregates.bind(name, call, values, argument -> bind(argument));
        }
        Bound builtin = Functions.bind(name, call.arguments(), this);
        if (builtin != null) {
            return builtin;
        }
        // Functions with a schema have names as tables have; the names of the others are the language's.
        boolean known = call.name().size() == 1 || identifiers().equal(String.join(".", call.name()), name);
        SqlType type = known ? environment.typeOf(name, call.arguments().size()) : null;
        if (type == null) {
            throw call.name().size() > 1
                    ? SqlFailure.error(
                            4121,
                            "Cannot find either column \"%s\" or the user-defined function or aggregate \"%s\", or the name is ambiguous."
                                    .formatted(call.name().getFirst(), String.join(".", call.name())))
                    : SqlFailure.syntax(
                            195,
                            "'%s' is not a recognized built-in function name."
                                    .formatted(call.name().getLast()),
                            1);
        }
        List<Bound> arguments = call.arguments().stream().map(this::bind).toList();
        return new Bound(type, frame -> environment.call(name, values(arguments, frame)));
    }

    static List<@Nullable Object> values(List<Bound> bound, Frame frame) {
        List<@Nullable Object> values = new ArrayList<>();
        for (Bound one : bound) {
            values.add(one.value(frame));
        }
        return values;
    }

    private Bound cast(Expression.Cast cast) {
        Bound operand = bind(cast.operand());
        return new Bound(cast.type(), frame -> {
            try {
                return values.convert(operand.value(frame), cast.type(), cast.style());
            } catch (SqlFailure failure) {
                if (cast.tries()) {
                    return null;
                }
                throw failure;
            }
        });
    }

    private Bound choice(Expression.Case choice) {
        List<Bound.Test> tests = new ArrayList<>();
        List<Bound> results = new ArrayList<>();
        for (Expression.When branch : choice.branches()) {
            tests.add(test(branch.condition()));
            results.add(bind(branch.result()));
        }
        Bound otherwise = choice.otherwise() == null ? null : bind(choice.otherwise());
        List<Bound> all = new ArrayList<>(results);
        if (otherwise != null) {
            all.add(otherwise);
        }
        SqlType common = Bound.commonType(all);
        return new Bound(common, frame -> {
            for (int i = 0; i < tests.size(); i++) {
                if (tests.get(i).isTrue(frame)) {
                    return results.get(i).as(common, values).value(frame);
                }
            }
            return otherwise == null ? null : otherwise.as(common, values).value(frame);
        });
    }

    private Bound scalar(Query query) {
        QueryEngine.Plan plan = subquery(query);
        if (plan.columns().size() != 1) {
            throw SqlFailure.error(
                    116,
                    "Only one expression can be specified in the select list when the subquery is not introduced with EXISTS.");
        }
        return new Bound(plan.columns().getFirst().type(), frame -> {
            List<@Nullable Object[]> rows = plan.rows(frame);
            if (rows.size() > 1) {
                throw SqlFailure.error(
                        512,
                        "Subquery returned more than 1 value. This is not permitted when the subquery follows =, !=, <, <= , >, >= or when the subquery is used as an expression.");
            }
            return rows.isEmpty() ? null : rows.getFirst()[0];
        });
    }

    private QueryEngine.Plan subquery(Query query) {
        return QueryEngine.plan(query, environment, catalog, scope);
    }

    Bound.Test test(Condition condition) {
        return switch (condition) {
            case Condition.And and -> {
                Bound.Test left = test(and.left());
                Bound.Test right = test(and.right());
                // What is on the right may be a query of its own.
                yield frame -> {
                    Boolean first = left.holds(frame);
                    return Boolean.FALSE.equals(first) ? first : both(first, right.holds(frame));
                };
            }
            case Condition.Or or -> {
                Bound.Test left = test(or.left());
                Bound.Test right = test(or.right());
                yield frame -> not(both(not(left.holds(frame)), not(right.holds(frame))));
            }
            case Condition.Not negated -> {
                Bound.Test operand = test(negated.operand());
                yield frame -> not(operand.holds(frame));
            }
            case Condition.Comparison comparison -> comparison(comparison);
            case Condition.IsNull isNull -> {
                Bound operand = bind(isNull.operand());
                yield frame -> operand.value(frame) == null;
            }
            case Condition.In in -> {
                Bound operand = bind(in.operand());
                List<Bound> among = in.values().stream().map(this::bind).toList();
                yield frame -> contained(operand.value(frame), values(among, frame));
            }
            case Condition.InQuery in -> {
                Bound operand = bind(in.operand());
                QueryEngine.Plan plan = subquery(in.query());
                yield frame -> {
                    List<@Nullable Object> among = new ArrayList<>();
                    for (@Nullable Object[] row : plan.rows(frame)) {
                        among.add(row[0]);
                    }
                    return contained(operand.value(frame), among);
                };
            }
            case Condition.Exists exists -> {
                QueryEngine.Plan plan = subquery(exists.query());
                yield frame -> !plan.rows(frame).isEmpty();
            }
            case Condition.Like like -> like(like);
        };
    }

    private Bound.Test comparison(Condition.Comparison comparison) {
        Bound left = bind(comparison.left());
        Bound right = bind(comparison.right());
        return frame -> {
            Object a = left.value(frame);
            Object b = right.value(frame);
            if (a == null || b == null) {
                return null;
            }
            int order = values.compare(a, b);
            return switch (comparison.relation()) {
                case EQUAL -> order == 0;
                case UNEQUAL -> order != 0;
                case LESS -> order < 0;
                case LESS_OR_EQUAL -> order <= 0;
                case GREATER -> order > 0;
                case GREATER_OR_EQUAL -> order >= 0;
            };
        };
    }

    private Bound.Test like(Condition.Like like) {
        Bound operand = bind(like.operand());
        Bound pattern = bind(like.pattern());
        Bound escape = like.escape() == null ? null : bind(like.escape());
        return frame -> {
            Object text = operand.value(frame);
            Object wanted = pattern.value(frame);
            if (text == null || wanted == null) {
                return null;
            }
            Object sign = escape == null ? null : escape.value(frame);
            return LikePattern.matches(
                    Values.text(text, 0),
                    Values.text(wanted, 0),
                    sign == null ? "" : Values.text(sign, 0),
                    values.collation());
        };
    }

    private @Nullable Boolean contained(@Nullable Object value, List<@Nullable Object> among) {
        if (value == null) {
            return null;
        }
        boolean unknown = false;
        for (Object other : among) {
            if (other == null) {
                unknown = true;
            } else if (values.compare(value, other) == 0) {
                return true;
            }
        }
        return unknown ? null : false;
    }

    private static @Nullable Boolean both(@Nullable Boolean left, @Nullable Boolean right) {
        if (Boolean.FALSE.equals(left) || Boolean.FALSE.equals(right)) {
            return false;
        }
        return (left == null || right == null) ? null : true;
    }

    private static @Nullable Boolean not(@Nullable Boolean value) {
        return value == null ? null : !value;
    }
}
