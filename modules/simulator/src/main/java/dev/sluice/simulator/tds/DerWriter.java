package dev.sluice.simulator.tds;

import java.io.ByteArrayOutputStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;

/// The few kinds of ASN.1 values that a certificate is made of, in DER. Every method returns one whole value.
///
/// **Source:** ITU-T X.690.
final class DerWriter {

    private static final int BOOLEAN = 0x01;
    private static final int INTEGER = 0x02;
    private static final int BIT_STRING = 0x03;
    private static final int OCTET_STRING = 0x04;
    private static final int OBJECT_IDENTIFIER = 0x06;
    private static final int UTF8_STRING = 0x0C;
    private static final int GENERALIZED_TIME = 0x18;
    private static final int UTC_TIME = 0x17;
    private static final int SEQUENCE = 0x30;
    private static final int SET = 0x31;
    private static final int CONTEXT = 0x80;
    private static final int CONSTRUCTED = 0x20;

    private static final DateTimeFormatter TWO_DIGIT_YEAR =
            DateTimeFormatter.ofPattern("yyMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final DateTimeFormatter FOUR_DIGIT_YEAR =
            DateTimeFormatter.ofPattern("uuuuMMddHHmmss'Z'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final Instant FOUR_DIGITS_FROM = Instant.parse("2050-01-01T00:00:00Z"); // RFC 5280, 4.1.2.5

    private DerWriter() {}

    static byte[] sequence(byte[]... values) {
        return value(SEQUENCE, values);
    }

    static byte[] set(byte[]... values) {
        return value(SET, values);
    }

    static byte[] integer(BigInteger number) {
        return value(INTEGER, number.toByteArray());
    }

    static byte[] yes() {
        return value(BOOLEAN, new byte[] {(byte) 0xFF});
    }

    static byte[] text(String text) {
        return value(UTF8_STRING, text.getBytes(StandardCharsets.UTF_8));
    }

    static byte[] octets(byte[] content) {
        return value(OCTET_STRING, content);
    }

    /// A bit string of whole bytes.
    static byte[] bits(byte[] content) {
        return value(BIT_STRING, new byte[1], content);
    }

    static byte[] time(Instant time) {
        return time.isBefore(FOUR_DIGITS_FROM)
                ? value(UTC_TIME, TWO_DIGIT_YEAR.format(time).getBytes(StandardCharsets.US_ASCII))
                : value(GENERALIZED_TIME, FOUR_DIGIT_YEAR.format(time).getBytes(StandardCharsets.US_ASCII));
    }

    /// An object identifier such as `2.5.29.17`.
    static byte[] oid(String dotted) {
        String[] arcs = dotted.split("\\.", -1);
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        content.write(40 * Integer.parseInt(arcs[0]) + Integer.parseInt(arcs[1]));
        for (int i = 2; i < arcs.length; i++) {
            int arc = Integer.parseInt(arcs[i]);
            for (int shift = 28; shift > 0; shift -= 7) {
                if (arc >> shift != 0) {
                    content.write(0x80 | (arc >> shift & 0x7F));
                }
            }
            content.write(arc & 0x7F);
        }
        return value(OBJECT_IDENTIFIER, content.toByteArray());
    }

    /// `[number]` around whole values.
    static byte[] explicit(int number, byte[]... values) {
        return value(CONTEXT | CONSTRUCTED | number, values);
    }

    /// `[number]` in place of a primitive value's own tag.
    static byte[] implicit(int number, byte[] content) {
        return value(CONTEXT | number, content);
    }

    private static byte[] value(int tag, byte[]... contents) {
        ByteArrayOutputStream content = new ByteArrayOutputStream();
        for (byte[] part : contents) {
            content.writeBytes(part);
        }
        ByteArrayOutputStream whole = new ByteArrayOutputStream();
        whole.write(tag);
        int length = content.size();
        if (length < 0x80) {
            whole.write(length);
        } else {
            byte[] lengthBytes = BigInteger.valueOf(length).toByteArray();
            int first = lengthBytes[0] == 0 ? 1 : 0; // BigInteger's sign byte
            whole.write(0x80 | lengthBytes.length - first);
            whole.write(lengthBytes, first, lengthBytes.length - first);
        }
        whole.writeBytes(content.toByteArray());
        return whole.toByteArray();
    }
}
