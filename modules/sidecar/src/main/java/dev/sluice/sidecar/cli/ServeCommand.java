package dev.sluice.sidecar.cli;

import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ConfigurationFile;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Misconfigured;
import dev.sluice.sidecar.config.NotifySection;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.doctor.DoctorFinding;
import dev.sluice.sidecar.doctor.TransportCheck;
import dev.sluice.sidecar.history.History;
import dev.sluice.sidecar.install.BackupDefaults;
import dev.sluice.sidecar.install.ConfiguredInstallation;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.log.Logging;
import dev.sluice.sidecar.log.Masking;
import dev.sluice.sidecar.notify.Notifications;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.DrillSettings;
import dev.sluice.sidecar.serve.HistoryListener;
import dev.sluice.sidecar.serve.JobListener;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.ServiceSettings;
import dev.sluice.sidecar.serve.SummaryWriter;
import dev.sluice.sidecar.serve.http.HttpApi;
import java.io.IOException;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/// Runs until a signal ends it. SIGHUP reads the configuration again.
@Command(name = "serve", description = "Takes backups as the policies say, and answers over HTTP.")
final class ServeCommand implements Callable<Integer> {

    private static final Logger log = LoggerFactory.getLogger(ServeCommand.class);

    private static final int EMBEDDED_HISTORY_DAYS = 90;

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Option(
            names = "--port",
            paramLabel = "N",
            description = "With --embedded: where to listen on 127.0.0.1, 0 for any. Otherwise http.listen says it."
                    + " Default: 8340.")
    int port = 8340;

    ServeCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Service service = target.embedded ? embedded() : configured();
        // A signal ends it otherwise; the shutdown hook does the work, and the process ends with the signal's
        // code.
        Throwable defect = service.awaitDefect();
        throw new OperationFailed(
                FailureId.UNEXPECTED,
                "The schedule cannot go on: " + defect,
                "serve",
                "This is a defect of Sluice's; report what the log says. What starts Sluice should start it again.",
                defect);
    }

    private Service embedded() {
        if (port < 0 || port > 65_535) {
            throw new UsageError(
                    String.format(Locale.ROOT, "--port %d: a port is 0 to 65535", port), "0 takes any that is free.");
        }
        Installation installation = shutdown.guard(target.start(common.config));
        History history = shutdown.guard(history(installation, EMBEDDED_HISTORY_DAYS));
        Configuration.Policy policy = new Configuration.Policy(
                List.of(DatabasePattern.parse("Sales")),
                Cron.parse("0 1 * * SUN"),
                Cron.parse("0 1 * * MON-SAT"),
                Cron.parse("* * * * *"),
                null,
                null,
                new Configuration.Keep(2, 7));
        Policies policies = new Policies(List.of(policy), new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2));
        return start(
                installation,
                new ServiceSettings(policies, installation.backupDefaults()::request, null),
                new ListenAddress("127.0.0.1", port),
                history,
                List.of());
    }

    private Service configured() {
        ConfigurationFile file = common.configuration();
        Masking.hide(file.secrets());
        Configuration configuration = file.configuration();
        Logging.apply(configuration.log(), Configuration.LogLevel.INFO);
        warnOfTransport(configuration);
        warnOfDeafPolicies(configuration);
        if (configuration.policies().isEmpty()) {
            log.atWarn().log("there are no policies, so nothing will be backed up");
        }
        Installation installation = shutdown.guard(ConfiguredInstallation.start(configuration));
        // Before the service, so that it ends after it: the end of the last job is still told.
        Notifications notifications = shutdown.guard(Notifications.start(
                configuration.server().identity(),
                configuration.receivers(),
                Policies.of(configuration)::receivers,
                InstantSource.system()));
        History history =
                shutdown.guard(history(installation, configuration.history().days()));
        Service service = start(
                installation, settings(configuration), configuration.http().listen(), history, List.of(notifications));
        service.metrics().notifications(notifications::counts);
        service.logs().tell(notifications);
        reloadOnSignal(new Reload(configuration, service, notifications, history));
        return service;
    }

    /// Logs one line, since the person who runs the service may never have run `config check`.
    static void warnOfTransport(Configuration configuration) {
        List<DoctorFinding> insecure = new TransportCheck(configuration).insecure();
        if (!insecure.isEmpty()) {
            log.atWarn()
                    .addKeyValue(
                            "findings",
                            insecure.stream().map(DoctorFinding::evidence).collect(Collectors.joining("; ")))
                    .log("backups or passwords can be read on their way; `sluice config check` says what to do");
        }
    }

    /// Logs one line: the person who wrote it may expect others to hear of the failures all the same.
    private static void warnOfDeafPolicies(Configuration configuration) {
        List<String> deaf = NotifySection.deaf(configuration);
        if (!deaf.isEmpty()) {
            log.atWarn()
                    .addKeyValue("policies", deaf)
                    .log("no receiver hears of the failed backups of these policies: each names its receivers, and none"
                            + " of them takes failures of backups");
        }
    }

    private static History history(Installation installation, int days) {
        Environment env = installation.environment();
        return History.start(env.store(), env.catalog().keys(), env.version(), env.identity(), days);
    }

    private Service start(
            Installation installation,
            ServiceSettings settings,
            ListenAddress listen,
            History history,
            List<JobListener> listeners) {
        List<JobListener> all = new ArrayList<>(listeners);
        all.add(new HistoryListener(history));
        SummaryWriter summary = shutdown.guard(new SummaryWriter(installation.environment()));
        all.add(summary);
        Service service;
        try {
            service = shutdown.guard(Service.start(
                    installation.engine(),
                    settings,
                    HttpApi.on(listen, history.reader()),
                    InstantSource.system(),
                    all));
        } catch (IOException e) {
            throw new OperationFailed(
                    FailureId.CANNOT_LISTEN, "Listening failed: " + e.getMessage(), listen.toString(), e);
        }
        service.metrics().history(history);
        summary.follow(service::status);
        ListenAddress real = new ListenAddress(listen.host(), service.port());
        Output output = common.output();
        output.tell("Serving on http://%s".formatted(real));
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("listening", "http://" + real);
        output.documentLine(document);
        return service;
    }

    static ServiceSettings settings(Configuration configuration) {
        return new ServiceSettings(
                new Policies(configuration.policies(), configuration.schedule()),
                BackupDefaults.of(configuration)::request,
                configuration.http().token(),
                new DrillSettings(configuration.prove().point(), ConfiguredInstallation.proveServer(configuration)));
    }

    private void reloadOnSignal(Reload reload) {
        if (!HangupSignal.handle(() -> reload.from(() -> common.configuration()))) {
            log.atDebug().log("this system has no SIGHUP; a changed configuration needs a restart");
        }
    }

    /// Another configuration for a running service: all of it, or nothing.
    static final class Reload {

        private final Service service;
        private final Notifications notifications;
        private final History history;
        private Configuration current;

        Reload(Configuration current, Service service, Notifications notifications, History history) {
            this.current = current;
            this.service = service;
            this.notifications = notifications;
            this.history = history;
        }

        /// Reads, checks, and takes over. What is wrong is logged, and changes nothing.
        ///
        /// @return whether it was taken over
        synchronized boolean from(Callable<ConfigurationFile> reading) {
            try {
                ConfigurationFile file = reading.call();
                Configuration next = file.configuration();
                List<String> fixed = needRestart(current, next);
                if (!fixed.isEmpty()) {
                    log.atError()
                            .addKeyValue("sections", fixed)
                            .log("the configuration was not reloaded: these sections need a restart");
                    return false;
                }
                Masking.hide(file.secrets());
                Logging.apply(next.log(), Configuration.LogLevel.INFO);
                warnOfDeafPolicies(next);
                service.apply(settings(next));
                notifications.apply(next.receivers(), Policies.of(next)::receivers);
                history.keep(next.history().days());
                current = next;
                log.atInfo().log("configuration reloaded");
                return true;
            } catch (Misconfigured mistakes) {
                mistakes.problems()
                        .forEach(problem -> log.atError()
                                .addKeyValue("mistake", problem)
                                .log("the configuration was not reloaded"));
                return false;
            } catch (Exception e) {
                log.atError().addKeyValue("cause", e.getMessage()).log("the configuration was not reloaded");
                return false;
            }
        }
    }

    /// Sections that differ and are built into the running installation.
    static List<String> needRestart(Configuration old, Configuration next) {
        Map<String, Boolean> same = new LinkedHashMap<>();
        same.put("server", old.server().equals(next.server()));
        same.put("vdi", old.vdi().equals(next.vdi()));
        same.put("store", old.store().equals(next.store()));
        same.put("memory", old.memory().equals(next.memory()));
        same.put("upload", old.upload().equals(next.upload()));
        same.put("http.listen", old.http().listen().equals(next.http().listen()));
        return same.entrySet().stream()
                .filter(entry -> !entry.getValue())
                .map(Map.Entry::getKey)
                .toList();
    }
}
