package dev.sluice.simulator.tds;

import dev.sluice.simulator.tds.RpcRequest.Argument;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The statements that one session has prepared, by handle.
///
/// They outlive a RESETCONNECTION: whether SQL Server forgets them then is not documented, and keeping them
/// breaks no client.
///
/// **Threading:** the session's thread.
final class PreparedStatements {

    /// @param names of the parameters in their order, each with its `@`
    record Prepared(String text, List<String> names) {

        static Prepared of(String text, String declaration) {
            return new Prepared(text, declaredNames(declaration));
        }

        /// The batch for one execution. Arguments without a name take the declared names in turn.
        Batch withArguments(List<Argument> arguments) {
            List<Parameter> parameters = new ArrayList<>();
            for (int i = 0; i < arguments.size(); i++) {
                Argument argument = arguments.get(i);
                String name = !argument.name().isEmpty() ? argument.name() : i < names.size() ? names.get(i) : "@P" + i;
                parameters.add(new Parameter(name, argument.type(), argument.value(), argument.output()));
            }
            return new Batch(text, parameters);
        }
    }

    private static final Pattern UNPREPARE_STATEMENTS =
            Pattern.compile("(?:\\s*EXEC(?:UTE)?\\s+sp_unprepare\\s+\\d{1,9}\\s*;?)+\\s*", Pattern.CASE_INSENSITIVE);
    private static final Pattern HANDLE = Pattern.compile("\\d+");

    private final Map<Integer, Prepared> byHandle = new HashMap<>();
    private int lastHandle;

    int add(Prepared statement) {
        byHandle.put(++lastHandle, statement);
        return lastHandle;
    }

    Prepared get(int handle) throws UnsupportedRequestException {
        Prepared statement = byHandle.get(handle);
        if (statement == null) {
            throw unknown(handle);
        }
        return statement;
    }

    void remove(int handle) throws UnsupportedRequestException {
        if (byHandle.remove(handle) == null) {
            throw unknown(handle);
        }
    }

    int count() {
        return byHandle.size();
    }

    /// 8179: mssql-jdbc knows the number and prepares again.
    private static UnsupportedRequestException unknown(int handle) {
        return new UnsupportedRequestException(SqlMessage.error(
                8179, String.format(Locale.ROOT, "Could not find prepared statement with handle %d.", handle)));
    }

    /// The handles that a batch gives back, if it does nothing else.
    /// mssql-jdbc collects them: `EXEC sp_unprepare 1;EXEC sp_unprepare 2;`.
    static Optional<List<Integer>> handlesGivenBack(String batch) {
        if (!UNPREPARE_STATEMENTS.matcher(batch).matches()) {
            return Optional.empty();
        }
        Matcher matcher = HANDLE.matcher(batch);
        return Optional.of(
                matcher.results().map(found -> Integer.valueOf(found.group())).toList());
    }

    /// The names in `@P0 nvarchar(4000),@P1 decimal(38,2) OUTPUT`.
    static List<String> declaredNames(String declaration) {
        List<String> names = new ArrayList<>();
        int depth = 0;
        boolean expected = true;
        for (int i = 0; i < declaration.length(); i++) {
            char c = declaration.charAt(i);
            if (c == '(') {
                depth++;
            } else if (c == ')') {
                depth--;
            } else if (c == ',' && depth == 0) {
                expected = true;
            } else if (expected && c == '@') {
                int end = i + 1;
                while (end < declaration.length() && !Character.isWhitespace(declaration.charAt(end))) {
                    end++;
                }
                names.add(declaration.substring(i, end));
                expected = false;
            }
        }
        return names;
    }
}
