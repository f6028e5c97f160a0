package dev.sluice.sidecar.cli;

import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.pause.PauseBook;
import dev.sluice.sidecar.report.Output;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
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
                    "Ids of pauses, or how they begin (six characters at least), as `sluice pause list` shows them;"
                            + " or databases as they were named to `sluice pause`.")
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
        Instant now = Instant.now();
        List<Pause> there = book.read(problem -> output.notice("sluice: " + problem)).stream()
                .filter(pause -> pause.document().isInForce(now))
                .toList();
        List<Pause> ending = ending(there, wanted);
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

    private List<Pause> ending(List<Pause> there, Scope wanted) {
        List<Pause> byId = there.stream()
                .filter(pause -> names.stream()
                        .anyMatch(name ->
                                name.length() >= LEAST_OF_AN_ID && pause.id().startsWith(name)))
                .toList();
        if (!names.isEmpty() && byId.size() == names.size()) {
            return byId;
        }
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
