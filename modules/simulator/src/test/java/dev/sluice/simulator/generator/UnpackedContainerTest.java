package dev.sluice.simulator.generator;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.mtf.BackupSetType;
import dev.sluice.mtf.inspect.ContainerUnpacker;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Generated containers of WITH COMPRESSION unpack to plain streams that hold in every respect, and damage is named.
final class UnpackedContainerTest {
    private record Unpacked(MemorySegment plain, ContainerUnpacker unpacker) {}

    private static Unpacked unpack(byte[] container, int chunk) {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        ContainerUnpacker unpacker =
                new ContainerUnpacker(bytes -> plain.writeBytes(bytes.toArray(ValueLayout.JAVA_BYTE)));
        for (int at = 0; at < container.length; at += chunk) {
            int n = Math.min(chunk, container.length - at);
            unpacker.update(MemorySegment.ofArray(container).asSlice(at, n));
        }
        return new Unpacked(MemorySegment.ofArray(plain.toByteArray()), unpacker);
    }

    private static byte[] generated(BackupRecipe recipe) {
        var stream = recipe.compressedStripe(0);
        byte[] all = new byte[Math.toIntExact(stream.length())];
        stream.read(MemorySegment.ofArray(all), 0, all.length);
        return all;
    }

    @ParameterizedTest
    @CsvSource({"512, DATABASE, 1", "512, LOG, 7", "4096, DIFFERENTIAL, 1000", "32768, DATABASE, 65536"})
    void generatedOnesGiveThePlainStreamInChunksOfAnySize(int block, BackupSetType type, int chunk) {
        BackupRecipe recipe = new SyntheticBackup("Sales", 5)
                .type(type)
                .extents(Extents.of(1, 3))
                .logBytes(70_000)
                .blockSize(block)
                .recipe();

        Unpacked unpacked = unpack(generated(recipe), chunk);

        assertThat(unpacked.unpacker().problem()).isNull();
        assertThat(unpacked.plain().toArray(ValueLayout.JAVA_BYTE))
                .isEqualTo(GeneratedStreamTest.bytes(recipe, 0, 65_536));
    }

    @Test
    void saysWhatIsWrongWithDamagedOnes() {
        byte[] container =
                generated(new SyntheticBackup("Sales", 5).blockSize(512).recipe());

        assertThat(unpack(container, 777).unpacker().unfinished()).isFalse();
        assertThat(unpack(Arrays.copyOf(container, 100), 100).unpacker().unfinished())
                .isTrue();
        assertThat(unpack(Arrays.copyOf(container, 600), 100).unpacker().unfinished())
                .isTrue();
        byte[] noMagic = container.clone();
        noMagic[0] = 0;
        assertThat(unpack(noMagic, 777).unpacker().problem()).contains("MSSQLBAK");
        byte[] noRecord = container.clone();
        noRecord[1536] = 'X';
        assertThat(unpack(noRecord, 777).unpacker().problem()).contains("neither a record nor a filemark");
        byte[] badTable = container.clone();
        Arrays.fill(badTable, 480 + 28, 480 + 28 + 256, (byte) 0);
        assertThat(unpack(badTable, 777).unpacker().problem()).contains("does not unpack");
    }
}
