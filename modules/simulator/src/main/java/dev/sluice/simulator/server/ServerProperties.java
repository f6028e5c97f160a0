package dev.sluice.simulator.server;

import dev.sluice.mtf.ServerVersion;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What the server says about itself: a SQL Server on Linux, and in `@@VERSION` that it is none.
final class ServerProperties {

    static final String COLLATION = "SQL_Latin1_General_CP1_CI_AS";

    private ServerProperties() {}

    static String version(Product product) {
        return "Microsoft SQL Server %d (stand-in of Sluice) - %s.1 (X64) %s on Linux"
                .formatted(
                        product.release().year(),
                        product.release().version(),
                        product.edition().text());
    }

    static @Nullable Object get(String property, Instance instance) {
        String name = instance.options().serverName();
        Product product = instance.options().product();
        ServerVersion version = product.release().version();
        return switch (property.toLowerCase(Locale.ROOT)) {
            case "productversion" -> version + ".1";
            case "productmajorversion" -> Integer.toString(version.major());
            case "productminorversion" -> Integer.toString(version.minor());
            case "productbuild" -> Integer.toString(version.build());
            case "productlevel" -> "RTM";
            case "edition" -> product.edition().text();
            case "engineedition" -> Integer.toString(product.edition().engine());
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
