package dev.sluice.simulator.query;

import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.SqlFailure;
import java.time.LocalDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// Functions that depend on nothing but their arguments.
final class Functions {

    /// What DATEDIFF converts text to.
    private static final SqlType DATE = SqlType.datetimeoffset(SqlType.LARGEST_SCALE_OF_TIME);

    private Functions() {}

    /// @return null if there is none of this name
    static @Nullable Bound bind(String name, List<Expression> arguments, Binder binder) {
        Values values = binder.values();
        return switch (name) {
            case "isnull" -> {
                require(name, arguments, 2);
                Bound first = binder.bind(arguments.get(0));
                SqlType type =
                        first.equals(Bound.NULL) ? binder.bind(arguments.get(1)).type() : first.type();
                Bound second = binder.bind(arguments.get(1)).as(type, values);
                yield new Bound(type, frame -> {
                    Object value = first.value(frame);
                    return value != null ? value : second.value(frame);
                });
            }
            case "coalesce" -> coalesce(arguments.stream().map(binder::bind).toList(), values);
            case "nullif" -> {
                require(name, arguments, 2);
                Bound first = binder.bind(arguments.get(0));
                Bound second = binder.bind(arguments.get(1));
                yield new Bound(first.type(), frame -> {
                    Object a = first.value(frame);
                    Object b = second.value(frame);
                    return a != null && b != null && values.compare(a, b) == 0 ? null : a;
                });
            }
            case "concat" -> {
                List<Bound> parts = arguments.stream().map(binder::bind).toList();
                yield new Bound(SqlType.nvarchar(4000), frame -> {
                    StringBuilder text = new StringBuilder();
                    for (Object value : Binder.values(parts, frame)) {
                        text.append(value == null ? "" : Values.text(value, 0));
                    }
                    return text.toString();
                });
            }
            case "upper" -> text(name, arguments, binder, values.collation()::upper);
            case "lower" -> text(name, arguments, binder, values.collation()::lower);
            case "ltrim" -> text(name, arguments, binder, String::stripLeading);
            case "rtrim" -> text(name, arguments, binder, String::stripTrailing);
            case "trim" -> text(name, arguments, binder, String::strip);
            case "quotename" -> text(name, arguments, binder, text -> "[" + text.replace("]", "]]") + "]");
            case "nchar" -> {
                require(name, arguments, 1);
                Bound code = binder.bind(arguments.getFirst()).as(SqlType.INT, values);
                yield new Bound(
                        SqlType.nchar(1),
                        frame -> code.value(frame) instanceof Integer n && n >= 0 && n <= Character.MAX_VALUE
                                ? String.valueOf((char) n.intValue())
                                : null);
            }
            case "len" -> {
                require(name, arguments, 1);
                Bound argument = binder.bind(arguments.getFirst());
                yield new Bound(SqlType.INT, frame -> {
                    Object value = argument.value(frame);
                    return value == null
                            ? null
                            : Values.text(value, 0).stripTrailing().length();
                });
            }
            case "left", "right" -> {
                require(name, arguments, 2);
                Bound text = binder.bind(arguments.get(0));
                Bound count = binder.bind(arguments.get(1)).as(SqlType.INT, values);
                yield new Bound(SqlType.nvarchar(4000), frame -> {
                    Object value = text.value(frame);
                    return value != null && count.value(frame) instanceof Integer n
                            ? end(Values.text(value, 0), n, name.equals("left"))
                            : null;
                });
            }
            case "replace" -> {
                require(name, arguments, 3);
                List<Bound> parts = arguments.stream().map(binder::bind).toList();
                yield new Bound(SqlType.nvarchar(4000), frame -> {
                    List<@Nullable Object> evaluated = Binder.values(parts, frame);
                    Object text = evaluated.get(0);
                    Object from = evaluated.get(1);
                    Object to = evaluated.get(2);
                    return text == null || from == null || to == null
                            ? null
                            : Values.text(text, 0).replace(Values.text(from, 0), Values.text(to, 0));
                });
            }
            case "datediff", "datediff_big" -> dateDifference(name, arguments, binder);
            case "dateadd" -> dateAddition(name, arguments, binder);
            default -> null;
        };
    }

    private static String end(String text, int count, boolean left) {
        int n = Math.clamp(count, 0, text.length());
        return left ? text.substring(0, n) : text.substring(text.length() - n);
    }

    private static Bound coalesce(List<Bound> candidates, Values values) {
        SqlType common = Bound.commonType(candidates);
        return new Bound(common, frame -> {
            for (Bound candidate : candidates) {
                Object value = candidate.as(common, values).value(frame);
                if (value != null) {
                    return value;
                }
            }
            return null;
        });
    }

    private static Bound text(
            String name, List<Expression> arguments, Binder binder, Function<String, String> function) {
        require(name, arguments, 1);
        Bound argument = binder.bind(arguments.getFirst());
        SqlType type = argument.type() instanceof SqlType.Characters ? argument.type() : SqlType.nvarchar(4000);
        boolean longer = name.equals("quotename");
        return new Bound(longer ? SqlType.nvarchar(258) : type, frame -> {
            Object value = argument.value(frame);
            return value == null ? null : function.apply(Values.text(value, 0));
        });
    }

    private static ChronoUnit unit(Expression expression) {
        if (expression instanceof Expression.ColumnName name) {
            return Dates.unit(name.column());
        }
        throw SqlFailure.syntax(1023, "Invalid parameter 1 specified for datediff.", 1);
    }

    private static Bound dateDifference(String name, List<Expression> arguments, Binder binder) {
        require(name, arguments, 3);
        ChronoUnit unit = unit(arguments.getFirst());
        Bound from = binder.bind(arguments.get(1));
        Bound to = binder.bind(arguments.get(2));
        Values values = binder.values();
        SqlType type = name.endsWith("_big") ? SqlType.BIGINT : SqlType.INT;
        return new Bound(type, frame -> {
            Object a = from.value(frame);
            Object b = to.value(frame);
            return a == null || b == null
                    ? null
                    : values.convert(
                            Dates.difference(unit, values.dateTime(a, DATE), values.dateTime(b, DATE)), type, 0);
        });
    }

    private static Bound dateAddition(String name, List<Expression> arguments, Binder binder) {
        require(name, arguments, 3);
        ChronoUnit unit = unit(arguments.getFirst());
        Bound count = binder.bind(arguments.get(1)).as(SqlType.BIGINT, binder.values());
        Bound date = binder.bind(arguments.get(2));
        SqlType type = date.type() instanceof SqlType.Characters ? SqlType.DATETIME : date.type();
        return new Bound(type, frame -> {
            Object value = date.value(frame);
            if (value == null || !(count.value(frame) instanceof Long n)) {
                return null;
            }
            LocalDateTime moved = binder.values().dateTime(value, type).plus(n, unit);
            return binder.values().convert(moved, type, 0);
        });
    }

    private static void require(String name, List<Expression> arguments, int count) {
        if (arguments.size() != count) {
            throw SqlFailure.syntax(
                    174, String.format(Locale.ROOT, "The %s function requires %d argument(s).", name, count), 1);
        }
    }
}
