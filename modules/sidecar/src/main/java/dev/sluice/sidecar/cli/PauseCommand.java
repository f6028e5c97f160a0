package dev.sluice.sidecar.cli;

import dev.sluice.catalog.PauseDocument;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.catalog.PauseDocument.Work;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.pause.PauseBook;
import dev.sluice.sidecar.report.Output;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/// Keeps scheduled work from starting, until an instant.
@Command(
        name = "pause",
        description =
                "Pauses what `sluice serve` starts by schedule (backups, drills, verifications), until an instant. What runs"
                        + " goes on, and a backup that a person asks for still starts. `serve` sees the pause within a minute, or at"
                        + " once after SIGHUP; it needs no restart, and SQL Server need not be there. When the pause ends, one"
                        + " backup of each type that became due is taken.")
final class PauseCommand implements Callable<Integer> {

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Mixin
    PauseScope scope = new PauseScope();

    @Parameters(
            paramLabel = "DB-PATTERN",
            arity = "0..*",
            description = "Databases: names, `*` for anything, `?` for one character; `!` takes away again, as in"
                    + " `policies[].databases`.")
    List<String> databases = new ArrayList<>();

    @Option(
            names = "--until",
            paramLabel = "WHEN",
            description = "When the pause ends: an instant (2027-06-30T12:00:00Z), or a date, which it includes, in the"
                    + " time zone of `schedule.time-zone`. At most 30 days away. This or --for is required.")
    @Nullable
    String until;

    @Option(
            names = "--for",
            paramLabel = "TIME",
            description = "How long the pause lasts: 2h, 1h30m, 3d. At most 30 days.")
    @Nullable
    String lasting;

    @Option(
            names = "--types",
            paramLabel = "TYPE",
            split = ",",
            description =
                    "Only this work: some of full, differential, log, drill and verification, with commas between.")
    List<Work> types = new ArrayList<>();

    @Option(
            names = "--reason",
            paramLabel = "TEXT",
            description = "Why, for those who look later. Up to 1000 characters.")
    @Nullable
    String reason;

    PauseCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    /// With its subcommand.
    static CommandLine line(Shutdown shutdown) {
        return new CommandLine(new PauseCommand(shutdown)).addSubcommand(new Listing(shutdown));
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Instant now = Instant.now();
        Scope paused = scope.of(databases);
        if (reason != null && (reason.isBlank() || reason.length() > PauseDocument.LONGEST_REASON)) {
            throw new UsageError("--reason has 1 to 1000 characters", "Shorten it, or leave it away.");
        }
        Policies policies =
                target.embedded ? null : Policies.of(common.configuration().configuration());
        Instant end =
                end(policies == null ? ZoneOffset.UTC : policies.schedule().timeZone(), now);
        if (policies != null && paused instanceof Scope.Policy(String name)) {
            requirePolicy(policies, name);
        }
        Installation installation = shutdown.guard(target.start(common.config));
        Pause pause;
        try {
            EnumSet<Work> work = EnumSet.noneOf(Work.class);
            work.addAll(types);
            pause = new PauseBook(installation.environment()).add(paused, work, now, end, reason);
        } catch (IllegalArgumentException e) {
            throw new UsageError(String.valueOf(e.getMessage()), "See `sluice pause --help`.");
        }
        output.tell("%s (%s) is paused until %s. `sluice resume %s` ends that before."
                .formatted(pause.scopeText(), pause.workText(), pause.until(), pause.id()));
        output.document(document(pause));
        return Sluice.DONE;
    }

    private Instant end(ZoneId zone, Instant now) {
        if ((until == null) == (lasting == null)) {
            throw new UsageError(
                    until == null ? "the pause has no end" : "the pause has two ends",
                    "Say --for 2h, or --until 2027-06-30T12:00:00Z: a pause always ends by itself.");
        }
        try {
            return lasting == null
                    ? Pause.checkedEnd(UntilOption.parse(String.valueOf(until), zone, now), now)
                    : Pause.endAfter(lasting, now);
        } catch (IllegalArgumentException e) {
            throw new UsageError(
                    String.valueOf(e.getMessage()), "Say a nearer end; a pause can be entered again before it ends.");
        }
    }

    private static void requirePolicy(Policies policies, String name) {
        List<String> names = new ArrayList<>();
        policies.policies().forEach(policy -> {
            if (policy.name() != null) {
                names.add(policy.name());
            }
        });
        if (!names.contains(name)) {
            throw new UsageError(
                    "no policy has the name '%s'".formatted(name),
                    names.isEmpty()
                            ? "Give it one (policies[].name), or name its databases."
                            : "There are %s.".formatted(String.join(", ", names)));
        }
    }

    static Map<String, @Nullable Object> document(Pause pause) {
        Scope scope = pause.document().scope();
        Map<String, @Nullable Object> document = new LinkedHashMap<>();
        document.put("id", pause.id());
        document.put("databases", scope instanceof Scope.Databases(List<String> patterns) ? patterns : null);
        document.put("policy", scope instanceof Scope.Policy(String name) ? name : null);
        document.put(
                "types",
                pause.document().types().stream().sorted().map(Work::text).toList());
        document.put("pausedAt", pause.document().pausedAt().toString());
        document.put("until", pause.until().toString());
        document.put("reason", pause.document().reason());
        return document;
    }

    /// Shows the pauses in the bucket.
    @Command(
            name = "list",
            description = "Lists what is paused, until when and why. Exit code 3 when a pause cannot be read.")
    static final class Listing implements Callable<Integer> {

        private final Shutdown shutdown;

        @Mixin
        CommonOptions common = new CommonOptions();

        @Mixin
        InstallationOption target = new InstallationOption();

        Listing(Shutdown shutdown) {
            this.shutdown = shutdown;
        }

        @Override
        public Integer call() {
            Output output = common.output();
            Installation installation = shutdown.guard(target.start(common.config));
            List<String> unreadable = new ArrayList<>();
            Instant now = Instant.now();
            List<Pause> pauses = new PauseBook(installation.environment())
                    .readAt(now, unreadable::add).stream()
                            .filter(pause -> pause.document().isInForce(now))
                            .toList();
            if (pauses.isEmpty()) {
                output.tell("Nothing is paused.");
            }
            for (Pause pause : pauses) {
                String reason = pause.document().reason();
                output.tell("%s  until %s  %s (%s)%s"
                        .formatted(
                                pause.id(),
                                pause.until(),
                                pause.scopeText(),
                                pause.workText(),
                                reason == null ? "" : ": " + reason));
            }
            unreadable.forEach(problem -> output.notice("sluice: " + problem));
            Map<String, Object> document = new LinkedHashMap<>();
            document.put("pauses", pauses.stream().map(PauseCommand::document).toList());
            document.put("unreadable", unreadable);
            output.document(document);
            return unreadable.isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
        }
    }
}
