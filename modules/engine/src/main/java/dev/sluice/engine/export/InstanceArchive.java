package dev.sluice.engine.export;

import dev.sluice.catalog.Exports;
import dev.sluice.engine.run.ControlCharacters;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;

/// An export's files in a ZIP archive, as it is before it is sealed.
///
/// @param files contents by name, in the order of their execution; one of them is a text for people
record InstanceArchive(Map<String, String> files) {

    static final String READ_ME = "README.txt";
    private static final String SQL = ".sql";

    InstanceArchive {
        files = new LinkedHashMap<>(files);
    }

    static InstanceArchive of(ExportOrigin origin, List<ExportFile> scripts, List<String> head, List<String> notes) {
        Map<String, String> files = new LinkedHashMap<>();
        StringBuilder about = new StringBuilder();
        head.forEach(line -> about.append(ControlCharacters.escaped(line)).append('\n'));
        about.append("\nFiles, in the order in which they are run:\n");
        scripts.forEach(file ->
                about.append(file.name()).append("  ").append(file.about()).append('\n'));
        about.append(notes.isEmpty() ? "\nNothing was left out.\n" : "\nWhat was left out or needs a person:\n");
        notes.forEach(note ->
                about.append("- ").append(ControlCharacters.escaped(note)).append('\n'));
        files.put(READ_ME, about.toString());
        files.put(ExportOrigin.FILE, origin.text());
        scripts.forEach(file -> files.put(file.name(), file.text()));
        return new InstanceArchive(files);
    }

    byte[] zipped() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ZipOutputStream zip = new ZipOutputStream(bytes, StandardCharsets.UTF_8)) {
            for (Map.Entry<String, String> file : files.entrySet()) {
                zip.putNextEntry(new ZipEntry(file.getKey()));
                zip.write(file.getValue().getBytes(StandardCharsets.UTF_8));
                zip.closeEntry();
            }
        } catch (IOException e) {
            throw new UncheckedIOException("memory cannot be written to", e);
        }
        return bytes.toByteArray();
    }

    /// **Errors:** [IOException] for bytes that are no such archive, or an unreasonable one.
    static InstanceArchive unzipped(byte[] bytes) throws IOException {
        Map<String, String> files = new LinkedHashMap<>();
        long left = Exports.LARGEST;
        try (ZipInputStream zip = new ZipInputStream(new ByteArrayInputStream(bytes), StandardCharsets.UTF_8)) {
            for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
                if (!entry.getName().matches("[A-Za-z0-9-]{1,60}\\.(sql|txt)")) {
                    throw new IOException("it holds a file of another name than exports have");
                }
                byte[] content = zip.readNBytes((int) left + 1);
                left -= content.length;
                if (left < 0) {
                    throw new IOException("it is larger than any export");
                }
                files.put(entry.getName(), new String(content, StandardCharsets.UTF_8));
            }
        }
        if (!files.containsKey(READ_ME)) {
            throw new IOException("it lacks " + READ_ME);
        }
        InstanceArchive archive = new InstanceArchive(files);
        try {
            archive.origin();
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
        return archive;
    }

    /// **Errors:** [IllegalArgumentException] when it does not say so.
    ExportOrigin origin() {
        return ExportOrigin.parse(files.getOrDefault(ExportOrigin.FILE, ""));
    }

    /// The scripts, in the order in which they are run.
    List<String> scripts() {
        return files.keySet().stream()
                .filter(name -> name.endsWith(SQL))
                .sorted()
                .toList();
    }
}
