package dev.sluice.engine.export;

import dev.sluice.engine.run.ControlCharacters;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.HashMap;
import java.util.Map;

/// What an export is of, as it says itself below the seal.
///
/// @param identity   `server.identity` of the one who made it
/// @param instance   SQL Server's own name
/// @param exportedAt by SQL Server's clock, to the second
/// @param id         of the export
public record ExportOrigin(String identity, String instance, Instant exportedAt, String id) {

    static final String FILE = "manifest.txt";

    /// One field in each line.
    String text() {
        return "identity: %s%ninstance: %s%nexportedAt: %s%nid: %s%n"
                .formatted(ControlCharacters.escaped(identity), ControlCharacters.escaped(instance), exportedAt, id)
                .replace("\r\n", "\n");
    }

    /// **Errors:** [IllegalArgumentException] for another form.
    static ExportOrigin parse(String text) {
        Map<String, String> fields = new HashMap<>();
        for (String line : text.split("\n", -1)) {
            int colon = line.indexOf(": ");
            if (colon > 0) {
                fields.put(line.substring(0, colon), line.substring(colon + 2));
            }
        }
        try {
            return new ExportOrigin(
                    required(fields, "identity"),
                    required(fields, "instance"),
                    Instant.parse(required(fields, "exportedAt")),
                    required(fields, "id"));
        } catch (DateTimeException e) {
            throw new IllegalArgumentException("%s has no time".formatted(FILE), e);
        }
    }

    private static String required(Map<String, String> fields, String name) {
        String value = fields.get(name);
        if (value == null) {
            throw new IllegalArgumentException("%s lacks %s".formatted(FILE, name));
        }
        return value;
    }
}
