package dev.sluice.simulator.server;

import dev.sluice.mtf.ServerVersion;
import dev.sluice.simulator.regional.Collation;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What the server says about itself: a SQL Server on Linux, and in `@@VERSION` that it is none.
final class ServerProperties {

    /// As the documentation of SERVERPROPERTY writes them. Whether a case-sensitive server finds them in
    /// another case is not documented, so it does not here.
    private static final List<String> NAMES = List.of(
            "ProductVersion",
            "ProductMajorVersion",
            "ProductMinorVersion",
            "ProductBuild",
            "ProductLevel",
            "Edition",
            "EngineEdition",
            "MachineName",
            "ServerName",
            "ComputerNamePhysicalNetBIOS",
            "InstanceName",
            "IsClustered",
            "IsHadrEnabled",
            "IsSingleUser",
            "IsIntegratedSecurityOnly",
            "IsLocalDB",
            "Collation",
            "InstanceDefaultDataPath",
            "InstanceDefaultLogPath",
            "InstanceDefaultBackupPath",
            "ProcessID");

    private ServerProperties() {}

    static String version(Product product) {
        return String.format(
                Locale.ROOT,
                "Microsoft SQL Server %d (stand-in of Sluice) - %s.1 (X64) %s on Linux",
                product.release().year(),
                product.release().version(),
                product.edition().text());
    }

    /// The documented name that this one is, as the collation compares them, or an empty one.
    static String known(String name, List<String> names, Collation collation) {
        return names.stream()
                .filter(one -> collation.equal(one, name))
                .findFirst()
                .orElse("");
    }

    static @Nullable Object get(String property, Instance instance) {
        String name = instance.options().serverName();
        Product product = instance.options().product();
        ServerVersion version = product.release().version();
        return switch (known(property, NAMES, instance.options().collation())) {
            case "ProductVersion" -> version + ".1";
            case "ProductMajorVersion" -> Integer.toString(version.major());
            case "ProductMinorVersion" -> Integer.toString(version.minor());
            case "ProductBuild" -> Integer.toString(version.build());
            case "ProductLevel" -> "RTM";
            case "Edition" -> product.edition().text();
            case "EngineEdition" -> Integer.toString(product.edition().engine());
            case "MachineName", "ServerName", "ComputerNamePhysicalNetBIOS" -> name;
            case "InstanceName" -> null;
            case "IsClustered", "IsHadrEnabled", "IsSingleUser", "IsIntegratedSecurityOnly", "IsLocalDB" -> "0";
            case "Collation" -> instance.options().collation().text();
            case "InstanceDefaultDataPath", "InstanceDefaultLogPath" -> "/var/opt/mssql/data/";
            case "InstanceDefaultBackupPath" -> "/var/opt/mssql/data";
            case "ProcessID" -> Long.toString(ProcessHandle.current().pid());
            default -> null;
        };
    }
}
