package dev.sluice.mtf.inspect;

import static java.util.Objects.requireNonNull;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.testsupport.RealBackups;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Real compressed containers unpack to plain streams that hold in every respect.
final class ContainerUnpackerTest {
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

    @ParameterizedTest
    @ValueSource(strings = {"TutorialDB.bak", "northwind-compressed.bak"})
    void realOnesGiveAStreamWhosePagesAreAllWhereTheyBelong(String name) {
        long[] pages = new long[1];

        Unpacked unpacked = unpack(RealBackups.read("compressed-2016/" + name), 65_536);
        StreamInspector inspector = StreamInspector.reading((_, _, _, _) -> pages[0]++);
        inspector.update(unpacked.plain());

        assertThat(unpacked.unpacker().problem()).isNull();
        Inspection.Inspected report = (Inspection.Inspected) inspector.report();
        assertThat(report.findings()).isEmpty();
        assertThat(report.ending()).isInstanceOf(Inspection.Ending.Complete.class);
        assertThat(requireNonNull(report.last()).finished()).isNotNull();
        assertThat(pages[0]).isPositive();
    }
}
