package dev.sluice.simulator.query;

import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What a session's variables and functions are worth.
public interface Environment {

    /// A value with its type.
    record Typed(SqlType type, @Nullable Object value) {}

    /// A variable, or null if it was not declared.
    ///
    /// @param name with its `@` or `@@`, as written
    @Nullable
    Typed variable(String name);

    /// Gives a declared variable a value, which is converted to its type.
    void assign(String name, @Nullable Object value);

    /// The type of a function's result, or null if there is no such function. Functions that depend on nothing
    /// but their arguments are known already and not asked for.
    ///
    /// @param name in lower case, as written, with its dots
    @Nullable
    SqlType typeOf(String name, int arguments);

    /// How the session compares and converts at the moment.
    Values values();

    /// The collation that names of columns, aliases and views follow.
    Collation identifiers();

    @Nullable
    Object call(String name, List<@Nullable Object> arguments);
}
