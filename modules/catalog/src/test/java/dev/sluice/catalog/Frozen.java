package dev.sluice.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/// A document of version 1 as the program wrote it, with the key under which it lay. They are never changed:
/// what a bucket holds cannot be either.
///
/// @param name of the file
/// @param key  below the store's prefix
/// @param json its text
record Frozen(String name, String key, String json) {

    static final Keys KEYS = new Keys("test");

    static List<Frozen> all() {
        return resource("keys.txt")
                .lines()
                .map(line -> line.split(" ", 2))
                .map(line -> new Frozen(line[0], line[1], resource(line[0] + ".json")))
                .toList();
    }

    static Frozen named(String name) {
        return all().stream().filter(one -> one.name.equals(name)).findFirst().orElseThrow();
    }

    private static String resource(String name) {
        try (InputStream file = Frozen.class.getResourceAsStream("version-1/" + name)) {
            return new String(Objects.requireNonNull(file, name).readAllBytes(), UTF_8);
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

    Object read(long size, InputStream body, DocumentReader.Sums sums) {
        Binding binding = new Binding("prefix/" + key, KEYS);
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
        return name;
    }
}
