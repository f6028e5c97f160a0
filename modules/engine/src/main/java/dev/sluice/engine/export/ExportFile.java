package dev.sluice.engine.export;

import java.util.ArrayList;
import java.util.List;

/// One file of an export: T-SQL in batches.
///
/// @param name    which begins with its number in the order of their execution
/// @param about   one line for people
/// @param batches each runs by itself, and none holds a line that says `GO`
record ExportFile(String name, String about, List<String> batches) {

    private static final String END = "GO";

    ExportFile {
        batches = List.copyOf(batches);
    }

    /// As sqlcmd reads it.
    String text() {
        StringBuilder text = new StringBuilder("-- ").append(about).append('\n');
        batches.forEach(batch -> text.append(batch).append('\n').append(END).append('\n'));
        return text.toString();
    }

    /// The batches of a file that was read.
    static List<String> batches(String text) {
        List<String> batches = new ArrayList<>();
        StringBuilder batch = new StringBuilder();
        for (String line : text.split("\n", -1)) {
            if (!line.equals(END)) {
                batch.append(line).append('\n');
                continue;
            }
            batches.add(batch.toString());
            batch.setLength(0);
        }
        return batches;
    }
}
