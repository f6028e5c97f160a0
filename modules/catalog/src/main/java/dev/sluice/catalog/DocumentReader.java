package dev.sluice.catalog;

import java.io.IOException;
import java.io.InputStream;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.core.exc.JacksonIOException;

/// Reads documents of every version that Sluice has written: every member must be present, of its type and within
/// its bounds, and null only where the version allows it; other members are refused. Sluice deletes by these
/// documents, so it must not act on half-understood ones.
///
/// A minor version only adds members, so the reader ignores those of a newer minor version. It refuses a newer
/// major version, and names it.
///
/// A document is read as it arrives, and reading ends at the first error.
final class DocumentReader {

    /// Whether to keep the sums of parts and blocks that the document itself carries.
    enum Sums {
        KEPT,
        LEFT_OUT
    }

    /// Without sums. Documents have a few KiB then, and more when the database has thousands of files.
    static final long LARGEST_SMALL = 16L << 20;

    /// Version 1 with sums. 40 TiB in blocks of 8 MiB make 5 million of 12 bytes: 60 MB, and more in another
    /// layout.
    private static final long LARGEST = 1L << 30;

    private static final String VERSION = "schemaVersion";
    private static final String PROGRAM = "sluiceVersion";

    private final StrictJson json;

    /// The document's version, if this program does not read it; null until it is known.
    private @Nullable OtherVersion other;

    /// The program that wrote such a document; null until it is known.
    private @Nullable String program;

    private DocumentReader(InputStream body) {
        this.json = new StrictJson(body, LARGEST_SMALL);
    }

    /// A document of one version, member by member.
    interface Reading<T> {

        /// Reads the value of a member.
        void member(String name);

        /// The result, made of the members.
        ///
        /// **Errors:** [StrictJson.Refusal] when a member is missing, or two contradict each other.
        T document();
    }

    /// Creates the reader of one version.
    private interface Readings<T> {
        /// @param versioned whether the version has been read
        Reading<T> first(StrictJson json, boolean versioned);

        Reading<T> second(StrictJson json);
    }

    /// The document has a version that this program does not read, or none.
    static final class OtherVersion extends RuntimeException {
        OtherVersion(String version) {
            super(version);
        }
    }

    /// @param key   the whole key, for messages
    /// @param bytes the document's size by the server's response, -1 when it does not say
    ///
    /// **Errors:** [CatalogException] naming the key; [IOException] when the body breaks off.
    static BackupDocument backup(String key, long bytes, InputStream body, Sums wanted) throws IOException {
        return read(key, bytes, LARGEST, body, new Readings<>() {
            @Override
            public Reading<BackupDocument> first(StrictJson json, boolean versioned) {
                return new Version1Reader(json, wanted, versioned);
            }

            @Override
            public Reading<BackupDocument> second(StrictJson json) {
                return new Version2Reader(json, wanted);
            }
        });
    }

    /// As [#backup].
    static OwnerDocument owner(String key, long bytes, InputStream body) throws IOException {
        return read(key, bytes, LARGEST_SMALL, body, new Readings<>() {
            @Override
            public Reading<OwnerDocument> first(StrictJson json, boolean versioned) {
                return new Owner(json, 1, versioned);
            }

            @Override
            public Reading<OwnerDocument> second(StrictJson json) {
                return new Owner(json, 2, true);
            }
        });
    }

    /// As [#backup].
    static HoldDocument hold(String key, long bytes, InputStream body) throws IOException {
        return read(key, bytes, LARGEST_SMALL, body, new Readings<>() {
            @Override
            public Reading<HoldDocument> first(StrictJson json, boolean versioned) {
                return HoldReader.ofNoVersion(json, versioned);
            }

            @Override
            public Reading<HoldDocument> second(StrictJson json) {
                return new HoldReader(json);
            }
        });
    }

    /// As [#backup], for a kind of document that version 1 does not have.
    ///
    /// @param reading of the members behind the two that say the version
    static <T> T sinceVersion2(
            String key, long bytes, InputStream body, Function<StrictJson, ? extends Reading<T>> reading)
            throws IOException {
        return read(key, bytes, LARGEST_SMALL, body, new Readings<>() {
            @Override
            public Reading<T> first(StrictJson json, boolean versioned) {
                throw new StrictJson.Refusal("there is no such document in version 1");
            }

            @Override
            public Reading<T> second(StrictJson json) {
                return behindMinor(new Minor(json), reading.apply(json));
            }
        });
    }

    private static <T> Reading<T> behindMinor(Minor minor, Reading<T> reading) {
        return new Reading<>() {
            @Override
            public void member(String name) {
                if (!minor.reads(name)) {
                    reading.member(name);
                }
            }

            @Override
            public T document() {
                return reading.document();
            }
        };
    }

    private static <T> T read(String key, long bytes, long largest, InputStream body, Readings<T> readings)
            throws IOException {
        if (bytes > largest) {
            throw CatalogException.ofDamage(
                    String.format(
                            Locale.ROOT,
                            "%s was not read: it has %d bytes, but a document of its kind has at most %d.",
                            key,
                            bytes,
                            largest),
                    null);
        }
        DocumentReader reader = new DocumentReader(body);
        try {
            return reader.read(readings);
        } catch (OtherVersion e) {
            throw reader.otherVersion(key, e);
        } catch (JacksonIOException e) {
            throw e.getCause();
        } catch (JacksonException e) {
            throw reader.refused(key, PrintableText.line(e.getOriginalMessage()), e);
        } catch (StrictJson.Refusal | IllegalArgumentException e) {
            throw reader.refused(key, String.valueOf(e.getMessage()), e);
        }
    }

    private CatalogException refused(String key, String why, RuntimeException e) {
        return other == null
                ? CatalogException.ofDamage(
                        "%s is not a document that this program understands: %s".formatted(key, why), e)
                : otherVersion(key, other);
    }

    private CatalogException otherVersion(String key, OtherVersion e) {
        return CatalogException.ofOtherVersion(
                other == null
                        ? "%s has schema version %s, but this program reads versions 1 and 2. If a newer Sluice wrote it, update this one."
                                .formatted(key, e.getMessage())
                        : "%s is written in schema version %s by %s; this program reads versions 1 and 2: update Sluice."
                                .formatted(
                                        key,
                                        e.getMessage(),
                                        program == null ? "a newer Sluice" : "Sluice " + PrintableText.text(program)));
    }

    private <T> T read(Readings<T> readings) {
        var read = new Object() {
            @Nullable
            Reading<T> reading;
        };
        json.document(name -> {
            Reading<T> reading = read.reading;
            if (reading != null) {
                reading.member(name);
            } else if (name.equals(VERSION)) {
                read.reading = begin(readings);
            } else {
                read.reading = readings.first(json, false);
                read.reading.member(name);
            }
        });
        if (read.reading == null) {
            throw new OtherVersion("none");
        }
        return read.reading.document();
    }

    private <T> Reading<T> begin(Readings<T> readings) {
        long version = json.number(Long.MIN_VALUE, Long.MAX_VALUE);
        if (version == 1) {
            return readings.first(json, true);
        }
        if (version == BackupDocument.SCHEMA_VERSION) {
            return readings.second(json);
        }
        OtherVersion unread = new OtherVersion(Long.toString(version));
        if (version < 1) {
            throw unread;
        }
        other = unread;
        return new Unread<>(unread);
    }

    /// Looks through a document of a newer version for the program that wrote it.
    private final class Unread<T> implements Reading<T> {
        private final OtherVersion version;

        Unread(OtherVersion version) {
            this.version = version;
        }

        @Override
        public void member(String name) {
            if (name.equals(PROGRAM)) {
                program = json.text(1, SetFacts.LONGEST_NAME);
            } else {
                json.skip();
            }
        }

        @Override
        public T document() {
            throw version;
        }
    }

    /// The owner document. Both versions of it differ only in the names of its facts.
    private static final class Owner implements Reading<OwnerDocument> {
        private final StrictJson json;
        private final int version;
        private final Minor minor;
        private boolean versioned;
        private @Nullable String server;
        private @Nullable Instant claimedAt;
        private @Nullable Map<String, Object> facts;

        Owner(StrictJson json, int version, boolean versioned) {
            this.json = json;
            this.version = version;
            this.versioned = versioned;
            this.minor = new Minor(json);
        }

        @Override
        public void member(String name) {
            if (version == 2 && minor.reads(name)) {
                return;
            }
            switch (name) {
                case "server" -> server = json.text(1, DocumentParts.LONGEST_KEY);
                case "claimedAt" -> claimedAt = json.instant();
                default -> {
                    if (version == 1 && name.equals(VERSION)) {
                        Version1Reader.version(json);
                        versioned = true;
                    } else if (version == 1 && name.equals("facts")) {
                        facts = json.free();
                    } else if (version == 2 && name.equals("identity")) {
                        facts = FactSchema.IDENTITY.read(json);
                    } else {
                        json.other();
                    }
                }
            }
        }

        @Override
        public OwnerDocument document() {
            if (!versioned) {
                throw new OtherVersion("none");
            }
            String member = version == 1 ? "facts" : "identity";
            Map<String, Object> identity = json.need(facts, member);
            return new OwnerDocument(
                    version,
                    json.need(server, "server"),
                    json.need(claimedAt, "claimedAt"),
                    DocumentParts.part(member, () -> ServerIdentity.of(identity)));
        }
    }

    /// The minor version, which must come before all members that it concerns.
    static final class Minor {
        private final StrictJson json;
        private final int newest;
        private boolean known;

        Minor(StrictJson json) {
            this(json, BackupDocument.SCHEMA_MINOR);
        }

        /// @param newest the newest minor version whose members this program knows
        Minor(StrictJson json, int newest) {
            this.json = json;
            this.newest = newest;
        }

        /// @return whether the member was the minor version
        ///
        /// **Errors:** [StrictJson.Refusal] when another member comes before it.
        boolean reads(String name) {
            if (known) {
                return false;
            }
            if (!name.equals("schemaMinor")) {
                throw new StrictJson.Refusal("schemaMinor is missing: it must come directly after schemaVersion");
            }
            known = true;
            if (json.count(0, Integer.MAX_VALUE) > newest) {
                json.isNewer();
            }
            return true;
        }
    }
}
