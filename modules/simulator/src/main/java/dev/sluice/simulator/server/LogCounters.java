package dev.sluice.simulator.server;

import static dev.sluice.simulator.tds.SqlType.BIGINT;
import static dev.sluice.simulator.tds.SqlType.INT;

import dev.sluice.simulator.database.Database;
import dev.sluice.simulator.database.LogBytes;
import dev.sluice.simulator.database.LogUsage;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.tds.SqlType;
import java.util.ArrayList;
import java.util.List;

/// `sys.dm_os_performance_counters`, as far as it speaks of logs: three counters of each database, and their
/// totals.
///
/// **Source:** Microsoft's public documents of the view and of the object "Databases". Texts are
/// `nchar(128)`, so padded with blanks.
final class LogCounters {

    private static final SqlType NAME = SqlType.nchar(128);
    private static final int LARGE_RAW_COUNT = 65_792;
    private static final int KIB = 1024;

    private record Counter(String name, String instance, long value) {}

    private LogCounters() {}

    static Relation of(Instance instance) {
        List<Counter> counters = new ArrayList<>();
        long used = 0;
        long size = 0;
        for (Database database : instance.databases().all()) {
            LogUsage usage = database.logUsage();
            used += usage.records();
            size += usage.capacity();
            add(counters, database.name(), usage.records(), usage.capacity());
        }
        add(counters, "_Total", used, size);
        return Relation.of(counters)
                .column("object_name", NAME, _ -> padded("SQLServer:Databases"))
                .column("counter_name", NAME, counter -> padded(counter.name()))
                .column("instance_name", NAME, counter -> padded(counter.instance()))
                .column("cntr_value", BIGINT, Counter::value)
                .column("cntr_type", INT, _ -> LARGE_RAW_COUNT)
                .build();
    }

    private static void add(List<Counter> counters, String instance, long used, long size) {
        counters.add(new Counter("Log File(s) Size (KB)", instance, size * LogBytes.RECORD / KIB));
        counters.add(new Counter("Log File(s) Used Size (KB)", instance, used * LogBytes.RECORD / KIB));
        counters.add(new Counter("Percent Log Used", instance, size == 0 ? 0 : Math.min(100, 100 * used / size)));
    }

    private static String padded(String text) {
        return text + " ".repeat(Math.max(0, 128 - text.length()));
    }
}
