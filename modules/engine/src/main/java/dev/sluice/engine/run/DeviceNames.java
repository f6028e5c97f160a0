package dev.sluice.engine.run;

import static dev.sluice.engine.sql.Tsql.literal;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/// Names of the virtual devices of one statement, as BACKUP and RESTORE take them.
public final class DeviceNames {

    private DeviceNames() {}

    /// The names of a set's devices, the set's own first.
    public static List<String> of(String set, int stripes) {
        List<String> names = new ArrayList<>();
        names.add(set);
        for (int i = 2; i <= stripes; i++) {
            names.add(String.format(Locale.ROOT, "%s-%d", set, i));
        }
        return List.copyOf(names);
    }

    /// The list behind TO and FROM.
    public static String clause(List<String> devices) {
        return devices.stream()
                .map(device -> "VIRTUAL_DEVICE = " + literal(device))
                .collect(Collectors.joining(", "));
    }

    /// The `program_name` of the session that sends the statement: a later process finds the session by it.
    public static String program(String deviceSet) {
        return "Sluice " + deviceSet;
    }
}
