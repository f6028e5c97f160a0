package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tds.SqlType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Something with a value. Conditions are no expressions: T-SQL has no type for true and false.
public sealed interface Expression {

    /// @param value null for NULL
    record Literal(SqlType type, @Nullable Object value) implements Expression {}

    /// `@name` or `@@name`, with its signs.
    record Variable(String name) implements Expression {}

    /// `column`, `alias.column`, `schema.table.column`.
    record ColumnName(List<String> parts) implements Expression {
        public ColumnName {
            parts = List.copyOf(parts);
        }

        public String column() {
            return parts.getLast();
        }
    }

    record Negation(Expression operand) implements Expression {}

    record Arithmetic(Operator operator, Expression left, Expression right) implements Expression {}

    /// `name(arguments)`; `count(*)` has none and says so.
    record Call(List<String> name, List<Expression> arguments, boolean star) implements Expression {
        public Call {
            name = List.copyOf(name);
            arguments = List.copyOf(arguments);
        }
    }

    /// CAST and CONVERT; TRY_CAST and TRY_CONVERT answer NULL where the others fail.
    record Cast(Expression operand, SqlType type, int style, boolean tries) implements Expression {}

    record Case(List<When> branches, @Nullable Expression otherwise) implements Expression {
        public Case {
            branches = List.copyOf(branches);
        }
    }

    record When(Condition condition, Expression result) {}

    /// A query with one column and at most one row.
    record Scalar(Query query) implements Expression {}

    /// What [Arithmetic] does.
    enum Operator {
        PLUS,
        MINUS,
        TIMES,
        DIVIDED_BY,
        MODULO,
        BIT_AND,
        BIT_OR,
        BIT_XOR
    }
}
