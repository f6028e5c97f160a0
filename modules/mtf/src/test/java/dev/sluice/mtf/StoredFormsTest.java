package dev.sluice.mtf;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.LocalDateTime;
import java.util.HexFormat;
import java.util.UUID;
import org.junit.jupiter.api.Test;

final class StoredFormsTest {
    private static final HexFormat HEX = HexFormat.of();

    @Test
    void guidsAreMixedEndian() {
        // The backup-set GUID of a real backup, as stored and as msdb shows it.
        byte[] stored = HEX.parseHex("5141c4c62c8a6c4c9bf52e02090c8ebc");
        UUID guid = UUID.fromString("c6c44151-8a2c-4c6c-9bf5-2e02090c8ebc");
        byte[] written = new byte[WindowsGuid.BYTES];

        WindowsGuid.write(guid, MemorySegment.ofArray(written), 0);

        assertThat(WindowsGuid.read(MemorySegment.ofArray(stored), 0)).isEqualTo(guid);
        assertThat(written).isEqualTo(stored);
    }

    @Test
    void datesAreABigEndianBitField() {
        byte[] stored = HEX.parseHex("1f8d455037");
        LocalDateTime date = LocalDateTime.of(2019, 5, 2, 21, 0, 55);
        byte[] written = new byte[MtfDate.BYTES];

        MtfDate.write(date, MemorySegment.ofArray(written), 0);

        assertThat(MtfDate.read(MemorySegment.ofArray(stored), 0)).isEqualTo(date);
        assertThat(written).isEqualTo(stored);
    }

    @Test
    void datesThatAreNotAreNull() {
        assertThat(MtfDate.read(MemorySegment.ofArray(new byte[5]), 0)).isNull();
        assertThat(MtfDate.read(MemorySegment.ofArray(HEX.parseHex("ffffffffff")), 0))
                .isNull();
        byte[] written = HEX.parseHex("ffffffffff");
        MtfDate.write(null, MemorySegment.ofArray(written), 0);
        assertThat(written).containsOnly(0);
        assertThatThrownBy(() -> MtfDate.write(LocalDateTime.MAX, MemorySegment.ofArray(written), 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void headerChecksumIsTheExclusiveOrOfTheWords() {
        // The header of a real TAPE block and of a real terminator MQDA.
        byte[] tape = HEX.parseHex("54415045000003008c000e0100000000" + "00".repeat(32) + "02008705");
        byte[] terminator = HEX.parseHex("4d514441" + "0000" + "0600" + "00".repeat(12) + "0f10");

        assertThat(HeaderChecksum.of(MemorySegment.ofArray(tape), 0, HeaderChecksum.BLOCK_HEADER))
                .isEqualTo(0x0587);
        assertThat(HeaderChecksum.holds(MemorySegment.ofArray(tape), 0, HeaderChecksum.BLOCK_HEADER))
                .isTrue();
        assertThat(HeaderChecksum.holds(MemorySegment.ofArray(terminator), 0, HeaderChecksum.STREAM_HEADER))
                .isTrue();
    }

    @Test
    void headerChecksumFindsEveryChangedByte() {
        byte[] tape = HEX.parseHex("54415045000003008c000e0100000000" + "00".repeat(32) + "02008705");
        for (int i = 0; i < tape.length; i++) {
            for (int change = 1; change < 256; change++) {
                tape[i] ^= (byte) change;
                assertThat(HeaderChecksum.holds(MemorySegment.ofArray(tape), 0, HeaderChecksum.BLOCK_HEADER))
                        .isFalse();
                tape[i] ^= (byte) change;
            }
        }
    }

    @Test
    void readingOutsideAStructureGivesNothing() {
        StoredFields fields = new StoredFields(MemorySegment.ofArray(new byte[] {1, 2, 3, 4}));

        assertThat(fields.u8(4)).isZero();
        assertThat(fields.u16(3)).isZero();
        assertThat(fields.u32(1)).isZero();
        assertThat(fields.i64(-1)).isZero();
        assertThat(fields.i64(Long.MAX_VALUE)).isZero();
        assertThat(fields.lsn(0)).isEqualTo(Lsn.ZERO);
        assertThat(fields.guid(0)).isNull();
        assertThat(fields.date(0)).isNull();
        assertThat(fields.text(0)).isEmpty(); // 0x0201 bytes at 0x0403
        assertThat(fields.part(2, 3).size()).isZero();
    }

    @Test
    void stringsLoseTheTerminatorsSqlServerLeavesIn() {
        byte[] bytes = new FieldWriter(4).text(0, "SQL Server\0\0").toBytes();

        assertThat(new StoredFields(MemorySegment.ofArray(bytes)).text(0)).isEqualTo("SQL Server");
        assertThat(MemorySegment.ofArray(bytes).get(ValueLayout.JAVA_BYTE, 0)).isEqualTo((byte) 24);
    }
}
