package dev.sluice.sidecar.cli;

import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.pause.PauseBook;
import dev.sluice.sidecar.report.Output;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Parameters;

/// Ends pauses.
@Command(
        name = "resume",
        description =
                "Ends pauses at once: those with these ids, or all that were entered for just these databases, this policy,"
                        + " or all databases. A database stays paused as long as another pause is about it.")
final class ResumeCommand implements Callable<Integer> {

    /// Fewer could be a database's name.
    private static final int LEAST_OF_AN_ID = 6;

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Mixin
    PauseScope scope = new PauseScope();

    @Parameters(
            paramLabel = "ID|DB-PATTERN",
            arity = "0..*",
            description =
                    "Ids of pauses, as `sluice pause list` shows them, or how they begin: six characters at least, and"
                            + " enough for one pause alone; or databases as they were named to `sluice pause`. Not both.")
    List<String> names = new ArrayList<>();

    ResumeCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        Output output = common.output();
        Scope wanted = scope.of(names);
        Installation installation = shutdown.guard(target.start(common.config));
        PauseBook book = new PauseBook(installation.environment());
        // Also those that have ended by this machine's clock: `serve` has another one.
        List<Pause> there = book.read(problem -> output.notice("sluice: " + problem));
        List<Pause> ending = ending(there, names, wanted);
        if (ending.isEmpty()) {
            throw book.notPaused(text(wanted), there);
        }
        for (Pause pause : ending) {
            book.end(pause);
            output.tell("%s: %s (%s) is not paused by it any more."
                    .formatted(pause.id(), pause.scopeText(), pause.workText()));
        }
        output.document(
                Map.of("resumed", ending.stream().map(PauseCommand::document).toList()));
        return Sluice.DONE;
    }

    /// Either every name is that of exactly one pause, or none is that of any.
    ///
    /// **Errors:** [UsageError] for names that could mean several pauses.
    ///
    /// @param names  as on the command line
    /// @param wanted what they name, if they are no ids
    static List<Pause> ending(List<Pause> there, List<String> names, Scope wanted) {
        Set<Pause> byId = new LinkedHashSet<>();
        List<String> others = new ArrayList<>();
        for (String name : names) {
            List<Pause> named = name.length() < LEAST_OF_AN_ID
                    ? List.of()
                    : there.stream()
                            .filter(pause -> pause.id().startsWith(name))
                            .toList();
            if (named.size() > 1) {
                throw new UsageError(
                        String.format(
                                Locale.ROOT,
                                "'%s' begins the ids of %d pauses: %s",
                                name,
                                named.size(),
                                named.stream().map(Pause::id).collect(Collectors.joining(", "))),
                        "Write as much of the id as one of them alone has.");
            }
            byId.addAll(named);
            if (named.isEmpty()) {
                others.add(name);
            }
        }
        List<Pause> byScope = byScope(there, wanted);
        if (byId.isEmpty()) {
            return byScope;
        }
        if (!others.isEmpty()) {
            throw new UsageError(
                    "no pause has an id that begins with %s, and other names are ids"
                            .formatted(others.stream().map("'%s'"::formatted).collect(Collectors.joining(", "))),
                    "Name either pauses or databases. See `sluice pause list`.");
        }
        if (!byScope.isEmpty() && !byId.containsAll(byScope)) {
            throw new UsageError(
                    "these names are ids of pauses, and databases that are paused",
                    "Write the whole id of each pause that is to end. See `sluice pause list`.");
        }
        return List.copyOf(byId);
    }

    private static List<Pause> byScope(List<Pause> there, Scope wanted) {
        try {
            return there.stream().filter(pause -> pause.isAbout(wanted)).toList();
        } catch (IllegalArgumentException e) {
            throw new UsageError(String.valueOf(e.getMessage()), "See `sluice pause list`.");
        }
    }

    private static String text(Scope scope) {
        return switch (scope) {
            case Scope.Databases(List<String> patterns) -> String.join(", ", patterns);
            case Scope.Policy(String name) -> "policy " + name;
            case Scope.Everything _ -> "every database";
        };
    }
}
