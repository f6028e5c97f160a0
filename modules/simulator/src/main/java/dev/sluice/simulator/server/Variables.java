package dev.sluice.simulator.server;

import dev.sluice.simulator.query.Environment.Typed;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.Parameter;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The variables of one batch; its parameters are variables too.
final class Variables {

    private final Session session;
    private final Collation names;
    private final Map<String, Typed> values = new LinkedHashMap<>();

    /// @param names how they are compared
    Variables(Session session, Collation names, List<Parameter> parameters) {
        this.session = session;
        this.names = names;
        for (Parameter parameter : parameters) {
            values.put(key(parameter.name()), new Typed(parameter.type(), parameter.value()));
        }
    }

    void declare(String name, SqlType type, @Nullable Object value) {
        if (values.putIfAbsent(key(name), new Typed(type, session.values().convert(value, type, 0))) != null) {
            throw SqlFailure.syntax(
                    134,
                    "The variable name '%s' has already been declared. Variable names must be unique within a query batch or stored procedure."
                            .formatted(name),
                    1);
        }
    }

    @Nullable
    Typed get(String name) {
        return values.get(key(name));
    }

    void assign(String name, @Nullable Object value) {
        Typed old = values.get(key(name));
        if (old == null) {
            throw SqlFailure.syntax(137, "Must declare the scalar variable \"%s\".".formatted(name), 1);
        }
        values.put(key(name), new Typed(old.type(), session.values().convert(value, old.type(), 0)));
    }

    private String key(String name) {
        return names.key(name);
    }
}
