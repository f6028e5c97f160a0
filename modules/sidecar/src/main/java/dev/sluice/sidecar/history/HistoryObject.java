package dev.sluice.sidecar.history;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.sidecar.history.HistoryLines.WrongLine;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.zip.Deflater;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.jspecify.annotations.Nullable;

/// An object of history: JSON lines under gzip, a header first. `docs/catalog.md` explains each member.
///
/// What is read may be damaged or hostile, so lines, their number and what they unpack to are bounded. One line that
/// cannot be read hides no other.
final class HistoryObject {

    /// Far more than a journal can hold: an object that is larger was not written by Sluice.
    static final int LARGEST = 8 << 20;

    static final int LARGEST_UNPACKED = 64 << 20;
    private static final int LONGEST_LINE = 16 << 10;
    private static final int BUFFER = 16 << 10;

    private HistoryObject() {}

    /// @param sluice the version of this program
    /// @param server the configured identity
    static byte[] write(HistoryDay day, String sluice, String server) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new SmallGzip(bytes)) {
            out.write(HistoryLines.header(day, sluice, server));
            out.write('\n');
            for (HistoryEntry entry : day.entries()) {
                out.write(HistoryLines.line(entry));
                out.write('\n');
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e); // nothing is written but memory
        }
        return bytes.toByteArray();
    }

    /// What is rewritten some hundred times a day and read for months may take a little longer.
    private static final class SmallGzip extends GZIPOutputStream {
        SmallGzip(ByteArrayOutputStream out) throws IOException {
            super(out, BUFFER);
            def.setLevel(Deflater.BEST_COMPRESSION);
        }
    }

    /// Hands over every entry that can be read.
    ///
    /// @param key        what the object was read from; its header must say the same
    /// @param name       for messages
    /// @param unreadable is told what cannot be read, and why; one sentence is about all lines together
    static void read(
            HistoryKey key, String name, byte[] packed, Consumer<HistoryEntry> each, Consumer<String> unreadable) {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(packed), BUFFER)) {
            new Reading(key, in, each).run().ifWrong(why -> unreadable.accept("%s: %s".formatted(name, why)));
        } catch (IOException e) {
            unreadable.accept("%s is damaged: %s".formatted(name, e.getMessage()));
        }
    }

    private static final class Reading {
        private final HistoryKey key;
        private final InputStream in;
        private final Consumer<HistoryEntry> each;
        private final byte[] buffer = new byte[BUFFER];
        private int at;
        private int filled;
        private long unpacked;
        private @Nullable IOException brokenOff;

        private int number;
        private int wrong;
        private int firstWrong;
        private String whyWrong = "";

        Reading(HistoryKey key, InputStream in, Consumer<HistoryEntry> each) {
            this.key = key;
            this.in = in;
            this.each = each;
        }

        Reading run() {
            byte[] header = line();
            number++;
            int minor;
            try {
                minor = HistoryLines.requireHeader(key, header == null ? new byte[0] : header);
            } catch (WrongLine e) {
                // Nothing behind it has a meaning that is known.
                wrong(String.valueOf(e.getMessage()));
                return this;
            }
            for (byte[] line = line(); line != null; line = line()) {
                number++;
                try {
                    each.accept(HistoryLines.entry(line, minor > BackupDocument.SCHEMA_MINOR));
                } catch (WrongLine e) {
                    wrong(String.valueOf(e.getMessage()));
                }
            }
            return this;
        }

        private void wrong(String why) {
            wrong++;
            if (wrong == 1) {
                firstWrong = number;
                whyWrong = why;
            }
        }

        void ifWrong(Consumer<String> told) {
            if (wrong > 0) {
                told.accept(String.format(
                        Locale.ROOT,
                        "%d line%s cannot be read, the first of them line %d: %s",
                        wrong,
                        wrong == 1 ? "" : "s",
                        firstWrong,
                        whyWrong));
            }
            if (brokenOff != null) {
                told.accept("it is damaged behind line %s: %s".formatted(number, brokenOff.getMessage()));
            }
        }

        /// Null behind the last one. A line that is too long comes shortened, and so cannot be read.
        private byte @Nullable [] line() {
            ByteArrayOutputStream line = new ByteArrayOutputStream();
            boolean any = false;
            while (at < filled || fill()) {
                any = true;
                int end = at;
                while (end < filled && buffer[end] != '\n') {
                    end++;
                }
                line.write(buffer, at, Math.min(end - at, Math.max(0, LONGEST_LINE + 1 - line.size())));
                at = end + 1; // behind the end of the line, or of the buffer
                if (end < filled) {
                    return line.toByteArray();
                }
            }
            return any ? line.toByteArray() : null;
        }

        private boolean fill() {
            if (brokenOff != null) {
                return false;
            }
            try {
                filled = Math.max(0, in.read(buffer));
                at = 0;
                unpacked += filled;
                if (unpacked > LARGEST_UNPACKED) {
                    throw new IOException("it unpacks to more than %s MiB".formatted(LARGEST_UNPACKED >> 20));
                }
            } catch (IOException e) {
                brokenOff = e;
                filled = 0;
                at = 0;
            }
            return filled > 0;
        }
    }
}
