package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tsql.Condition.Relation;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads conditions.
final class ConditionParser {

    private final TokenStream in;
    private final ExpressionParser expressions;

    ConditionParser(TokenStream in, ExpressionParser expressions) {
        this.in = in;
        this.expressions = expressions;
    }

    Condition condition() {
        Condition left = conjunction();
        while (in.takeWord("OR")) {
            left = new Condition.Or(left, conjunction());
        }
        return left;
    }

    private Condition conjunction() {
        Condition left = negation();
        while (in.takeWord("AND")) {
            left = new Condition.And(left, negation());
        }
        return left;
    }

    private Condition negation() {
        return in.takeWord("NOT") ? new Condition.Not(negation()) : predicate();
    }

    private Condition predicate() {
        if (in.takeWord("EXISTS")) {
            in.expectSymbol("(");
            Query query = new QueryParser(in, expressions).query();
            in.expectSymbol(")");
            return new Condition.Exists(query);
        }
        Condition nested = in.isSymbol("(") ? parenthesized() : null;
        return nested != null ? nested : comparison(expressions.expression());
    }

    /// A parenthesis may hold a condition or begin an expression; only what follows tells.
    private @Nullable Condition parenthesized() {
        int mark = in.mark();
        in.next();
        try {
            Condition inner = condition();
            if (in.takeSymbol(")")) {
                return inner;
            }
        } catch (SqlFailure _) {
            // then it is an expression, and reading it as one tells what is wrong with it
        }
        in.backTo(mark);
        return null;
    }

    private Condition comparison(Expression left) {
        if (in.takeWord("IS")) {
            boolean negated = in.takeWord("NOT");
            in.expectWord("NULL");
            return negatedIf(negated, new Condition.IsNull(left));
        }
        boolean negated = in.takeWord("NOT");
        if (in.takeWord("IN")) {
            return negatedIf(negated, in(left));
        }
        if (in.takeWord("LIKE")) {
            Expression pattern = expressions.expression();
            Expression escape = in.takeWord("ESCAPE") ? expressions.expression() : null;
            return negatedIf(negated, new Condition.Like(left, pattern, escape));
        }
        if (in.takeWord("BETWEEN")) {
            Expression low = expressions.expression();
            in.expectWord("AND");
            Expression high = expressions.expression();
            return negatedIf(
                    negated,
                    new Condition.And(
                            new Condition.Comparison(Relation.GREATER_OR_EQUAL, left, low),
                            new Condition.Comparison(Relation.LESS_OR_EQUAL, left, high)));
        }
        if (negated) {
            throw in.unexpected();
        }
        Relation relation = relation();
        return new Condition.Comparison(relation, left, expressions.expression());
    }

    private static Condition negatedIf(boolean negated, Condition condition) {
        return negated ? new Condition.Not(condition) : condition;
    }

    private Condition in(Expression operand) {
        in.expectSymbol("(");
        if (in.isWord("SELECT")) {
            Query query = new QueryParser(in, expressions).query();
            in.expectSymbol(")");
            return new Condition.InQuery(operand, query);
        }
        List<Expression> values = new ArrayList<>();
        do {
            values.add(expressions.expression());
        } while (in.takeSymbol(","));
        in.expectSymbol(")");
        return new Condition.In(operand, values);
    }

    private Relation relation() {
        if (in.peek().kind() != Token.Kind.SYMBOL) {
            throw in.unexpected();
        }
        Relation relation = switch (in.peek().text()) {
            case "=" -> Relation.EQUAL;
            case "<>", "!=" -> Relation.UNEQUAL;
            case "<" -> Relation.LESS;
            case "<=", "!>" -> Relation.LESS_OR_EQUAL;
            case ">" -> Relation.GREATER;
            case ">=", "!<" -> Relation.GREATER_OR_EQUAL;
            default -> throw in.unexpected();
        };
        in.next();
        return relation;
    }
}
