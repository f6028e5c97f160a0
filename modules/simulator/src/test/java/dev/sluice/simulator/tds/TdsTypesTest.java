package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.simulator.tds.JdbcClient.Mode;
import java.io.IOException;
import java.math.BigDecimal;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.Statement;
import java.sql.Types;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.List;
import java.util.UUID;
import java.util.stream.Stream;
import microsoft.sql.DateTimeOffset;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/// Every type, with its extreme values and null, from the engine to mssql-jdbc and from mssql-jdbc to the
/// engine.
@Timeout(30)
class TdsTypesTest {

    private final ToyEngine engine = new ToyEngine();
    private TdsServer server;

    @BeforeEach
    void start() throws IOException {
        server = TdsServer.start(TdsOptions.defaults(), engine);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    static Stream<Arguments> values() {
        UUID guid = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        byte[] bytes = new byte[100_000];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) i;
        }
        String max = "x".repeat(4000);
        return Stream.of(
                Arguments.of(SqlType.TINYINT, List.of(0, 255), List.of((short) 0, (short) 255)),
                Arguments.of(
                        SqlType.SMALLINT,
                        List.of(Short.MIN_VALUE, Short.MAX_VALUE),
                        List.of(Short.MIN_VALUE, Short.MAX_VALUE)),
                same(SqlType.INT, Integer.MIN_VALUE, -1, Integer.MAX_VALUE),
                same(SqlType.BIGINT, Long.MIN_VALUE, -1L, Long.MAX_VALUE),
                same(SqlType.BIT, true, false),
                same(SqlType.REAL, Float.MIN_VALUE, -Float.MAX_VALUE, 1.5f),
                same(SqlType.FLOAT, Double.MIN_VALUE, -Double.MAX_VALUE, 0.1),
                same(SqlType.decimal(25, 0), new BigDecimal("9".repeat(25)), new BigDecimal("-31000000042700001")),
                same(SqlType.decimal(38, 38), new BigDecimal("-0." + "9".repeat(38))),
                same(SqlType.decimal(38, 0), new BigDecimal("9".repeat(38)), BigDecimal.ZERO),
                same(SqlType.decimal(9, 2), new BigDecimal("1234567.89"), new BigDecimal("-0.01")),
                same(SqlType.decimal(19, 4), new BigDecimal("922337203685477.5807")),
                same(SqlType.DATE, LocalDate.of(1, 1, 1), LocalDate.of(9999, 12, 31)),
                same(SqlType.time(7), LocalTime.MIN, LocalTime.of(23, 59, 59, 999_999_900)),
                same(SqlType.time(0), LocalTime.of(23, 59, 59)),
                same(
                        SqlType.DATETIME,
                        LocalDateTime.of(1753, 1, 1, 0, 0),
                        LocalDateTime.of(9999, 12, 31, 23, 59, 59, 997_000_000),
                        LocalDateTime.of(2026, 2, 28, 12, 0, 0, 3_000_000)),
                Arguments.of(
                        SqlType.DATETIME,
                        List.of(LocalDateTime.of(2026, 12, 31, 23, 59, 59, 999_000_000)),
                        List.of(LocalDateTime.of(2027, 1, 1, 0, 0))),
                same(
                        SqlType.datetime2(7),
                        LocalDateTime.of(1, 1, 1, 0, 0),
                        LocalDateTime.of(9999, 12, 31, 23, 59, 59, 999_999_900)),
                same(SqlType.datetime2(3), LocalDateTime.of(2026, 11, 23, 1, 2, 3, 456_000_000)),
                same(SqlType.datetime2(0), LocalDateTime.of(2026, 11, 23, 1, 2, 3)),
                same(
                        SqlType.datetimeoffset(7),
                        OffsetDateTime.parse("2026-11-23T01:02:03.1234567+05:30"),
                        OffsetDateTime.parse("2026-11-23T01:02:03-11:00")),
                same(SqlType.UNIQUEIDENTIFIER, guid),
                same(SqlType.nvarchar(4000), "", max, "Zürich \uD83D\uDE00"),
                same(SqlType.NVARCHAR_MAX, "", "y".repeat(50_000)),
                same(SqlType.varchar(8000), "", "€äß", "z".repeat(8000)),
                same(SqlType.VARCHAR_MAX, "", "€".repeat(50_000)),
                Arguments.of(SqlType.nchar(3), List.of("ab", "abc"), List.of("ab ", "abc")),
                Arguments.of(SqlType.character(3), List.of("", "ü"), List.of("   ", "ü  ")),
                same(SqlType.varbinary(10), new byte[0], new byte[] {-1, 0, 1}),
                Arguments.of(SqlType.binary(4), List.of(new byte[] {1}), List.of(new byte[] {1, 0, 0, 0})),
                same(SqlType.VARBINARY_MAX, new byte[0], bytes));
    }

    private static Arguments same(SqlType type, Object... values) {
        return Arguments.of(type, List.of(values), List.of(values));
    }

    @ParameterizedTest
    @MethodSource("values")
    void reachesTheClient(SqlType type, List<Object> sent, List<Object> expected) throws Exception {
        engine.on("SELECT values", (_, out, _) -> {
            out.resultSet(List.of(new Column("before", SqlType.INT), new Column("value", type)));
            for (Object value : sent) {
                out.row(1, value);
                out.row(2, null);
            }
            out.done();
        });

        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR);
                Statement statement = connection.createStatement();
                ResultSet rows = statement.executeQuery("SELECT values")) {
            assertThat(rows.getMetaData().getColumnName(2)).isEqualTo("value");
            for (Object value : expected) {
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isEqualTo(1);
                assertThat(get(rows, type)).isEqualTo(value);
                assertThat(rows.next()).isTrue();
                assertThat(rows.getInt(1)).isEqualTo(2);
                assertThat(rows.getObject(2)).isNull();
            }
            assertThat(rows.next()).isFalse();
        }
    }

    private static Object get(ResultSet rows, SqlType type) throws Exception {
        return switch (type) {
            case SqlType.Date _ -> rows.getObject(2, LocalDate.class);
            case SqlType.Time _ -> rows.getObject(2, LocalTime.class);
            case SqlType.DateTime _, SqlType.DateTime2 _ -> rows.getObject(2, LocalDateTime.class);
            case SqlType.DateTimeOffset _ -> rows.getObject(2, OffsetDateTime.class);
            case SqlType.UniqueIdentifier _ -> UUID.fromString(rows.getString(2));
            default -> rows.getObject(2);
        };
    }

    @Test
    void reachesTheEngineAsAParameter() throws Exception {
        engine.on("INSERT @P0", (_, out, _) -> out.done(1));
        byte[] large = new byte[20_000];
        large[19_999] = 7;
        LocalDateTime dateTime = LocalDateTime.of(2026, 11, 23, 1, 2, 3, 123_456_700);

        assertThat(arriving("text")).isEqualTo("text");
        assertThat(arriving("")).isEqualTo("");
        assertThat(arriving("w".repeat(5000))).isEqualTo("w".repeat(5000));
        assertThat(arriving(42)).isEqualTo(42);
        assertThat(arriving(Long.MIN_VALUE)).isEqualTo(Long.MIN_VALUE);
        assertThat(arriving((short) -3)).isEqualTo((short) -3);
        assertThat(arriving((byte) 3)).isEqualTo((short) 3);
        assertThat(arriving(true)).isEqualTo(true);
        assertThat(arriving(1.5f)).isEqualTo(1.5f);
        assertThat(arriving(-0.1)).isEqualTo(-0.1);
        assertThat(arriving(new BigDecimal("-12345678901234567890.123")))
                .isEqualTo(new BigDecimal("-12345678901234567890.123"));
        assertThat(arriving(LocalDate.of(2026, 11, 23))).isEqualTo(LocalDate.of(2026, 11, 23));
        assertThat(arriving(LocalTime.of(1, 2, 3))).isEqualTo(LocalTime.of(1, 2, 3));
        assertThat(arriving(dateTime)).isEqualTo(dateTime);
        assertThat(arriving(DateTimeOffset.valueOf(OffsetDateTime.parse("2026-11-23T01:02:03+02:00"))))
                .isEqualTo(OffsetDateTime.parse("2026-11-23T01:02:03+02:00"));
        assertThat(arriving(new byte[] {1, 2})).isEqualTo(new byte[] {1, 2});
        assertThat(arriving(large)).isEqualTo(large);
        UUID guid = UUID.fromString("00112233-4455-6677-8899-aabbccddeeff");
        assertThat(arriving(guid)).isEqualTo(guid);
    }

    private @Nullable Object arriving(Object value) throws Exception {
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR, "sendTimeAsDatetime", "false");
                PreparedStatement statement = connection.prepareStatement("INSERT ?")) {
            statement.setObject(1, value);
            assertThat(statement.executeUpdate()).isEqualTo(1);
        }
        return engine.batches.getLast().parameters().getFirst().value();
    }

    @Test
    void reachesTheEngineAsNull() throws Exception {
        engine.on("INSERT @P0", (_, out, _) -> out.done(1));
        int[] types = {
            Types.NVARCHAR,
            Types.VARCHAR,
            Types.INTEGER,
            Types.BIGINT,
            Types.BIT,
            Types.DECIMAL,
            Types.DOUBLE,
            Types.DATE,
            Types.TIME,
            Types.TIMESTAMP,
            Types.VARBINARY,
            Types.LONGVARBINARY,
            Types.NULL
        };
        try (Connection connection = JdbcClient.connect(server, Mode.CLEAR)) {
            for (int type : types) {
                try (PreparedStatement statement = connection.prepareStatement("INSERT ?")) {
                    statement.setNull(1, type);
                    assertThat(statement.executeUpdate()).isEqualTo(1);
                }
                assertThat(engine.batches.getLast().parameters().getFirst().value())
                        .isNull();
            }
        }
        assertThat(engine.batches).hasSize(types.length);
    }
}
