package dev.sluice.simulator.tds;

import dev.sluice.simulator.regional.Collation;
import java.nio.ByteBuffer;
import java.util.List;

/// The tokens of a response.
final class Tokens {

    /// The number of errors that are the endpoint's own. SQL Server gives it to messages that have none.
    static final int NOT_FROM_SQL_SERVER = 50000;

    static final int DONE_MORE = 0x01;
    static final int DONE_ERROR = 0x02;
    static final int DONE_COUNT = 0x10;
    static final int DONE_ATTENTION = 0x20;
    static final int DONE_FATAL = 0x100;

    /// What a DONE belongs to; clients look at it only to tell row counts of changes from those of a SELECT.
    static final int COMMAND_NONE = 0;

    static final int COMMAND_SELECT = 0xC1;
    static final int COMMAND_INSERT = 0xC3;

    enum End {
        DONE(0xFD),
        DONEPROC(0xFE),
        DONEINPROC(0xFF);

        private final int token;

        End(int token) {
            this.token = token;
        }
    }

    enum TextChange {
        DATABASE(1),
        LANGUAGE(2),
        PACKET_SIZE(4);

        private final int code;

        TextChange(int code) {
            this.code = code;
        }
    }

    enum TransactionChange {
        BEGUN(8),
        COMMITTED(9),
        ROLLED_BACK(10);

        private final int code;

        TransactionChange(int code) {
            this.code = code;
        }
    }

    private static final int ENVCHANGE = 0xE3;
    private static final int INFO = 0xAB;
    private static final int ERROR = 0xAA;
    private static final int LOGINACK = 0xAD;
    private static final int SSPI = 0xED;
    private static final int COLMETADATA = 0x81;
    private static final int ROW = 0xD1;
    private static final int RETURNSTATUS = 0x79;
    private static final int RETURNVALUE = 0xAC;
    private static final int CHANGE_COLLATION = 7;
    private static final int CHANGE_RESET = 18;
    private static final int NULLABLE_MAYBE_UPDATABLE = 9;
    private static final int LONGEST_MESSAGE = 4000;

    private Tokens() {}

    static void change(TextChange what, String to, String from, WireBuffer out) {
        int begin = out.u8(ENVCHANGE).beginLength();
        out.u8(what.code).shortText(to).shortText(from).endLength(begin);
    }

    static void collation(Collation collation, WireBuffer out) {
        int begin = out.u8(ENVCHANGE).beginLength();
        out.u8(CHANGE_COLLATION).u8(TypeInfo.COLLATION_BYTES);
        out.i32(collation.info()).u8(collation.sortId());
        out.u8(0).endLength(begin);
    }

    static void change(TransactionChange what, long descriptor, WireBuffer out) {
        int begin = out.u8(ENVCHANGE).beginLength();
        out.u8(what.code);
        if (what == TransactionChange.BEGUN) {
            out.u8(8).i64(descriptor).u8(0);
        } else {
            out.u8(0).u8(8).i64(descriptor);
        }
        out.endLength(begin);
    }

    static void resetDone(WireBuffer out) {
        int begin = out.u8(ENVCHANGE).beginLength();
        out.u8(CHANGE_RESET).u8(0).u8(0).endLength(begin);
    }

    /// ERROR or INFO. Text beyond 4000 characters is cut: the token has room for a little more, SQL Server
    /// never sends it.
    static void message(SqlMessage message, String server, WireBuffer out) {
        String text = message.text();
        int begin = out.u8(message.isError() ? ERROR : INFO).beginLength();
        out.i32(message.number()).u8(message.state()).u8(message.severity());
        out.longText(text.substring(0, Math.min(text.length(), LONGEST_MESSAGE)));
        out.shortText(server).shortText(message.procedure()).i32(message.line()).endLength(begin);
    }

    /// A refused login, in the form that TDS had before 7.2: the line has two bytes there, DONE's row count
    /// four. From 7.2 on a client would read it as a message that is cut off.
    static void refusedBefore72(SqlMessage message, String server, WireBuffer out) {
        int begin = out.u8(ERROR).beginLength();
        out.i32(message.number()).u8(message.state()).u8(message.severity());
        out.longText(message.text()).shortText(server).shortText(message.procedure());
        out.u16(message.line()).endLength(begin);
        out.u8(End.DONE.token).u16(DONE_ERROR).u16(COMMAND_NONE).i32(0);
    }

    static void loginAcknowledged(int tdsVersion, String program, ServerVersion version, WireBuffer out) {
        int begin = out.u8(LOGINACK).beginLength();
        out.u8(1).i32BigEndian(tdsVersion).shortText(program);
        out.u8(version.major())
                .u8(version.minor())
                .u16BigEndian(version.build())
                .endLength(begin);
    }

    /// A token of the server's for the client's security provider.
    static void sspi(ByteBuffer token, WireBuffer out) {
        byte[] bytes = new byte[token.remaining()];
        token.duplicate().get(bytes);
        out.u8(SSPI).u16(bytes.length).bytes(bytes);
    }

    static void columns(List<Column> columns, WireBuffer out) {
        out.u8(COLMETADATA).u16(columns.size());
        for (Column column : columns) {
            out.i32(0).u16(NULLABLE_MAYBE_UPDATABLE);
            TypeInfo.write(column.type(), out);
            out.shortText(column.name());
        }
    }

    static void row(WireBuffer out) {
        out.u8(ROW);
    }

    static void done(End end, int status, int command, long rowCount, WireBuffer out) {
        out.u8(end.token).u16(status).u16(command).i64(rowCount);
    }

    static void returnStatus(int status, WireBuffer out) {
        out.u8(RETURNSTATUS).i32(status);
    }

    /// What precedes the value of an output parameter.
    static void returnValue(int ordinal, String name, SqlType type, WireBuffer out) {
        out.u8(RETURNVALUE).u16(ordinal).shortText(name).u8(1).i32(0).u16(NULLABLE_MAYBE_UPDATABLE);
        TypeInfo.write(type, out);
    }
}
