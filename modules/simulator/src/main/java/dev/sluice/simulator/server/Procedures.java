package dev.sluice.simulator.server;

import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// System procedures that backup programs call.
final class Procedures {

    private static final long WAITS_FOR_EVER = -1;

    private final Session session;
    private final Instance instance;
    private final Cancellation cancellation;

    Procedures(Session session, Instance instance, Cancellation cancellation) {
        this.session = session;
        this.instance = instance;
        this.cancellation = cancellation;
    }

    /// The values of a call, by name or by place.
    static final class Arguments {
        private final Values values;
        private final List<@Nullable Object> positional = new ArrayList<>();
        private final Map<String, @Nullable Object> named = new LinkedHashMap<>();

        /// @param values how names are compared and values converted
        Arguments(Values values) {
            this.values = values;
        }

        void add(String name, @Nullable Object value) {
            if (name.isEmpty() || name.matches("@P\\d+")) {
                positional.add(value);
            } else {
                named.put(name, value);
            }
        }

        @Nullable
        Object get(String name, int place) {
            for (Map.Entry<String, @Nullable Object> one : named.entrySet()) {
                if (values.collation().equal(one.getKey(), name)) {
                    return one.getValue();
                }
            }
            return place < positional.size() ? positional.get(place) : null;
        }

        /// 8145 for a name that the procedure does not have, 201 when the first parameter is missing.
        void require(String procedure, String... parameters) {
            for (String name : named.keySet()) {
                if (Stream.of(parameters).noneMatch(known -> values.collation().equal(known, name))) {
                    throw SqlFailure.error(8145, "%s is not a parameter for procedure %s.".formatted(name, procedure));
                }
            }
            if (get(parameters[0], 0) == null) {
                throw SqlFailure.error(
                        201,
                        "Procedure or function '%s' expects parameter '%s', which was not supplied."
                                .formatted(procedure, parameters[0]));
            }
        }

        String text(String name, int place, String otherwise) {
            Object value = get(name, place);
            return value == null ? otherwise : Values.text(value, 0);
        }

        long number(String name, int place, long otherwise) {
            Object value = get(name, place);
            return value != null && values.convert(value, SqlType.BIGINT, 0) instanceof Long number
                    ? number
                    : otherwise;
        }
    }

    /// @return the procedure's return status
    int call(List<String> name, Arguments arguments, ResponseSink out) throws InterruptedException {
        Collation names = instance.options().collation();
        String lower = name.getLast().toLowerCase(Locale.ROOT);
        String procedure = session.identifiers().equal(name.getLast(), lower) ? lower : name.getLast();
        int status = switch (procedure) {
            case "sp_getapplock" -> {
                arguments.require(procedure, "@Resource", "@LockMode", "@LockOwner", "@LockTimeout", "@DbPrincipal");
                yield takeLock(arguments);
            }
            case "sp_releaseapplock" -> {
                arguments.require(procedure, "@Resource", "@LockOwner", "@DbPrincipal");
                yield releaseLock(arguments);
            }
            case "sp_delete_database_backuphistory" -> {
                arguments.require(procedure, "@database_name");
                String database = arguments.text("@database_name", 0, "");
                instance.history().purge(other -> names.equal(other, database));
                instance.save();
                yield 0;
            }
            case "sp_reset_connection", "sp_set_session_context" -> 0;
            default -> {
                ServerProcedures ofServer = new ServerProcedures(session, instance);
                if (ofServer.knows(name, procedure)) {
                    ofServer.call(procedure, arguments);
                    yield 0;
                }
                if (!StandInProcedures.knows(procedure)) {
                    throw unknown(String.join(".", name));
                }
                yield new StandInProcedures(session, instance).call(procedure, arguments);
            }
        };
        out.done();
        return status;
    }

    static SqlFailure unknown(String name) {
        return SqlFailure.error(2812, "Could not find stored procedure '%s'.".formatted(name));
    }

    private int takeLock(Arguments arguments) throws InterruptedException {
        String owner = arguments.text("@LockOwner", 2, "Transaction");
        if (!owner.equalsIgnoreCase("Session") && session.transactions() == 0) {
            throw SqlFailure.error(
                    3918, "The statement or function must be executed in the context of a user transaction.");
        }
        String resource = arguments.text("@Resource", 0, "");
        String mode = arguments.text("@LockMode", 1, "");
        long timeout = arguments.number("@LockTimeout", 3, WAITS_FOR_EVER);
        return instance.locks()
                .take(qualified(resource), session.id(), ApplicationLocks.isExclusive(mode), timeout, cancellation);
    }

    private int releaseLock(Arguments arguments) {
        String resource = arguments.text("@Resource", 0, "");
        if (!instance.locks().release(qualified(resource), session.id())) {
            throw SqlFailure.error(
                    1223,
                    "Cannot release the application lock (Database Principal: 'public', Resource: '%s') because it is not currently held."
                            .formatted(resource));
        }
        return 0;
    }

    /// Application locks belong to the database in which they were taken.
    private String qualified(String resource) {
        return session.database() + "/" + resource;
    }
}
