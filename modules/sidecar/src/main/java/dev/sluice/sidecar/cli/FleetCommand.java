package dev.sluice.sidecar.cli;

import dev.sluice.catalog.SummaryDocument.Condition;
import dev.sluice.engine.fleet.Fleet;
import dev.sluice.engine.fleet.FleetCheck;
import dev.sluice.engine.fleet.FleetDifference;
import dev.sluice.engine.fleet.FleetReader;
import dev.sluice.engine.fleet.FleetServer;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.sidecar.config.BucketConfiguration;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.Invalid;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.install.ConfiguredStore;
import dev.sluice.sidecar.log.Logging;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.report.FleetDisplay;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.http.FleetApi;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Gatherers;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Shows all servers below one prefix, once or as a page.
@Command(
        name = "fleet",
        description = {
            "Shows every server below the bucket's prefix: whether its sidecar gives a sign of life, what can be restored,"
                    + " and what is wrong, the worst first. It asks the bucket alone.",
            "The configuration may be that of a server, or a file with `store` alone (and `upload`, `http`, `log`).",
            "Exit code 3 when something is not well, and when no server is found."
        })
final class FleetCommand implements Callable<Integer> {

    /// Requests at once: each is small, and most of its time is the way.
    private static final int CALLS = 32;

    /// Servers that are checked at once. The entries of each are in memory.
    private static final int CHECKS = 8;

    /// For the page, which a person is waiting for and which asks again.
    private static final RetryPolicy IMPATIENT =
            new RetryPolicy(3, Duration.ofMillis(200), Duration.ofSeconds(1), Duration.ofSeconds(5));

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Option(
            names = "--server",
            paramLabel = "PATTERN",
            description =
                    "Only these servers, with every database: an identity, or a pattern ('prod-*' '!prod-test'). May be"
                            + " given several times.")
    List<String> servers = List.of();

    @Option(names = "--wrong", description = "Only servers that are not well, or of which --check finds an error.")
    boolean wrong;

    @Option(
            names = "--check",
            description =
                    "Hold what the servers say against the entries of their backups, which are all read: one request"
                            + " for each backup. A newer recovery point than the entries give is an error, and so are"
                            + " entries that cannot be read.")
    boolean check;

    @Option(
            names = "--listen",
            paramLabel = "ADDRESS",
            description =
                    "Show the same as a page at this address, 127.0.0.1:8341 say, until a signal ends it. An address"
                            + " that others than this machine can reach needs http.token.")
    @Nullable
    String listen;

    FleetCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() throws InterruptedException {
        Predicate<String> wanted = wanted();
        ListenAddress address = listen == null ? null : address(listen);
        if (address != null && (wrong || check)) {
            throw new UsageError("--listen shows a page, which has no --wrong and no --check", "Leave them out.");
        }
        Looked looked = open(address);
        FleetReader reader = new FleetReader(looked.store());
        if (address != null) {
            return serve(address, looked, () -> reader.read(wanted));
        }
        Fleet fleet = reader.read(wanted);
        List<FleetDifference> differences = check ? differences(fleet, new FleetCheck(looked.store())) : List.of();
        // Before anything is left out: a server that says of itself that it is well is what a check is for.
        Set<String> contradicted = differences.stream()
                .filter(FleetDifference::wrong)
                .map(FleetDifference::server)
                .collect(Collectors.toSet());
        List<FleetServer> shown = fleet.servers().stream()
                .filter(server ->
                        !wrong || server.condition() != Condition.WELL || contradicted.contains(server.server()))
                .toList();
        show(fleet, shown, differences, looked.place());
        return fleet.isWell() && differences.stream().noneMatch(FleetDifference::wrong)
                ? Sluice.DONE
                : Sluice.ATTENTION;
    }

    /// Several servers at once, because most of the time is the way to the bucket.
    private static List<FleetDifference> differences(Fleet fleet, FleetCheck checking) {
        return fleet.servers().stream()
                .gather(Gatherers.mapConcurrent(CHECKS, server -> checking.differences(server, fleet.at())))
                .flatMap(List::stream)
                .toList();
    }

    private Predicate<String> wanted() {
        if (servers.isEmpty()) {
            return _ -> true;
        }
        try {
            List<DatabasePattern> patterns =
                    servers.stream().map(DatabasePattern::parse).toList();
            return name -> DatabasePattern.matches(patterns, name);
        } catch (IllegalArgumentException e) {
            throw new UsageError(String.valueOf(e.getMessage()), "Write an identity, or a pattern such as 'prod-*'.");
        }
    }

    private static ListenAddress address(String text) {
        try {
            return ListenAddress.parse(text);
        } catch (IllegalArgumentException e) {
            throw new UsageError("--listen: " + e.getMessage(), "Port 0 takes any that is free.");
        }
    }

    /// @param token for the page; null for none
    private record Looked(S3Store store, @Nullable Secret token) {
        String place() {
            return "s3://%s/%s"
                    .formatted(store.config().bucket(), store.config().prefix());
        }
    }

    private Looked open(@Nullable ListenAddress address) {
        if (target.embedded) {
            return new Looked(
                    shutdown.guard(target.start(common.config)).environment().store(), null);
        }
        BucketConfiguration configuration = common.bucket();
        Masking.hide(configuration.secrets());
        Logging.apply(configuration.log(), address == null ? Configuration.LogLevel.WARN : Configuration.LogLevel.INFO);
        StoreConfig.Limits limits = StoreConfig.Limits.DEFAULT;
        S3Store store = shutdown.guard(ConfiguredStore.open(ConfiguredStore.of(
                configuration.store(),
                configuration.upload(),
                new StoreConfig.Limits(1, CALLS, limits.connect(), limits.stall(), limits.attempt()),
                address == null ? RetryPolicy.DEFAULT : IMPATIENT)));
        return new Looked(store, configuration.http().token());
    }

    private void show(Fleet fleet, List<FleetServer> shown, List<FleetDifference> differences, String place) {
        Output output = common.output();
        if (fleet.servers().isEmpty()) {
            output.tell("No servers below %s.".formatted(place));
        } else {
            output.tell(FleetDisplay.title(fleet, place));
            output.tell(FleetDisplay.HEAD);
        }
        for (FleetServer server : shown) {
            FleetDisplay.lines(server, fleet.at(), !servers.isEmpty()).forEach(output::tell);
        }
        differences.forEach(difference -> output.tell(FleetDisplay.line(difference)));
        Set<String> compared = fleet.servers().stream()
                .filter(server -> server.summary() != null)
                .map(FleetServer::server)
                .collect(Collectors.toSet());
        if (check
                && !compared.isEmpty()
                && differences.stream().noneMatch(difference -> compared.contains(difference.server()))) {
            output.tell(String.format(
                    Locale.ROOT, "The entries give what the summaries say. Servers compared: %d.", compared.size()));
        }
        Map<String, Object> document = FleetDisplay.document(fleet, place);
        document.put("list", shown.stream().map(FleetDisplay::whole).toList());
        if (check) {
            document.put(
                    "differences",
                    differences.stream().map(FleetDisplay::document).toList());
        }
        output.document(document);
    }

    private int serve(ListenAddress address, Looked looked, Supplier<Fleet> reading) throws InterruptedException {
        try {
            // The same rules as for http.listen and http.token of a service.
            var _ = new Configuration.Http(address, looked.token());
        } catch (Invalid e) {
            throw new UsageError("--listen: " + e.what(), e.hint());
        }
        FleetApi api;
        try {
            api = shutdown.guard(FleetApi.start(address, looked.token(), looked.place(), reading));
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.CANNOT_LISTEN, "Listening failed: " + e.getMessage(), address.toString(), e);
        }
        ListenAddress real = new ListenAddress(address.host(), api.port());
        Output output = common.output();
        output.tell("Showing the fleet on http://%s".formatted(real));
        output.documentLine(Map.of("listening", "http://" + real));
        api.awaitEnd();
        return Sluice.DONE;
    }
}
