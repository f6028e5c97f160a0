package dev.sluice.vdi.jna;

import com.sun.jna.Memory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.UUID;

/// The identifiers of the COM classes and interfaces, in the form that they have in memory: the first three fields
/// are little-endian, unlike in the text.
///
/// **Source:** the Windows `vdi.h` and `vdiguid.h`. The class of the set and its first interface share one GUID.
enum Guid {
    CLIENT_VIRTUAL_DEVICE_SET_CLASS("40700425-0080-11d2-851f-00c04fc21759"),
    CLIENT_VIRTUAL_DEVICE_SET_2("d0e6eb07-7a62-11d2-8573-00c04fc21759"),
    CLIENT_VIRTUAL_DEVICE("40700424-0080-11d2-851f-00c04fc21759");

    private final String text;

    Guid(String text) {
        this.text = text;
    }

    byte[] bytes() {
        UUID uuid = UUID.fromString(text);
        long high = uuid.getMostSignificantBits();
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt((int) (high >>> 32))
                .putShort((short) (high >>> 16))
                .putShort((short) high)
                .order(ByteOrder.BIG_ENDIAN)
                .putLong(uuid.getLeastSignificantBits())
                .array();
    }

    Memory toMemory() {
        Memory memory = new Memory(16);
        memory.write(0, bytes(), 0, 16);
        return memory;
    }

    @Override
    public String toString() {
        return "{" + text + "}";
    }
}
