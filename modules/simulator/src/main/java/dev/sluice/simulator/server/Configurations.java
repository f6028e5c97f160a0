package dev.sluice.simulator.server;

import static dev.sluice.simulator.tds.SqlType.BIT;
import static dev.sluice.simulator.tds.SqlType.INT;

import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/// `sp_configure`, RECONFIGURE and `sys.configurations`, for some of the settings.
///
/// **Threading:** any thread.
final class Configurations {

    private static final String ADVANCED = "show advanced options";
    private static final int LARGEST = Integer.MAX_VALUE;

    private record Setting(
            int id, String name, int minimum, int maximum, int initial, boolean advanced, boolean dynamic) {}

    private static final List<Setting> SETTINGS = List.of(
            new Setting(103, "user connections", 0, 32_767, 0, true, false),
            new Setting(518, ADVANCED, 0, 1, 0, false, true),
            new Setting(1538, "cost threshold for parallelism", 0, 32_767, 5, true, true),
            new Setting(1539, "max degree of parallelism", 0, 32_767, 0, true, true),
            new Setting(1543, "min server memory (MB)", 0, LARGEST, 0, true, true),
            new Setting(1544, "max server memory (MB)", 128, LARGEST, LARGEST, true, true),
            new Setting(1562, "clr enabled", 0, 1, 0, false, true),
            new Setting(1576, "remote admin connections", 0, 1, 0, false, true),
            new Setting(1579, "backup compression default", 0, 1, 0, false, true),
            new Setting(1581, "optimize for ad hoc workloads", 0, 1, 0, true, true),
            new Setting(1584, "backup checksum default", 0, 1, 0, false, true),
            new Setting(1598, "backup compression algorithm", 0, 3, 0, false, true),
            new Setting(16_384, "Agent XPs", 0, 1, 0, true, true));

    private final Collation collation;
    private final Map<String, Integer> configured = new HashMap<>();
    private final Map<String, Integer> inUse = new HashMap<>();

    Configurations(Collation collation, Map<String, Integer> saved) {
        this.collation = collation;
        configured.putAll(saved);
        inUse.putAll(saved);
    }

    synchronized Map<String, Integer> saved() {
        return Map.copyOf(configured);
    }

    private int value(Setting setting) {
        return configured.getOrDefault(setting.name(), setting.initial());
    }

    private int inUse(Setting setting) {
        return inUse.getOrDefault(setting.name(), setting.initial());
    }

    /// `sp_configure @configname, @configvalue`.
    synchronized void configure(String name, long value) {
        boolean all = SETTINGS.stream().anyMatch(one -> one.name().equals(ADVANCED) && inUse(one) == 1);
        Setting setting = SETTINGS.stream()
                .filter(one -> collation.equal(one.name(), name) && (all || !one.advanced()))
                .findFirst()
                .orElseThrow(() -> SqlFailure.error(
                        15123,
                        "The configuration option '%s' does not exist, or it may be an advanced option."
                                .formatted(name)));
        if (value < setting.minimum() || value > setting.maximum()) {
            throw SqlFailure.error(
                    15129,
                    String.format(
                            Locale.ROOT,
                            "'%d' is not a valid value for configuration option '%s'.",
                            value,
                            setting.name()));
        }
        configured.put(setting.name(), (int) value);
    }

    /// What is dynamic is in use from here on; the rest from the next start on.
    synchronized void reconfigure() {
        SETTINGS.stream().filter(Setting::dynamic).forEach(one -> inUse.put(one.name(), value(one)));
    }

    synchronized Relation view() {
        return Relation.of(SETTINGS)
                .column("configuration_id", INT, Setting::id)
                .column("name", SqlType.nvarchar(35), Setting::name)
                .column("value", INT, this::value)
                .column("minimum", INT, Setting::minimum)
                .column("maximum", INT, Setting::maximum)
                .column("value_in_use", INT, this::inUse)
                .column("is_dynamic", BIT, Setting::dynamic)
                .column("is_advanced", BIT, Setting::advanced)
                .build();
    }
}
