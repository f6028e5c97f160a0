package dev.sluice.engine;

import static dev.sluice.engine.sql.Tsql.identifier;
import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.s3.catalog.BackupType;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;

/// The T-SQL of a backup. Every option that matters is said, so that no server default decides.
final class BackupStatement {

    private BackupStatement() {}

    /// @param devices     names of the virtual devices; the first is the set's
    /// @param description for the people who look into msdb
    static String of(
            BackupRequest request, List<String> devices, Transfer transfer, String backupId, String description) {
        List<String> options = new ArrayList<>();
        if (request.type() == BackupType.DIFFERENTIAL) {
            options.add("DIFFERENTIAL");
        }
        if (request.copyOnly()) {
            options.add("COPY_ONLY");
        }
        // A virtual device is a new, empty medium every time.
        options.add("FORMAT");
        options.add(request.checksum() ? "CHECKSUM" : "NO_CHECKSUM");
        options.add(request.compression() ? "COMPRESSION" : "NO_COMPRESSION");
        options.add("MAXTRANSFERSIZE = " + transfer.maxTransferSize());
        options.add("BUFFERCOUNT = " + transfer.bufferCount(devices.size()));
        options.add("STATS = 1");
        options.add("NAME = " + literal("Sluice " + backupId));
        options.add("DESCRIPTION = " + literal(description));
        return "BACKUP %s %s TO %s WITH %s"
                .formatted(
                        request.type() == BackupType.LOG ? "LOG" : "DATABASE",
                        identifier(request.database()),
                        devices(devices),
                        String.join(", ", options));
    }

    static String devices(List<String> devices) {
        return devices.stream()
                .map(device -> "VIRTUAL_DEVICE = " + literal(device))
                .collect(Collectors.joining(", "));
    }

    /// The names of a set's devices, the set's own first.
    static List<String> names(String set, int stripes) {
        List<String> names = new ArrayList<>();
        names.add(set);
        for (int i = 2; i <= stripes; i++) {
            names.add("%s-%d".formatted(set, i));
        }
        return List.copyOf(names);
    }
}
