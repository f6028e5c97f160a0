package dev.sluice.simulator.tsql;

import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Expression.Operator;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Reads expressions.
final class ExpressionParser {

    /// Functions that T-SQL calls without parentheses.
    private static final Set<String> WITHOUT_PARENTHESES =
            Set.of("CURRENT_TIMESTAMP", "CURRENT_USER", "SESSION_USER", "SYSTEM_USER", "USER");

    private static final BigInteger LARGEST_INT = BigInteger.valueOf(Integer.MAX_VALUE);
    private static final int LONGEST_NATIONAL = 4000;
    private static final int LONGEST = 8000;

    private final TokenStream in;
    private final Collation identifiers;
    private final ConditionParser conditions;

    /// @param identifiers the server's collation: it decides whether `SYSNAME` is a type
    ExpressionParser(TokenStream in, Collation identifiers) {
        this.in = in;
        this.identifiers = identifiers;
        this.conditions = new ConditionParser(in, this);
    }

    ConditionParser conditions() {
        return conditions;
    }

    Expression expression() {
        Expression left = term();
        while (true) {
            Operator operator = in.isSymbol("+")
                    ? Operator.PLUS
                    : in.isSymbol("-")
                            ? Operator.MINUS
                            : in.isSymbol("&")
                                    ? Operator.BIT_AND
                                    : in.isSymbol("|") ? Operator.BIT_OR : in.isSymbol("^") ? Operator.BIT_XOR : null;
            if (operator == null) {
                return left;
            }
            in.next();
            left = new Expression.Arithmetic(operator, left, term());
        }
    }

    private Expression term() {
        Expression left = factor();
        while (true) {
            Operator operator = in.isSymbol("*")
                    ? Operator.TIMES
                    : in.isSymbol("/") ? Operator.DIVIDED_BY : in.isSymbol("%") ? Operator.MODULO : null;
            if (operator == null) {
                return left;
            }
            in.next();
            left = new Expression.Arithmetic(operator, left, factor());
        }
    }

    private Expression factor() {
        if (in.takeSymbol("-")) {
            return new Expression.Negation(factor());
        }
        if (in.takeSymbol("+")) {
            return factor();
        }
        Expression primary = primary();
        if (in.takeWord("COLLATE")) {
            in.name(); // every collation here compares alike
        }
        return primary;
    }

    private Expression primary() {
        Token token = in.peek();
        return switch (token.kind()) {
            case NUMBER -> number(in.next());
            case STRING, NATIONAL_STRING -> string(in.next());
            case BINARY -> binary(in.next());
            case VARIABLE -> new Expression.Variable(in.next().text());
            case QUOTED_NAME -> named();
            case SYMBOL -> parenthesized();
            case WORD -> word(token);
            case END -> throw in.unexpected();
        };
    }

    private Expression word(Token token) {
        return switch (token.upper()) {
            case "NULL" -> {
                in.next();
                yield new Expression.Literal(SqlType.INT, null);
            }
            case "CASE" -> {
                in.next();
                yield caseOf();
            }
            case "CAST", "TRY_CAST" -> cast(in.next().upper().startsWith("TRY"));
            case "CONVERT", "TRY_CONVERT" -> convert(in.next().upper().startsWith("TRY"));
            case "IIF" -> {
                in.next();
                yield iif();
            }
            default -> {
                boolean keyword = token.isWord("LEFT") || token.isWord("RIGHT");
                if (keyword && in.peek(1).isSymbol("(")) {
                    yield call(List.of(in.next().text()));
                }
                yield WITHOUT_PARENTHESES.contains(token.upper())
                        ? new Expression.Call(List.of(in.next().text()), List.of(), false)
                        : named();
            }
        };
    }

    private Expression named() {
        List<String> name = in.qualifiedName();
        return in.isSymbol("(") ? call(name) : new Expression.ColumnName(name);
    }

    private Expression call(List<String> name) {
        in.expectSymbol("(");
        if (in.takeSymbol("*")) {
            in.expectSymbol(")");
            return new Expression.Call(name, List.of(), true);
        }
        return new Expression.Call(name, restOfArguments(), false);
    }

    /// Arguments up to the closing parenthesis; the first word of DATEDIFF and its like comes out as a column's
    /// name.
    List<Expression> restOfArguments() {
        List<Expression> arguments = new ArrayList<>();
        if (!in.takeSymbol(")")) {
            do {
                arguments.add(expression());
            } while (in.takeSymbol(","));
            in.expectSymbol(")");
        }
        return arguments;
    }

    private Expression parenthesized() {
        in.expectSymbol("(");
        Expression inner =
                in.isWord("SELECT") ? new Expression.Scalar(new QueryParser(in, this).query()) : expression();
        in.expectSymbol(")");
        return inner;
    }

    private Expression caseOf() {
        Expression operand = in.isWord("WHEN") ? null : expression();
        List<Expression.When> branches = new ArrayList<>();
        while (in.takeWord("WHEN")) {
            Condition condition = operand == null
                    ? conditions.condition()
                    : new Condition.Comparison(Condition.Relation.EQUAL, operand, expression());
            in.expectWord("THEN");
            branches.add(new Expression.When(condition, expression()));
        }
        Expression otherwise = in.takeWord("ELSE") ? expression() : null;
        if (branches.isEmpty()) {
            throw in.unexpected();
        }
        in.expectWord("END");
        return new Expression.Case(branches, otherwise);
    }

    private Expression iif() {
        in.expectSymbol("(");
        Condition condition = conditions.condition();
        in.expectSymbol(",");
        Expression then = expression();
        in.expectSymbol(",");
        Expression otherwise = expression();
        in.expectSymbol(")");
        return new Expression.Case(List.of(new Expression.When(condition, then)), otherwise);
    }

    private Expression cast(boolean tries) {
        in.expectSymbol("(");
        Expression operand = expression();
        in.expectWord("AS");
        SqlType type = type();
        in.expectSymbol(")");
        return new Expression.Cast(operand, type, 0, tries);
    }

    private Expression convert(boolean tries) {
        in.expectSymbol("(");
        SqlType type = type();
        in.expectSymbol(",");
        Expression operand = expression();
        int style = in.takeSymbol(",") ? number() : 0;
        in.expectSymbol(")");
        return new Expression.Cast(operand, type, style, tries);
    }

    private int number() {
        Token token = in.next();
        if (token.kind() == Token.Kind.NUMBER && token.text().chars().allMatch(Character::isDigit)) {
            return Integer.parseInt(token.text());
        }
        throw SqlFailure.syntaxNear(token);
    }

    private static Expression number(Token token) {
        String text = token.text();
        if (text.chars().anyMatch(c -> c == 'e' || c == 'E')) {
            return new Expression.Literal(SqlType.FLOAT, Double.valueOf(text));
        }
        BigDecimal value = exact(token);
        if (!text.contains(".") && value.toBigInteger().compareTo(LARGEST_INT) <= 0) {
            return new Expression.Literal(SqlType.INT, value.intValueExact());
        }
        int precision = Math.max(value.precision(), value.scale() + 1);
        return new Expression.Literal(
                SqlType.decimal(Math.min(precision, SqlType.LARGEST_PRECISION), value.scale()), value);
    }

    private static BigDecimal exact(Token token) {
        try {
            return new BigDecimal(token.text().endsWith(".") ? token.text() + "0" : token.text());
        } catch (NumberFormatException e) {
            throw SqlFailure.syntaxNear(token);
        }
    }

    static Expression string(Token token) {
        boolean national = token.kind() == Token.Kind.NATIONAL_STRING;
        int length = Math.max(1, token.text().length());
        SqlType type = national
                ? length <= LONGEST_NATIONAL ? SqlType.nvarchar(length) : SqlType.NVARCHAR_MAX
                : length <= LONGEST ? SqlType.varchar(length) : SqlType.VARCHAR_MAX;
        return new Expression.Literal(type, token.text());
    }

    private static Expression binary(Token token) {
        String digits = token.text().substring(2);
        byte[] value = HexFormat.of().parseHex(digits.length() % 2 == 0 ? digits : "0" + digits);
        return new Expression.Literal(SqlType.varbinary(Math.max(1, value.length)), value);
    }

    /// A type's name, as in DECLARE and CAST.
    SqlType type() {
        Token token = in.peek();
        String written = in.name();
        if (written.equalsIgnoreCase("sys") && in.takeSymbol(".")) {
            written = in.name();
        }
        // The documentation of sysname says that a case-sensitive server knows it in lower case only.
        boolean known = !written.equalsIgnoreCase("sysname") || identifiers.equal(written, "sysname");
        Integer first = null;
        Integer second = null;
        if (in.takeSymbol("(")) {
            first = in.takeWord("MAX") ? SqlType.MAX : number();
            second = in.takeSymbol(",") ? number() : null;
            in.expectSymbol(")");
        }
        try {
            return TypeNames.type(known ? written.toUpperCase(Locale.ROOT) : "", first, second);
        } catch (IllegalArgumentException e) {
            throw SqlFailure.syntax(243, "Type %s is not a defined system type.".formatted(token.text()), token.line());
        }
    }

    /// A literal, with a sign perhaps, or a variable: what the options of BACKUP take.
    Expression simple() {
        Token token = in.peek();
        if (token.kind() == Token.Kind.VARIABLE || token.isString() || token.kind() == Token.Kind.NUMBER) {
            return primary();
        }
        throw in.unexpected();
    }

    @Nullable
    Expression simpleIfAssigned() {
        return in.takeSymbol("=") ? simple() : null;
    }
}
