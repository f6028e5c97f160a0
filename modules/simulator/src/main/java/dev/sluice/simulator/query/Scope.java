package dev.sluice.simulator.query;

import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.Expression;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The columns that a query's expressions can name, and those of the query around it.
///
/// @param names how they are compared
record Scope(List<Field> fields, @Nullable Scope outer, Collation names) {

    /// A column of a table under its alias.
    record Field(String alias, String name, SqlType type) {}

    static Scope empty(@Nullable Scope outer, Collation names) {
        return new Scope(List.of(), outer, names);
    }

    Scope and(Scope right) {
        List<Field> both = new ArrayList<>(fields);
        both.addAll(right.fields);
        return new Scope(both, outer, names);
    }

    /// @throws SqlFailure 207, 209 or 4104
    Bound resolve(Expression.ColumnName name) {
        Bound found = find(name, 0);
        if (found != null) {
            return found;
        }
        if (name.parts().size() > 1) {
            throw SqlFailure.error(
                    4104,
                    "The multi-part identifier \"%s\" could not be bound.".formatted(String.join(".", name.parts())));
        }
        throw SqlFailure.error(207, "Invalid column name '%s'.".formatted(name.column()));
    }

    private @Nullable Bound find(Expression.ColumnName name, int depth) {
        int index = index(name);
        if (index >= 0) {
            return new Bound(fields.get(index).type, frame -> at(frame, depth).row()[index]);
        }
        if (fields.stream()
                .anyMatch(field -> isAlias(name, field) && name.parts().size() > 1)) {
            throw SqlFailure.error(207, "Invalid column name '%s'.".formatted(name.column()));
        }
        return outer == null ? null : outer.find(name, depth + 1);
    }

    /// Where the column is among these fields, without those of the query around; -1 if it is not.
    ///
    /// @throws SqlFailure 209
    int index(Expression.ColumnName name) {
        int found = -1;
        for (int i = 0; i < fields.size(); i++) {
            Field field = fields.get(i);
            if (isAlias(name, field) && names.equal(field.name, name.column())) {
                if (found >= 0) {
                    throw SqlFailure.error(209, "Ambiguous column name '%s'.".formatted(name.column()));
                }
                found = i;
            }
        }
        return found;
    }

    private boolean isAlias(Expression.ColumnName name, Field field) {
        return name.parts().size() == 1
                || names.equal(field.alias, name.parts().get(name.parts().size() - 2));
    }

    private static Bound.Frame at(Bound.Frame frame, int depth) {
        Bound.Frame at = frame;
        for (int i = 0; i < depth; i++) {
            Bound.Frame next = at.outer();
            if (next == null) {
                throw new IllegalStateException("a frame is missing");
            }
            at = next;
        }
        return at;
    }
}
