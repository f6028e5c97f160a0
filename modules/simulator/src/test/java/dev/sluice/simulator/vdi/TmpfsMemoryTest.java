package dev.sluice.simulator.vdi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.vdi.inprocess.BufferMemory;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TmpfsMemoryTest {

    @TempDir
    Path directory = Path.of("");

    @Test
    void reservesAlignedMemoryThatIsTheFilesContent() throws IOException {
        TmpfsMemory memory = new TmpfsMemory(chunk -> directory.resolve("m" + chunk));

        BufferMemory.Reservation reservation = memory.reserve(100_000).orElseThrow();
        MemorySegment segment = reservation.segment();
        segment.set(ValueLayout.JAVA_BYTE, 99_999, (byte) 42);

        TmpfsMemory.Chunk chunk = memory.chunks().getFirst();
        assertThat(segment.address() % BufferMemory.ALIGNMENT).isZero();
        assertThat(segment.byteSize()).isEqualTo(100_000);
        assertThat(Files.readAllBytes(chunk.file())[(int) chunk.fileOffset() + 99_999])
                .isEqualTo((byte) 42);
        assertThat(memory.holding(segment.address() + 99_999)).isEqualTo(chunk);
        assertThat(memory.holding(segment.address() + 100_000)).isNull();
        reservation.release();
    }

    @Test
    void memoryOutlivesItsFileAndNotItsRelease() {
        TmpfsMemory memory = new TmpfsMemory(chunk -> directory.resolve("m" + chunk));
        BufferMemory.Reservation reservation = memory.reserve(65_536).orElseThrow();
        MemorySegment segment = reservation.segment();

        memory.unlink(memory.chunks().getFirst());
        segment.fill((byte) 1);
        assertThat(directory).isEmptyDirectory();

        reservation.release();
        assertThatThrownBy(() -> segment.fill((byte) 2)).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aDirectoryThatIsNotThereIsNoMemory() {
        TmpfsMemory memory = new TmpfsMemory(_ -> directory.resolve("gone/m"));

        assertThat(memory.reserve(1)).isEmpty();
    }
}
