package dev.sluice.mtf.inspect;

import dev.sluice.mtf.StoredFields;
import dev.sluice.mtf.Tag;

/// A descriptor block that has passed: the part before its first stream.
///
/// **Ownership:** `fields` reads the walker's buffer and is valid during [StreamListener#block(Block)] only.
///
/// @param position of its first byte in the stream
record DescriptorBlock(long position, int type, StoredFields fields) {
    String name() {
        return Tag.name(type);
    }
}
