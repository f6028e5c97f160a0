package dev.sluice.engine.export;

import java.util.List;

/// What came of running an export on a server.
///
/// @param origin   what was run
/// @param files    in the order in which they were run
/// @param failed   batches that the server refused
/// @param messages what the server said beside
/// @param readMe   the export's own text for people
public record ReplayReport(
        ExportOrigin origin, List<Replayed> files, List<Refused> failed, List<String> messages, String readMe) {

    /// @param batches how many it has
    /// @param failed  how many of them the server refused
    public record Replayed(String file, int batches, int failed) {}

    /// @param batch its number in the file, from 1
    /// @param why   what the server said
    public record Refused(String file, int batch, String why) {}

    public ReplayReport {
        files = List.copyOf(files);
        failed = List.copyOf(failed);
        messages = List.copyOf(messages);
    }

    public int batches() {
        return files.stream().mapToInt(Replayed::batches).sum();
    }
}
