package dev.sluice.simulator.generator;

import dev.sluice.mtf.inspect.Inspection;
import dev.sluice.mtf.inspect.StreamInspector;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/// Feeds a stream to an inspector in pieces.
final class Chunks {
    private Chunks() {}

    static Inspection inspect(byte[] stream, int chunk) {
        return feed(StreamInspector.full(), stream, chunk).report();
    }

    static Inspection.Inspected inspected(byte[] stream, int chunk) {
        Inspection inspection = inspect(stream, chunk);
        if (inspection instanceof Inspection.Inspected inspected) {
            return inspected;
        }
        throw new AssertionError("not inspected: " + inspection);
    }

    static StreamInspector feed(StreamInspector inspector, byte[] stream, int chunk) {
        MemorySegment memory = MemorySegment.ofArray(stream);
        for (int at = 0; at < stream.length; at += chunk) {
            inspector.update(memory, at, Math.min(chunk, stream.length - at));
        }
        return inspector;
    }

    static StreamInspector feedBuffers(StreamInspector inspector, byte[] stream, int chunk) {
        for (int at = 0; at < stream.length; at += chunk) {
            inspector.update(ByteBuffer.wrap(stream, at, Math.min(chunk, stream.length - at)));
        }
        return inspector;
    }
}
