package dev.sluice.simulator.tsql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// Something true, false or unknown.
public sealed interface Condition {

    record Comparison(Relation relation, Expression left, Expression right) implements Condition {}

    record And(Condition left, Condition right) implements Condition {}

    record Or(Condition left, Condition right) implements Condition {}

    record Not(Condition operand) implements Condition {}

    record In(Expression operand, List<Expression> values) implements Condition {
        public In {
            values = List.copyOf(values);
        }
    }

    record InQuery(Expression operand, Query query) implements Condition {}

    record Like(
            Expression operand,
            Expression pattern,
            @Nullable Expression escape) implements Condition {}

    record IsNull(Expression operand) implements Condition {}

    record Exists(Query query) implements Condition {}

    /// What [Comparison] asks.
    enum Relation {
        EQUAL,
        UNEQUAL,
        LESS,
        LESS_OR_EQUAL,
        GREATER,
        GREATER_OR_EQUAL
    }
}
