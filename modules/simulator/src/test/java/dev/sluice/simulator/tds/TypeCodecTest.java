package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.OffsetDateTime;
import java.util.HexFormat;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TypeCodecTest {

    private static String written(SqlType type, @Nullable Object value) {
        WireBuffer out = new WireBuffer();
        TypeCodec.write(type, value, out);
        return HexFormat.of().formatHex(out.toByteArray());
    }

    private static String info(SqlType type) {
        WireBuffer out = new WireBuffer();
        TypeInfo.write(type, out);
        return HexFormat.of().formatHex(out.toByteArray());
    }

    private static @Nullable Object read(String hex) throws Exception {
        WireInput in = new WireInput(HexFormat.of().parseHex(hex.replace(" ", "")));
        Object value = TypeCodec.read(TypeInfo.read(in), in);
        assertThat(in.remaining()).isZero();
        return value;
    }

    @Test
    void writesTypesAsTheWireSaysThem() {
        assertThat(info(SqlType.BIGINT)).isEqualTo("2608");
        assertThat(info(SqlType.BIT)).isEqualTo("6801");
        assertThat(info(SqlType.decimal(25, 0))).isEqualTo("6c0d1900");
        assertThat(info(SqlType.decimal(38, 10))).isEqualTo("6c11260a");
        assertThat(info(SqlType.FLOAT)).isEqualTo("6d08");
        assertThat(info(SqlType.DATETIME)).isEqualTo("6f08");
        assertThat(info(SqlType.datetime2(7))).isEqualTo("2a07");
        assertThat(info(SqlType.DATE)).isEqualTo("28");
        assertThat(info(SqlType.UNIQUEIDENTIFIER)).isEqualTo("2410");
        assertThat(info(SqlType.nvarchar(128))).isEqualTo("e700010904d00034");
        assertThat(info(SqlType.NVARCHAR_MAX)).isEqualTo("e7ffff0904d00034");
        assertThat(info(SqlType.varchar(8000))).isEqualTo("a7401f0904d00034");
        assertThat(info(SqlType.nchar(1))).isEqualTo("ef02000904d00034");
        assertThat(info(SqlType.character(1))).isEqualTo("af01000904d00034");
        assertThat(info(SqlType.varbinary(10))).isEqualTo("a50a00");
        assertThat(info(SqlType.VARBINARY_MAX)).isEqualTo("a5ffff");
        assertThat(info(SqlType.binary(10))).isEqualTo("ad0a00");
    }

    @Test
    void writesValues() {
        assertThat(written(SqlType.TINYINT, 255)).isEqualTo("01ff");
        assertThat(written(SqlType.INT, -2)).isEqualTo("04feffffff");
        assertThat(written(SqlType.BIT, true)).isEqualTo("0101");
        assertThat(written(SqlType.decimal(9, 2), new BigDecimal("-1.5"))).isEqualTo("050096000000");
        assertThat(written(SqlType.decimal(25, 0), BigInteger.TWO)).isEqualTo("0d01" + "02" + "00".repeat(11));
        assertThat(written(SqlType.FLOAT, 1.0)).isEqualTo("08000000000000f03f");
        assertThat(written(SqlType.DATE, LocalDate.of(1, 1, 2))).isEqualTo("03010000");
        assertThat(written(SqlType.DATETIME, LocalDateTime.of(1900, 1, 2, 0, 0, 1)))
                .isEqualTo("08010000002c010000");
        assertThat(written(SqlType.DATETIME, LocalDateTime.of(1899, 12, 31, 0, 0)))
                .isEqualTo("08ffffffff00000000");
        assertThat(written(SqlType.datetime2(0), LocalDateTime.of(1, 1, 1, 0, 0, 1)))
                .isEqualTo("06010000000000");
        assertThat(written(SqlType.datetime2(7), LocalDateTime.of(1, 1, 1, 0, 0, 0, 199)))
                .isEqualTo("080100000000000000");
        assertThat(written(SqlType.datetimeoffset(0), OffsetDateTime.parse("0001-01-01T01:00:00+01:00")))
                .isEqualTo("080000000000003c00");
        assertThat(written(SqlType.UNIQUEIDENTIFIER, UUID.fromString("00112233-4455-6677-8899-aabbccddeeff")))
                .isEqualTo("1033221100554477668899aabbccddeeff");
        assertThat(written(SqlType.nvarchar(3), "ab")).isEqualTo("040061006200");
        assertThat(written(SqlType.varchar(3), "€\u4e2d")).isEqualTo("0200803f");
        assertThat(written(SqlType.nchar(3), "a")).isEqualTo("0600610020002000");
        assertThat(written(SqlType.binary(3), new byte[] {1})).isEqualTo("0300010000");
        assertThat(written(SqlType.VARBINARY_MAX, new byte[] {1, 2}))
                .isEqualTo("0200000000000000" + "02000000" + "0102" + "00000000");
        assertThat(written(SqlType.VARBINARY_MAX, new byte[0])).isEqualTo("0000000000000000" + "00000000");
    }

    @Test
    void writesNullByTheLengthOfEachType() {
        assertThat(written(SqlType.INT, null)).isEqualTo("00");
        assertThat(written(SqlType.DATE, null)).isEqualTo("00");
        assertThat(written(SqlType.nvarchar(10), null)).isEqualTo("ffff");
        assertThat(written(SqlType.binary(10), null)).isEqualTo("ffff");
        assertThat(written(SqlType.NVARCHAR_MAX, null)).isEqualTo("ff".repeat(8));
        assertThat(written(SqlType.VARBINARY_MAX, null)).isEqualTo("ff".repeat(8));
    }

    @Test
    void refusesValuesThatDoNotFit() {
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.TINYINT, 256));
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.TINYINT, -1));
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.INT, 1L << 31));
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.INT, 1.5));
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.INT, "1"));
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.decimal(2, 0), 100));
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.nvarchar(2), "abc"));
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.varbinary(2), new byte[3]));
        assertThatIllegalArgumentException().isThrownBy(() -> written(SqlType.DATE, LocalDate.of(10000, 1, 1)));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> written(SqlType.DATETIME, LocalDateTime.of(1752, 12, 31, 0, 0)));
        assertThatIllegalArgumentException().isThrownBy(() -> SqlType.nvarchar(4001));
        assertThatIllegalArgumentException().isThrownBy(() -> SqlType.decimal(39, 0));
        assertThatIllegalArgumentException().isThrownBy(() -> SqlType.datetime2(8));
    }

    @Test
    void readsChunksOfAValueOfUnknownLength() throws Exception {
        assertThat(read("e7ffff 0904d00034 feffffffffffffff 02000000 6100 04000000 62006300 00000000"))
                .isEqualTo("abc");
        assertThat(read("e7ffff 0904d00034 ffffffffffffffff")).isNull();
    }

    @Test
    void readsASmalldatetime() throws Exception {
        assertThat(read("6f04 04 0100 3d00")).isEqualTo(LocalDateTime.of(1900, 1, 2, 1, 1));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "2603 00", // an integer of three bytes
                "2604 03 000000", // a value shorter than its type
                "6c 11 27 00 00", // precision 39
                "2a08 00", // scale 8
                "2a00 06 ffffff 000000", // a time after midnight
                "28 02 0000",
                "6f08 05 0000000000",
                "2410 0f 000000000000000000000000000000",
                "e70800 0904d00034 0900 61",
                "e7ffff 0904d00034 0300000000000000 02000000 6100 00000000", // announced 3, has 2
                "e7ffff 0904d00034 feffffffffffffff ffffffff 6100",
                "2b00 08 000000 000000 7f7f"
            })
    void refusesWhatCannotBe(String hex) {
        assertThatExceptionOfType(ProtocolException.class).isThrownBy(() -> read(hex));
    }

    @Test
    void saysWhichTypesItDoesNotTake() {
        assertThatExceptionOfType(UnsupportedRequestException.class)
                .isThrownBy(() -> read("f1 00"))
                .withMessageContaining("0xF1");
    }

    @Test
    void readsBackWhatItWrote() throws Exception {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 300; i++) {
            int scale = random.nextInt(8);
            long unit = BigInteger.TEN.pow(9 - scale).longValueExact();
            LocalDate day = LocalDate.of(1, 1, 1).plusDays(random.nextInt(3_652_059));
            LocalTime time = LocalTime.ofNanoOfDay(random.nextLong(86_400_000_000_000L) / unit * unit);
            int precision = 1 + random.nextInt(38);
            BigDecimal decimal = new BigDecimal(
                    new BigInteger(100, random).mod(BigInteger.TEN.pow(precision)), random.nextInt(precision + 1));
            byte[] bytes = new byte[random.nextInt(300)];
            random.nextBytes(bytes);

            assertReadsBack(seed, SqlType.datetime2(scale), day.atTime(time));
            assertReadsBack(seed, SqlType.time(scale), time);
            assertReadsBack(seed, SqlType.DATE, day);
            assertReadsBack(seed, SqlType.decimal(precision, decimal.scale()), decimal.negate());
            assertReadsBack(seed, SqlType.BIGINT, random.nextLong());
            assertReadsBack(seed, SqlType.FLOAT, random.nextDouble());
            assertReadsBack(seed, SqlType.UNIQUEIDENTIFIER, new UUID(random.nextLong(), random.nextLong()));
            assertReadsBack(seed, SqlType.varbinary(300), bytes);
            assertReadsBack(seed, SqlType.VARBINARY_MAX, bytes);
            assertReadsBack(seed, SqlType.NVARCHAR_MAX, HexFormat.of().formatHex(bytes));
        }
    }

    private static void assertReadsBack(long seed, SqlType type, Object value) throws Exception {
        assertThat(read(info(type) + written(type, value)))
                .as("seed %d, %s", seed, type)
                .isEqualTo(value);
    }
}
