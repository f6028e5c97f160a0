package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tsql.Query.Item;
import dev.sluice.simulator.tsql.Query.Source;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Reads a SELECT.
final class QueryParser {

    private final TokenStream in;
    private final ExpressionParser expressions;

    QueryParser(TokenStream in, ExpressionParser expressions) {
        this.in = in;
        this.expressions = expressions;
    }

    Query query() {
        in.expectWord("SELECT");
        boolean distinct = in.takeWord("DISTINCT");
        if (!distinct) {
            in.takeWord("ALL");
        }
        Expression top = in.takeWord("TOP") ? top() : null;
        List<Item> items = new ArrayList<>();
        do {
            items.add(item());
        } while (in.takeSymbol(","));
        List<Source> from = in.takeWord("FROM") ? sources() : List.of();
        Condition where = in.takeWord("WHERE") ? expressions.conditions().condition() : null;
        List<Expression> groupBy = in.takeWords("GROUP", "BY") ? list() : List.of();
        Condition having = in.takeWord("HAVING") ? expressions.conditions().condition() : null;
        List<Query.Order> orderBy = in.takeWords("ORDER", "BY") ? orders() : List.of();
        return new Query(distinct, top, items, from, where, groupBy, having, orderBy);
    }

    private Expression top() {
        if (in.takeSymbol("(")) {
            Expression count = expressions.expression();
            in.expectSymbol(")");
            return count;
        }
        return expressions.simple();
    }

    private Item item() {
        if (in.takeSymbol("*")) {
            return new Item.AllColumns(null);
        }
        if (in.isName() && in.peek(1).isSymbol(".") && in.peek(2).isSymbol("*")) {
            String alias = in.name();
            in.next();
            in.next();
            return new Item.AllColumns(alias);
        }
        if (in.peek().kind() == Token.Kind.VARIABLE && in.peek(1).isSymbol("=")) {
            String variable = in.variable();
            in.next();
            return new Item.Assignment(variable, expressions.expression());
        }
        if (in.isName() && in.peek(1).isSymbol("=")) {
            String alias = in.name();
            in.next();
            return new Item.Value(expressions.expression(), alias);
        }
        Expression expression = expressions.expression();
        return new Item.Value(expression, alias());
    }

    /// An alias, or empty for none.
    private String alias() {
        if (in.takeWord("AS")) {
            return in.peek().isString() ? in.next().text() : in.name();
        }
        if (in.peek().isString()) {
            return in.next().text();
        }
        return in.isName() ? in.name() : "";
    }

    private List<Source> sources() {
        List<Source> sources = new ArrayList<>();
        do {
            sources.add(joined());
        } while (in.takeSymbol(","));
        return sources;
    }

    private Source joined() {
        Source left = source();
        while (true) {
            Source.Kind kind = join();
            if (kind == null) {
                return left;
            }
            Source right = source();
            Condition on = null;
            if (kind == Source.Kind.INNER || kind == Source.Kind.LEFT) {
                in.expectWord("ON");
                on = expressions.conditions().condition();
            }
            left = new Source.Join(kind, left, right, on);
        }
    }

    private Source.@Nullable Kind join() {
        if (in.takeWord("JOIN") || in.takeWords("INNER", "JOIN")) {
            return Source.Kind.INNER;
        }
        if (in.takeWords("LEFT", "JOIN") || in.takeWords("LEFT", "OUTER", "JOIN")) {
            return Source.Kind.LEFT;
        }
        if (in.takeWords("CROSS", "JOIN")) {
            return Source.Kind.CROSS;
        }
        if (in.takeWords("CROSS", "APPLY")) {
            return Source.Kind.CROSS_APPLY;
        }
        return in.takeWords("OUTER", "APPLY") ? Source.Kind.OUTER_APPLY : null;
    }

    private Source source() {
        if (in.takeSymbol("(")) {
            Query query = query();
            in.expectSymbol(")");
            in.takeWord("AS");
            return new Source.Derived(query, in.name());
        }
        List<String> name = in.qualifiedName();
        if (in.takeSymbol("(")) {
            List<Expression> arguments = expressions.restOfArguments();
            String alias = alias();
            return new Source.Function(name, arguments, alias.isEmpty() ? name.getLast() : alias);
        }
        String alias = alias();
        hints();
        return new Source.Table(name, alias.isEmpty() ? name.getLast() : alias);
    }

    /// `WITH (NOLOCK)`: nothing here locks, so nothing follows from it.
    private void hints() {
        if (in.isWord("WITH") && in.peek(1).isSymbol("(")) {
            in.next();
            in.next();
            do {
                in.name();
            } while (in.takeSymbol(","));
            in.expectSymbol(")");
        }
    }

    private List<Expression> list() {
        List<Expression> list = new ArrayList<>();
        do {
            list.add(expressions.expression());
        } while (in.takeSymbol(","));
        return list;
    }

    private List<Query.Order> orders() {
        List<Query.Order> orders = new ArrayList<>();
        do {
            Expression expression = expressions.expression();
            boolean descending = in.takeWord("DESC");
            if (!descending) {
                in.takeWord("ASC");
            }
            orders.add(new Query.Order(expression, descending));
        } while (in.takeSymbol(","));
        return orders;
    }
}
