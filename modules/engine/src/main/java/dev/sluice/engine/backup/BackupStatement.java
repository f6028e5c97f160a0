package dev.sluice.engine.backup;

import static dev.sluice.engine.sql.Tsql.identifier;
import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.ServerFacts;
import java.util.ArrayList;
import java.util.List;

/// The T-SQL of a backup. Every option that matters is said, so that no server default decides.
final class BackupStatement {

    /// What BACKUP accepts, in UTF-16 units.
    private static final int LONGEST_DESCRIPTION = 255;

    private BackupStatement() {}

    /// @param devices     names of the virtual devices; the first is the set's
    /// @param description for the people who look into msdb
    static String of(
            BackupRequest request,
            List<String> devices,
            TransferOptions transfer,
            ServerFacts server,
            String backupId,
            String description) {
        return "BACKUP %s %s TO %s WITH %s"
                .formatted(
                        request.isLog() ? "LOG" : "DATABASE",
                        identifier(request.database()),
                        DeviceNames.clause(devices),
                        String.join(", ", options(request, devices.size(), transfer, server, backupId, description)));
    }

    private static List<String> options(
            BackupRequest request,
            int devices,
            TransferOptions transfer,
            ServerFacts server,
            String backupId,
            String description) {
        BackupOptions chosen = request.options();
        List<String> options = new ArrayList<>();
        if (request.type() == BackupType.DIFFERENTIAL) {
            options.add("DIFFERENTIAL");
        }
        if (request.copyOnly()) {
            options.add("COPY_ONLY");
        }
        switch (request.tail()) {
            case NONE -> {}
            case NORECOVERY -> options.add("NORECOVERY");
            case NO_TRUNCATE -> {
                options.add("NO_TRUNCATE");
                options.add("NORECOVERY");
            }
        }
        // A virtual device is a new, empty medium every time.
        options.add("FORMAT");
        options.add(chosen.checksum() ? "CHECKSUM" : "NO_CHECKSUM");
        options.add(continues(request) ? "CONTINUE_AFTER_ERROR" : "STOP_ON_ERROR");
        options.add(chosen.compression().option(server));
        if (chosen.encryption() != null) {
            options.add(chosen.encryption().option());
        }
        options.add("MAXTRANSFERSIZE = " + chosen.transferSize(transfer));
        options.add("BUFFERCOUNT = " + chosen.buffers(transfer, devices));
        options.add("STATS = 1");
        options.add("NAME = " + literal("Sluice " + backupId));
        options.add("DESCRIPTION = "
                + literal(description.substring(0, Math.min(LONGEST_DESCRIPTION, description.length()))));
        return options;
    }

    /// NO_TRUNCATE means it already; saying the contrary would be a conflict.
    private static boolean continues(BackupRequest request) {
        return request.options().continueAfterError() || request.tail() == TailLog.NO_TRUNCATE;
    }
}
