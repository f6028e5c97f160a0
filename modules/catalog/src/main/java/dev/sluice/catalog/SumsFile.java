package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.US_ASCII;

import dev.sluice.catalog.BackupDocument.Blocks;
import dev.sluice.catalog.BackupDocument.Part;
import dev.sluice.catalog.BackupDocument.Segment;
import dev.sluice.catalog.BackupDocument.Stripe;
import java.io.BufferedInputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.zip.CRC32C;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.jspecify.annotations.Nullable;

/// The sums of all parts and blocks of a backup, packed. All numbers are big-endian.
///
/// ```
/// "SLUICESM"                        8 bytes
/// version                           2 bytes, 1
/// backup id                        26 bytes, ASCII
/// stripes                           2 bytes
/// for each stripe:
///   segments                        4 bytes
///   for each segment:
///     bytes                         8 bytes
///     size of a block               4 bytes; 0 when no sums were ever made, and then no blocks and no parts
///     blocks                        4 bytes, = bytes / size of a block, rounded up
///     parts                         4 bytes; 0 when it is not known how the object was uploaded
///     for each part:                number, bytes, CRC-32C, 4 bytes each
///     for each block:               CRC-32C, 4 bytes
/// CRC-32C of everything before      4 bytes
/// ```
///
/// Its facts about segments must equal those of the document: it is read together with a document, and never alone.
final class SumsFile {

    /// Beyond this size, the sums are an object of their own beside the data. So documents stay small, and a small
    /// backup costs no extra request for its sums.
    static final int MOST_INLINE = 2 << 10;

    /// 128 TiB in blocks of 8 MiB, and as many parts of 16 MiB, are below it.
    static final long LARGEST = 256L << 20;

    private static final byte[] MAGIC = "SLUICESM".getBytes(US_ASCII);
    private static final int VERSION = 1;
    private static final int ULID = 26;
    private static final int NAME_BYTES = 8;

    private SumsFile() {}

    // ---- writing ----

    /// The packed sums of a document; empty when none of its segments ever had any.
    static Optional<byte[]> pack(BackupDocument document) {
        boolean any = document.stripes().stream()
                .flatMap(stripe -> stripe.segments().stream())
                .anyMatch(segment -> segment.blocks() != null);
        return any ? Optional.of(packed(document)) : Optional.empty();
    }

    private static byte[] packed(BackupDocument document) {
        CRC32C crc = new CRC32C();
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (DataOutputStream out = new DataOutputStream(new CheckedOutputStream(packed, crc))) {
            out.write(MAGIC);
            out.writeShort(VERSION);
            out.write(document.backupId().getBytes(US_ASCII));
            out.writeShort(document.stripes().size());
            for (Stripe stripe : document.stripes()) {
                out.writeInt(stripe.segments().size());
                for (Segment segment : stripe.segments()) {
                    write(segment, out);
                }
            }
            out.writeInt((int) crc.getValue());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return packed.toByteArray();
    }

    private static void write(Segment segment, DataOutputStream out) throws IOException {
        Blocks blocks = segment.blocks();
        out.writeLong(segment.bytes());
        out.writeInt(blocks == null ? 0 : blocks.size());
        out.writeInt(blocks == null ? 0 : blocks.crc32c().size());
        out.writeInt(blocks == null ? 0 : segment.parts().size());
        if (blocks != null) {
            for (Part part : segment.parts()) {
                out.writeInt(part.number());
                out.writeInt(Math.toIntExact(part.bytes()));
                out.writeInt(HexFormat.fromHexDigits(part.crc32c()));
            }
            PackedSums sums = (PackedSums) blocks.crc32c();
            for (int i = 0; i < sums.size(); i++) {
                out.writeInt(sums.sum(i));
            }
        }
    }

    /// The key of a backup's sums object. The name contains a hash of the contents: so other contents get another
    /// name, and the same contents are stored once.
    static SumsObject object(Keys keys, BackupDocument document, byte[] packed) {
        String name;
        try {
            name = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(packed), 0, NAME_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
        CRC32C crc = new CRC32C();
        crc.update(packed);
        return new SumsObject(
                keys.sums(document.database(), document.backupId(), name), packed.length, DocumentParts.hex((int)
                        crc.getValue()));
    }

    // ---- reading ----

    /// The document with the sums of the object that it names.
    ///
    /// **Errors:** [StrictJson.Refusal] when the object contradicts the document; [IOException] when it breaks
    /// off.
    static BackupDocument attach(BackupDocument document, SumsObject object, InputStream body) throws IOException {
        CRC32C whole = new CRC32C();
        CheckedInputStream checked = new CheckedInputStream(new BufferedInputStream(body), whole);
        List<Stripe> stripes = read(document, object.bytes(), checked);
        if (!DocumentParts.hex((int) whole.getValue()).equals(object.crc32c())) {
            throw damaged("its CRC32C differs from the one in the document");
        }
        return document.withSums(stripes, object);
    }

    /// The document with the sums that it carried itself.
    static BackupDocument attach(BackupDocument document, byte[] packed) {
        try {
            return document.withSums(read(document, packed.length, new ByteArrayInputStream(packed)), null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static List<Stripe> read(BackupDocument document, long bytes, InputStream body) throws IOException {
        if (bytes > LARGEST) {
            throw damaged(
                    String.format(Locale.ROOT, "it has %d bytes, but a sums object has at most %d", bytes, LARGEST));
        }
        CRC32C crc = new CRC32C();
        DataInputStream in = new DataInputStream(new CheckedInputStream(body, crc));
        try {
            same("magic", new String(MAGIC, US_ASCII), text(in, MAGIC.length));
            int version = in.readUnsignedShort();
            if (version != VERSION) {
                throw damaged(String.format(
                        Locale.ROOT, "it has version %d, but this program reads version %d", version, VERSION));
            }
            same("backup id", document.backupId(), text(in, ULID));
            same("number of stripes", document.stripes().size(), in.readUnsignedShort());
            Room room = new Room(bytes);
            List<Stripe> stripes = new ArrayList<>();
            for (Stripe stripe : document.stripes()) {
                same("number of segments", stripe.segments().size(), in.readInt());
                List<Segment> segments = new ArrayList<>();
                for (Segment segment : stripe.segments()) {
                    segments.add(segment(segment, in, room));
                }
                stripes.add(new Stripe(stripe.index(), segments));
            }
            int expected = (int) crc.getValue();
            if (in.readInt() != expected) {
                throw damaged("the CRC32C at its end differs from that of its contents");
            }
            if (in.read() >= 0) {
                throw damaged("it has bytes after its end");
            }
            return stripes;
        } catch (EOFException e) {
            throw damaged("it breaks off");
        }
    }

    /// Checks that the stated number fits into the bytes that are left, before memory is allocated for it.
    private static final class Room {
        private long left;

        Room(long bytes) {
            this.left = bytes;
        }

        void take(long count, int each) {
            left -= count * each;
            if (count < 0 || left < 0) {
                throw damaged("it is smaller than its own numbers require");
            }
        }
    }

    private static Segment segment(Segment said, DataInputStream in, Room room) throws IOException {
        Blocks blocks = said.blocks();
        same("size of " + said.key(), said.bytes(), in.readLong());
        same("size of a block of " + said.key(), blocks == null ? 0 : blocks.size(), in.readInt());
        same(
                "number of blocks of " + said.key(),
                blocks == null ? 0 : blocks.crc32c().size(),
                in.readInt());
        same("number of parts of " + said.key(), said.parts().size(), in.readInt());
        if (blocks == null) {
            return said;
        }
        room.take(said.parts().size(), 3 * Integer.BYTES);
        room.take(blocks.crc32c().size(), Integer.BYTES);
        PackedParts.Builder parts = new PackedParts.Builder();
        long total = 0;
        for (int i = 0; i < said.parts().size(); i++) {
            int number = in.readInt();
            int bytes = in.readInt();
            if (number < 1 || number > DocumentParts.MOST_PARTS || bytes < 0) {
                throw damaged("a part of %s has an impossible number or size".formatted(said.key()));
            }
            parts.add(number, bytes, in.readInt());
            total += bytes;
        }
        if (!said.parts().isEmpty()) {
            same("size of all parts of " + said.key(), said.bytes(), total);
        }
        int[] sums = new int[blocks.crc32c().size()];
        for (int i = 0; i < sums.length; i++) {
            sums[i] = in.readInt();
        }
        return new Segment(
                said.key(),
                said.bytes(),
                said.crc32c(),
                said.eTag(),
                parts.build(),
                new Blocks(blocks.size(), PackedSums.of(sums, sums.length)));
    }

    private static String text(DataInputStream in, int length) throws IOException {
        byte[] text = new byte[length];
        in.readFully(text);
        return new String(text, US_ASCII);
    }

    private static void same(String what, Object document, @Nullable Object sums) {
        if (!document.equals(sums)) {
            throw damaged("%s is '%s' in the document, but '%s' in the sums"
                    .formatted(what, document, PrintableText.text(String.valueOf(sums))));
        }
    }

    private static StrictJson.Refusal damaged(String why) {
        return new StrictJson.Refusal(why);
    }
}
