package dev.sluice.simulator.tds;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// A call of a procedure, by name or by one of the numbers that TDS gives to frequent ones.
///
/// @param name in lower case where TDS knows a number for it, else as sent
record RpcRequest(String name, List<Argument> arguments) {

    /// @param name empty if the argument is positional
    record Argument(String name, SqlType type, @Nullable Object value, boolean output) {}

    static final String EXECUTESQL = "sp_executesql";
    static final String PREPARE = "sp_prepare";
    static final String EXECUTE = "sp_execute";
    static final String PREPEXEC = "sp_prepexec";
    static final String UNPREPARE = "sp_unprepare";

    private static final List<String> NUMBERED = List.of(
            "",
            "sp_cursor",
            "sp_cursoropen",
            "sp_cursorprepare",
            "sp_cursorexecute",
            "sp_cursorprepexec",
            "sp_cursorunprepare",
            "sp_cursorfetch",
            "sp_cursoroption",
            "sp_cursorclose",
            EXECUTESQL,
            PREPARE,
            EXECUTE,
            PREPEXEC,
            "sp_prepexecrpc",
            UNPREPARE);

    private static final int BY_NUMBER = 0xFFFF;
    private static final int OUTPUT = 0x01;
    private static final int NEXT_CALL = 0xFF;
    private static final int LONGEST_NAME = 128; // the marker of the next call lies above

    /// Reads all calls of a message; drivers send many in one for JDBC's `executeBatch`.
    static List<RpcRequest> parse(byte[] body) throws ProtocolException, UnsupportedRequestException {
        WireInput in = new WireInput(body);
        AllHeaders.skip(in);
        List<RpcRequest> calls = new ArrayList<>();
        do {
            calls.add(parseCall(in));
        } while (in.remaining() > 0);
        return calls;
    }

    private static RpcRequest parseCall(WireInput in) throws ProtocolException, UnsupportedRequestException {
        String name = parseName(in);
        in.u16(); // options: recompile, no metadata, reuse metadata; none changes what is answered
        List<Argument> arguments = new ArrayList<>();
        while (in.remaining() > 0) {
            int length = in.u8();
            if (length == NEXT_CALL) {
                return new RpcRequest(name, arguments);
            }
            if (length > LONGEST_NAME) {
                throw new ProtocolException(String.format(
                        Locale.ROOT, "a parameter's name has at most %d characters, got %d", LONGEST_NAME, length));
            }
            String argument = in.utf16(length);
            int status = in.u8();
            TypeInfo info = TypeInfo.read(in);
            arguments.add(new Argument(argument, info.type(), TypeCodec.read(info, in), (status & OUTPUT) != 0));
        }
        return new RpcRequest(name, arguments);
    }

    private static String parseName(WireInput in) throws ProtocolException, UnsupportedRequestException {
        int length = in.u16();
        if (length != BY_NUMBER) {
            String name = in.utf16(length);
            String lower = name.toLowerCase(Locale.ROOT);
            return NUMBERED.contains(lower) ? lower : name;
        }
        int number = in.u16();
        if (number <= 0 || number >= NUMBERED.size()) {
            throw new UnsupportedRequestException(SqlMessage.error(
                    Tokens.NOT_FROM_SQL_SERVER,
                    String.format(Locale.ROOT, "This TDS endpoint knows no procedure number %d.", number)));
        }
        return NUMBERED.get(number);
    }

    boolean isNumbered() {
        return NUMBERED.contains(name);
    }

    String text(int argument) throws ProtocolException {
        if (value(argument) instanceof String text) {
            return text;
        }
        throw new ProtocolException(String.format(Locale.ROOT, "argument %d of %s is a text", argument, name));
    }

    /// As [#text], but an argument that is null or missing is empty.
    String optionalText(int argument) throws ProtocolException {
        return argument >= arguments.size() || value(argument) == null ? "" : text(argument);
    }

    int number(int argument) throws ProtocolException {
        if (value(argument) instanceof Integer number) {
            return number;
        }
        throw new ProtocolException(String.format(Locale.ROOT, "argument %d of %s is an int", argument, name));
    }

    private @Nullable Object value(int argument) throws ProtocolException {
        if (argument >= arguments.size()) {
            throw new ProtocolException(String.format(Locale.ROOT, "%s has only %d arguments", name, arguments.size()));
        }
        return arguments.get(argument).value();
    }

    List<Argument> argumentsFrom(int first) {
        return arguments.subList(Math.min(first, arguments.size()), arguments.size());
    }
}
