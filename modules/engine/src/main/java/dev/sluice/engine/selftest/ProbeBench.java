package dev.sluice.engine.selftest;

import dev.sluice.catalog.Ulid;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.engine.sql.Tsql;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.VDConfig;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/// What probes work on: copy-only backups of one database, which nothing else rests on.
///
/// **Threading:** any thread.
///
/// @param server   SQL Server
/// @param sets     the machine's device sets
/// @param database the scratch database
/// @param ulids    for names
record ProbeBench(SqlServer server, Supplier<? extends ClientVirtualDeviceSet> sets, String database, Ulid ulids) {

    /// The smallest there is, so that there are many commands.
    private static final int TRANSFER = 65_536;

    /// More than a device has outstanding.
    private static final int BUFFERS = 80;

    /// A name of no other form of Sluice's.
    String name() {
        return "sluice-probe-" + ulids.next().toLowerCase(Locale.ROOT);
    }

    /// As backups ask for it.
    static VDConfig config(int devices) {
        return VDConfig.request(devices, Features.of(Feature.REQUEST_COMPLETE));
    }

    Probe probe(int devices) {
        return probe(devices, UnaryOperator.identity());
    }

    Probe probe(int devices, UnaryOperator<VDConfig> config) {
        return new Probe(server, sets.get(), name(), config.apply(config(devices)));
    }

    /// The statement of a full backup to the probe.
    String full(Probe probe) {
        return full(database, probe.names());
    }

    /// The statement of a full backup to the devices.
    static String full(String database, List<String> devices) {
        return backup("DATABASE", database, devices, ", BUFFERCOUNT = " + BUFFERS);
    }

    /// As the first, with as many buffers as SQL Server takes by itself.
    String fullWithDefaultBuffers(Probe probe) {
        return backup("DATABASE", database, probe.names(), "");
    }

    /// The statement of a log backup to the probe.
    String log(Probe probe) {
        return backup("LOG", database, probe.names(), ", BUFFERCOUNT = " + BUFFERS);
    }

    private static String backup(String what, String database, List<String> devices, String more) {
        return String.format(
                Locale.ROOT,
                "BACKUP %s %s TO %s WITH COPY_ONLY, FORMAT, NO_COMPRESSION, MAXTRANSFERSIZE = %d%s",
                what,
                Tsql.identifier(database),
                DeviceNames.clause(devices),
                TRANSFER,
                more);
    }

    /// The statement that reads a whole backup and lays nothing down.
    String verify(Probe probe) {
        return String.format(
                Locale.ROOT,
                "RESTORE VERIFYONLY FROM %s WITH FILE = 1, MAXTRANSFERSIZE = %d, BUFFERCOUNT = %d",
                DeviceNames.clause(probe.names()),
                TRANSFER,
                BUFFERS);
    }
}
