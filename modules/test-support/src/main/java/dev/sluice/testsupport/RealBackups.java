package dev.sluice.testsupport;

import static org.junit.jupiter.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/// Backups written by real servers, in the folder that the system property `sluice.data` names, with the values
/// its README states for them. Where there is no such folder, tests are skipped; with `sluice.require.native`
/// they fail.
public final class RealBackups {
    private static final DateTimeFormatter DATE = DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm:ss", Locale.ROOT);
    private static final Pattern CELL = Pattern.compile("\\s*\\|\\s*");

    private RealBackups() {}

    /// A row of the README's table.
    public record Stated(
            String file,
            long bytes,
            String database,
            String version,
            char type,
            int flags,
            int family,
            int families,
            String first,
            String last,
            String checkpoint,
            String databaseBackup,
            LocalDateTime started) {
        public byte[] content() {
            return read(file);
        }

        public boolean compressed() {
            return file.startsWith("compressed");
        }

        @Override
        public String toString() {
            return file;
        }
    }

    public static List<Stated> all() {
        List<Stated> rows = new ArrayList<>();
        try {
            for (String line : Files.readAllLines(folder().resolve("README.md"))) {
                String[] cells = CELL.split(line, -1);
                if (cells.length >= 11 && cells[1].startsWith("`") && cells[1].contains("/")) {
                    rows.add(row(cells));
                }
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return rows;
    }

    public static List<Stated> plain() {
        return all().stream().filter(row -> !row.compressed()).toList();
    }

    public static List<Stated> compressed() {
        return all().stream().filter(Stated::compressed).toList();
    }

    public static byte[] read(String file) {
        try {
            return Files.readAllBytes(folder().resolve(file));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stated row(String[] cells) {
        String[] stripe = cells[7].split("/", -1);
        String[] range = cells[8].split(" -> ", -1);
        String[] others = cells[9].split(" / ", -1);
        return new Stated(
                cells[1].replace("`", ""),
                Long.parseLong(cells[2]),
                cells[3],
                cells[4],
                cells[5].charAt(0),
                Integer.decode(cells[6]),
                Integer.parseInt(stripe[0]),
                Integer.parseInt(stripe[1]),
                range[0],
                range[1],
                others[0],
                others[1],
                LocalDateTime.parse(cells[10], DATE));
    }

    private static Path folder() {
        String property = System.getProperty("sluice.data", "");
        Path folder = Path.of(property);
        if (property.isEmpty() || !Files.isRegularFile(folder.resolve("README.md"))) {
            String missing = "no real backups here; the system property sluice.data names their folder, and is '%s'"
                    .formatted(property);
            if (Boolean.getBoolean("sluice.require.native")) {
                fail(missing);
            }
            abort(missing);
        }
        return folder;
    }
}
