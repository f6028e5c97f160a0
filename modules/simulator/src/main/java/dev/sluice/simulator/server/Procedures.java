package dev.sluice.simulator.server;

import dev.sluice.simulator.query.Values;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.ResponseSink;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
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
        private final List<@Nullable Object> positional = new ArrayList<>();
        private final Map<String, @Nullable Object> named = new HashMap<>();

        void add(String name, @Nullable Object value) {
            if (name.isEmpty() || name.matches("@P\\d+")) {
                positional.add(value);
            } else {
                named.put(name.toLowerCase(Locale.ROOT), value);
            }
        }

        @Nullable
        Object get(String name, int place) {
            String key = name.toLowerCase(Locale.ROOT);
            return named.containsKey(key) ? named.get(key) : place < positional.size() ? positional.get(place) : null;
        }

        String text(String name, int place, String otherwise) {
            Object value = get(name, place);
            return value == null ? otherwise : Values.text(value, 0);
        }

        long number(String name, int place, long otherwise) {
            Object value = get(name, place);
            return value != null && Values.convert(value, SqlType.BIGINT, 0) instanceof Long number
                    ? number
                    : otherwise;
        }
    }

    /// @return the procedure's return status
    int call(List<String> name, Arguments arguments, ResponseSink out) throws InterruptedException {
        String procedure = name.getLast().toLowerCase(Locale.ROOT);
        int status = switch (procedure) {
            case "sp_getapplock" -> takeLock(arguments);
            case "sp_releaseapplock" -> releaseLock(arguments);
            case "sp_delete_database_backuphistory" -> {
                instance.history().purge(arguments.text("@database_name", 0, ""));
                instance.save();
                yield 0;
            }
            case "sp_reset_connection", "sp_set_session_context" -> 0;
            default -> {
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
        return session.database().toLowerCase(Locale.ROOT) + "/" + resource;
    }
}
