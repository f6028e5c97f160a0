package dev.sluice.simulator.server;

import dev.sluice.mtf.ServerVersion;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What the server says about itself: a SQL Server 2022 Developer Edition on Linux, and in `@@VERSION` that it is
/// none.
final class ServerProperties {

    static final String COLLATION = "SQL_Latin1_General_CP1_CI_AS";
    static final ServerVersion VERSION = new ServerVersion(16, 0, 4096);
    static final int COMPATIBILITY_LEVEL = 160;
    static final int DATABASE_VERSION = 957;

    private ServerProperties() {}

    static String version() {
        return "Microsoft SQL Server 2022 (stand-in of Sluice) - %s.1 (X64) Developer Edition (64-bit) on Linux"
                .formatted(VERSION);
    }

    static @Nullable Object get(String property, Instance instance) {
        String name = instance.options().serverName();
        return switch (property.toLowerCase(Locale.ROOT)) {
            case "productversion" -> VERSION + ".1";
            case "productmajorversion" -> Integer.toString(VERSION.major());
            case "productminorversion" -> Integer.toString(VERSION.minor());
            case "productbuild" -> Integer.toString(VERSION.build());
            case "productlevel" -> "RTM";
            case "edition" -> "Developer Edition (64-bit)";
            case "engineedition" -> "3";
            case "machinename", "servername", "computernamephysicalnetbios" -> name;
            case "instancename" -> null;
            case "isclustered", "ishadrenabled", "issingleuser", "isintegratedsecurityonly", "islocaldb" -> "0";
            case "collation" -> COLLATION;
            case "instancedefaultdatapath", "instancedefaultlogpath" -> "/var/opt/mssql/data/";
            case "instancedefaultbackuppath" -> "/var/opt/mssql/data";
            case "processid" -> Long.toString(ProcessHandle.current().pid());
            default -> null;
        };
    }
}
