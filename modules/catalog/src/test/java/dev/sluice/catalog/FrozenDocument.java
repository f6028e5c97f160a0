package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/// A document as a version of the program wrote it, with its key. These files are never changed, because the
/// documents in buckets cannot be changed either.
///
/// @param version of the document
/// @param name    of the file
/// @param key     below the store's prefix
/// @param json    its text
record FrozenDocument(int version, String name, String key, String json) {

    static final Keys KEYS = new Keys("test");

    /// The documents of every version.
    static List<FrozenDocument> all() {
        return Stream.of(1, 2).flatMap(version -> of(version).stream()).toList();
    }

    static List<FrozenDocument> of(int version) {
        return new String(resource(version, "keys.txt"), UTF_8)
                .lines()
                .map(line -> line.split(" ", 2))
                .map(line -> new FrozenDocument(
                        version, line[0], line[1], new String(resource(version, line[0] + ".json"), UTF_8)))
                .toList();
    }

    static FrozenDocument named(int version, String name) {
        return of(version).stream()
                .filter(one -> one.name.equals(name))
                .findFirst()
                .orElseThrow();
    }

    /// The sums object of version 2's `large`.
    static byte[] sums() {
        return resource(2, "large-sums.bin");
    }

    private static byte[] resource(int version, String name) {
        try (InputStream file = FrozenDocument.class.getResourceAsStream("version-" + version + "/" + name)) {
            return Objects.requireNonNull(file, name).readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    byte[] bytes() {
        return json.getBytes(UTF_8);
    }

    /// The document of this key with these contents.
    Object read(byte[] contents) {
        return read(contents.length, new ByteArrayInputStream(contents), DocumentReader.Sums.KEPT);
    }

    BackupDocument backup() {
        return (BackupDocument) read(bytes());
    }

    Object read(long size, InputStream body, DocumentReader.Sums sums) {
        DocumentKeyCheck binding = new DocumentKeyCheck("prefix/" + key, KEYS);
        try {
            if (name.equals("owner")) {
                return binding.owner(DocumentReader.owner("prefix/" + key, size, body));
            }
            BackupDocument document = DocumentReader.backup("prefix/" + key, size, body, sums);
            return key.contains("/catalog/")
                    ? binding.entry(CatalogKey.parse(key).orElseThrow(), document)
                    : binding.backup(Keys.idOf(key).orElseThrow(), document);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String toString() {
        return version + "/" + name;
    }
}
