package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.Engine;
import dev.sluice.engine.rebuild.AdoptRequest;
import dev.sluice.engine.rebuild.EntriesReport;
import dev.sluice.engine.rebuild.RebuildRequest;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;
import reactor.core.publisher.Mono;

/// Makes catalog entries from what lies in the bucket.
@Command(
        name = "catalog",
        description = "Makes catalog entries from the data alone: lost ones again, and those of other programs' files.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class CatalogCommand implements Runnable {

    @Spec
    @Nullable
    CommandSpec spec;

    /// With its subcommands.
    static CommandLine line(Shutdown shutdown) {
        return new CommandLine(new CatalogCommand())
                .addSubcommand(new Rebuild(shutdown))
                .addSubcommand(new Adopt(shutdown));
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "say what to do: sluice catalog rebuild|adopt");
    }

    /// What both take.
    static final class Way {

        @Option(
                names = "--read",
                description = "Read every byte, check the streams and make the sums, without which nothing is restored."
                        + " Sums made now say nothing about the time before.")
        boolean read;

        @Option(names = "--plan", description = "Only tell what would be written.")
        boolean plan;
    }

    @Command(
            name = "rebuild",
            description =
                    "Makes entries again that are lost or unreadable, from the data of backups that Sluice took."
                            + " Overwrites nothing; a damaged entry that has got another one is set aside. SQL Server need not be there; where it is, msdb tells what is good.")
    static final class Rebuild implements Callable<Integer> {

        private final Shutdown shutdown;

        @Mixin
        CommonOptions common = new CommonOptions();

        @Mixin
        InstallationOption target = new InstallationOption();

        @Mixin
        Way way = new Way();

        @Parameters(paramLabel = "DB", arity = "0..1", description = "Only this database's.")
        @Nullable
        String database;

        Rebuild(Shutdown shutdown) {
            this.shutdown = shutdown;
        }

        @Override
        public Integer call() {
            RebuildRequest request = new RebuildRequest(database, way.read, way.plan);
            return make(shutdown, target, common, engine -> engine.rebuild(request));
        }
    }

    @Command(
            name = "adopt",
            description =
                    "Makes backups known that other programs have put into the bucket (native ones TO URL, those of"
                            + " maintenance scripts, copied files), so that they are listed, planned with, verified, restored and"
                            + " fetched. They stay where they are, and are only read.")
    static final class Adopt implements Callable<Integer> {

        private final Shutdown shutdown;

        @Mixin
        CommonOptions common = new CommonOptions();

        @Mixin
        InstallationOption target = new InstallationOption();

        @Mixin
        Way way = new Way();

        @Parameters(
                paramLabel = "PREFIX",
                description =
                        "What the files' keys begin with, from the root of the bucket. All stripes of a backup must be"
                                + " below it.")
        String prefix = "";

        @Option(
                names = "--zone",
                paramLabel = "ZONE",
                description =
                        "Time zone of the server that took them, such as Europe/Berlin. Default: what the files say.")
        @Nullable
        String zone;

        Adopt(Shutdown shutdown) {
            this.shutdown = shutdown;
        }

        @Override
        public Integer call() {
            AdoptRequest request = new AdoptRequest(prefix, zone(), way.read, way.plan);
            return make(shutdown, target, common, engine -> engine.adopt(request));
        }

        private @Nullable ZoneId zone() {
            try {
                return zone == null ? null : ZoneId.of(zone);
            } catch (DateTimeException _) {
                throw new UsageError(
                        "'%s' is no time zone".formatted(zone), "Say one such as Europe/Berlin, UTC or +02:00.");
            }
        }
    }

    private static int make(
            Shutdown shutdown,
            InstallationOption target,
            CommonOptions common,
            Function<Engine, Mono<EntriesReport>> work) {
        Output output = common.output();
        Installation installation = shutdown.guard(target.start(common.config));
        EntriesReport report = Await.get(work.apply(installation.engine()));
        tell(output, report);
        output.document(report);
        return report.needsAttention() ? Sluice.ATTENTION : Sluice.DONE;
    }

    private static void tell(Output output, EntriesReport report) {
        for (EntriesReport.Made made : report.made()) {
            output.tell("%s  %-12s  %10s  %s  %s  %s%s%s: %s"
                    .formatted(
                            made.startedAt(),
                            made.type(),
                            ByteSize.format(made.bytes()),
                            made.backupId(),
                            made.database(),
                            report.plan() ? "would be written" : "written",
                            made.verdict() == BackupDocument.Outcome.GOOD ? "" : ", UNCONFIRMED",
                            made.sums() ? "" : ", without sums",
                            made.proof()));
        }
        report.aside()
                .forEach(each -> output.tell("%s  %s: damaged, to %s"
                        .formatted(report.plan() ? "would be set aside" : "set aside", each.what(), each.reason())));
        report.skipped().forEach(each -> output.tell("skipped  %s: %s".formatted(each.what(), each.reason())));
        report.refused().forEach(each -> output.tell("REFUSED  %s: %s".formatted(each.what(), each.reason())));
        report.notes().forEach(note -> output.notice("sluice: " + note));
        output.tell(String.format(
                Locale.ROOT,
                "%d objects looked at: %d entries %s, %d backups have theirs, %d skipped, %d refused.",
                report.looked(),
                report.made().size(),
                report.plan() ? "would be written" : "written",
                report.known(),
                report.skipped().size(),
                report.refused().size()));
    }
}
