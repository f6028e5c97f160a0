package dev.sluice.catalog;

import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigInteger;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.core.json.JsonFactory;

/// Reads a JSON document once from front to back. The caller names the type and the bounds of every value.
///
/// It holds only one value at a time, and ends at the first value that breaks its rule. It checks the length of
/// texts and numbers before it computes anything from them.
///
/// **Errors:** [Refusal] for a value that breaks its rule; Jackson's exceptions for text that is not JSON, or that
/// breaks off.
final class StrictJson {

    /// The longest text of a document is a BACKUP statement with its devices.
    static final int LONGEST_TEXT = 64 << 10;

    /// Levels of objects and arrays. Documents have seven.
    private static final int DEEPEST = 12;

    /// Bytes that a sum in an array takes, in any layout.
    private static final int LONGEST_SUM = 64;

    private static final int LONGEST_NAME = 1_024;
    private static final int LONGEST_NUMBER = 32;

    /// `datetime` begins in 1753, and no clock of SQL Server's goes beyond 9999.
    static final Instant EARLIEST = Instant.parse("1753-01-01T00:00:00Z");

    static final Instant LATEST = Instant.parse("9999-12-31T23:59:59.999999999Z");

    /// The maximum of values in free parts of a document: a database has up to 32,767 files, with four values
    /// each.
    private static final int MOST_FREE_VALUES = 1 << 18;

    /// One for all documents: it keeps the names of members and the buffers that it has met.
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxNumberLength(LONGEST_NUMBER)
                    .maxStringLength(LONGEST_TEXT)
                    .maxNameLength(LONGEST_NAME)
                    .build())
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();

    private final Allowance body;
    private final JsonParser json;

    /// Names and indexes. Their text is made for an error only.
    private final Deque<Object> path = new ArrayDeque<>();

    private int freeValues;
    private boolean newer;

    /// A value breaks its rule.
    static final class Refusal extends RuntimeException {
        Refusal(String message) {
            super(message);
        }
    }

    /// Ends an endless document, of blanks or of useless members.
    private static final class Allowance extends FilterInputStream {
        private long left;

        Allowance(InputStream body, long bytes) {
            super(body);
            this.left = bytes;
        }

        @Override
        public int read() throws IOException {
            byte[] one = new byte[1];
            return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            int count = super.read(to, offset, length);
            left -= count;
            if (left < 0) {
                throw new Refusal("it is longer than a document with this number of sums can be");
            }
            return count;
        }
    }

    /// @param bytes the most bytes that the document may have, besides those of its sums
    StrictJson(InputStream document, long bytes) {
        this.body = new Allowance(document, bytes);
        this.json = JSON.createParser(ObjectReadContext.empty(), body);
    }

    /// Allows this number of further bytes, for sums that were read.
    void allow(int bytes) {
        body.left += bytes;
    }

    /// Reads the whole document, which is one object with nothing after it.
    void document(Consumer<String> member) {
        json.nextToken();
        object(member);
        if (json.nextToken() != null) {
            throw refusal("the end of the document");
        }
    }

    /// An object.
    ///
    /// @param member called with the name of each member, whose value it reads
    void object(Consumer<String> member) {
        expect(JsonToken.START_OBJECT, "an object");
        while (json.nextToken() != JsonToken.END_OBJECT) {
            String name = json.currentName();
            path.addLast(name);
            json.nextToken();
            member.accept(name);
            path.removeLast();
        }
    }

    /// An array.
    ///
    /// @param most    the maximum of elements
    /// @param element called with the index of each element, which it reads
    void array(int most, IntConsumer element) {
        expect(JsonToken.START_ARRAY, "an array");
        for (int index = 0; json.nextToken() != JsonToken.END_ARRAY; index++) {
            if (index == most) {
                throw refusal(String.format(Locale.ROOT, "an array of at most %d elements", most));
            }
            path.addLast(index);
            element.accept(index);
            path.removeLast();
        }
    }

    private void expect(JsonToken token, String what) {
        if (json.currentToken() != token) {
            throw refusal(what);
        }
    }

    /// From here on, unknown members are members that a newer minor version has added.
    void isNewer() {
        newer = true;
    }

    /// Reads an unknown member. In a document of a newer minor version it may have any type, and is ignored.
    ///
    /// **Errors:** [Refusal] when this version has no such member.
    void other() {
        if (!newer) {
            throw unknown();
        }
        json.skipChildren();
    }

    /// Skips a value of any type.
    void skip() {
        json.skipChildren();
    }

    Refusal unknown() {
        return new Refusal(where() + " is not known in a document of this version");
    }

    /// The value, or a refusal when the object had no such member.
    <T> T need(@Nullable T value, String name) {
        if (value == null) {
            throw new Refusal((path.isEmpty() ? "" : where() + ".") + name + " is missing");
        }
        return value;
    }

    boolean isNull() {
        return json.currentToken() == JsonToken.VALUE_NULL;
    }

    String text(int least, int most) {
        expect(JsonToken.VALUE_STRING, "a text");
        String text = json.getString();
        if (text.length() < least || text.length() > most) {
            throw refusal(String.format(Locale.ROOT, "a text of %d to %d characters", least, most));
        }
        return text;
    }

    boolean flag() {
        if (json.currentToken() != JsonToken.VALUE_TRUE && json.currentToken() != JsonToken.VALUE_FALSE) {
            throw refusal("true or false");
        }
        return json.getBooleanValue();
    }

    long number(long least, long most) {
        if (json.currentToken() == JsonToken.VALUE_NUMBER_INT) {
            try {
                long number = Long.parseLong(json.getString());
                if (number >= least && number <= most) {
                    return number;
                }
            } catch (NumberFormatException _) {
                // Refused below.
            }
        }
        throw refusal(String.format(Locale.ROOT, "a whole number from %d to %d", least, most));
    }

    int count(int least, int most) {
        return (int) number(least, most);
    }

    <E extends Enum<E>> E oneOf(Class<E> type) {
        String text = text(1, 64);
        for (E constant : type.getEnumConstants()) {
            if (constant.name().equals(text)) {
                return constant;
            }
        }
        throw refusal("one of " + List.of(type.getEnumConstants()));
    }

    /// As [#oneOf], in lower case.
    <E extends Enum<E>> E named(Class<E> type) {
        String text = text(1, 64);
        List<String> names = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            String name = constant.name().toLowerCase(Locale.ROOT);
            if (name.equals(text)) {
                return constant;
            }
            names.add(name);
        }
        throw refusal("one of " + names);
    }

    BigInteger lsn() {
        String text = text(1, LONGEST_TEXT);
        if (!SetFacts.isLsn(text)) {
            throw refusal("a log sequence number (numeric(25,0))");
        }
        return new BigInteger(text);
    }

    Instant instant() {
        String text = text(1, LONGEST_TEXT);
        Instant instant = null;
        if (text.length() <= SetFacts.LONGEST_TIME) {
            try {
                instant = PlainTime.parse(text);
            } catch (DateTimeException _) {
                // Refused below.
            }
        }
        if (instant == null || instant.isBefore(EARLIEST) || instant.isAfter(LATEST)) {
            throw refusal("a time in UTC of the years 1753 to 9999");
        }
        return instant;
    }

    /// Four bytes, written as eight hexadecimal digits.
    int sum() {
        expect(JsonToken.VALUE_STRING, "a CRC32C of eight hexadecimal digits");
        char[] text = json.getStringCharacters();
        int offset = json.getStringOffset();
        int sum = 0;
        if (json.getStringLength() != 8) {
            throw refusal("a CRC32C of eight hexadecimal digits");
        }
        for (int i = offset; i < offset + 8; i++) {
            int digit = text[i] < 128 ? Character.digit(text[i], 16) : -1;
            if (digit < 0) {
                throw refusal("a CRC32C of eight hexadecimal digits");
            }
            sum = sum << 4 | digit;
        }
        return sum;
    }

    /// An array of sums, of which there may be millions.
    void sums(int most, IntConsumer sum) {
        expect(JsonToken.START_ARRAY, "an array");
        for (int count = 0; json.nextToken() != JsonToken.END_ARRAY; count++) {
            if (count == most) {
                throw refusal(String.format(Locale.ROOT, "an array of at most %d sums", most));
            }
            sum.accept(sum());
            allow(LONGEST_SUM);
        }
    }

    /// An object whose members have no fixed names: texts, whole numbers, true and false, and objects and arrays
    /// of them.
    Map<String, Object> free() {
        Map<String, Object> values = new LinkedHashMap<>();
        object(name -> values.put(name, freeValue()));
        return Collections.unmodifiableMap(values);
    }

    private Object freeValue() {
        if (++freeValues > MOST_FREE_VALUES) {
            throw refusal(String.format(Locale.ROOT, "no more than %d values", MOST_FREE_VALUES));
        }
        return switch (json.currentToken()) {
            case VALUE_STRING -> json.getString();
            case VALUE_TRUE -> true;
            case VALUE_FALSE -> false;
            case VALUE_NUMBER_INT -> boxed(number(Long.MIN_VALUE, Long.MAX_VALUE));
            case START_OBJECT -> free();
            case START_ARRAY -> {
                List<Object> values = new ArrayList<>();
                array(MOST_FREE_VALUES, _ -> values.add(freeValue()));
                yield Collections.unmodifiableList(values);
            }
            default -> throw refusal("a text, a whole number, true, false, an object or an array");
        };
    }

    /// The number as facts have it in memory: an Integer if it fits into one.
    static Number boxed(long number) {
        if (number == (int) number) {
            return (int) number;
        }
        return number;
    }

    String where() {
        StringBuilder where = new StringBuilder();
        for (Object step : path) {
            switch (step) {
                case Integer index -> where.append('[').append((int) index).append(']');
                default -> where.append(where.isEmpty() ? "" : ".").append(step);
            }
        }
        return where.isEmpty() ? "the document" : where.toString();
    }

    Refusal refusal(String expected) {
        JsonToken token = json.currentToken();
        String found = token == null
                ? "nothing"
                : switch (token) {
                    case START_OBJECT -> "an object";
                    case START_ARRAY -> "an array";
                    case END_OBJECT, END_ARRAY -> "the end of one";
                    default -> "'" + PrintableText.text(json.getString()) + "'";
                };
        return new Refusal("%s must be %s, but is %s".formatted(where(), expected, found));
    }
}
