package dev.sluice.sidecar.cli;

import dev.sluice.catalog.Exports;
import dev.sluice.engine.export.ExportOrigin;
import dev.sluice.engine.export.ExportRequest;
import dev.sluice.engine.export.ExportResult;
import dev.sluice.engine.export.ExportSource;
import dev.sluice.engine.export.OpenedExport;
import dev.sluice.engine.export.Passphrase;
import dev.sluice.engine.export.ReplayReport;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/// Saves what an instance has beside its databases, and brings it back.
@Command(
        name = "export",
        description =
                "Saves what an instance has beside its databases, encrypted: logins, server roles, permissions, settings,"
                        + " linked servers, jobs, certificates. docs/disaster.md shows what it is for.",
        synopsisSubcommandLabel = "COMMAND",
        mixinStandardHelpOptions = true)
final class ExportCommand implements Runnable {

    @Spec
    @Nullable
    CommandSpec spec;

    /// With its subcommands.
    static CommandLine line(Shutdown shutdown) {
        return new CommandLine(new ExportCommand())
                .addSubcommand(new Instance(shutdown))
                .addSubcommand(new Listing(shutdown))
                .addSubcommand(new Fetch(shutdown))
                .addSubcommand(new Replay(shutdown));
    }

    @Override
    public void run() {
        throw new ParameterException(
                spec == null ? new CommandLine(this) : spec.commandLine(),
                "say what to do: sluice export instance|list|fetch|replay");
    }

    private static @Nullable Secret configured(CommonOptions common, InstallationOption target) {
        return target.embedded
                ? null
                : common.configuration().configuration().export().passphrase();
    }

    @Command(
            name = "instance",
            description =
                    "Reads logins with their SIDs and password hashes, server roles, permissions, settings of sp_configure,"
                            + " linked servers without passwords, jobs of SQL Server Agent, and master's certificates with their private"
                            + " keys, as T-SQL; encrypts all of it with a passphrase, and stores it in the bucket. Exit code 3 when"
                            + " something was left out.")
    static final class Instance implements Callable<Integer> {

        private final Shutdown shutdown;

        @Mixin
        CommonOptions common = new CommonOptions();

        @Mixin
        InstallationOption target = new InstallationOption();

        @Mixin
        PassphraseOption passphrase = new PassphraseOption();

        @Option(names = "--to", paramLabel = "FILE", description = "Write it into a new file instead of the bucket.")
        @Nullable
        Path file;

        Instance(Shutdown shutdown) {
            this.shutdown = shutdown;
        }

        @Override
        public Integer call() {
            Output output = common.output();
            Passphrase secret = passphrase.passphrase(configured(common, target), true);
            Installation installation = shutdown.guard(target.start(common.config));
            ExportResult result = Await.get(installation.engine().exportInstance(new ExportRequest(secret, file)));
            output.tell(String.format(
                    Locale.ROOT,
                    "Exported %d logins, %d jobs, %d certificates and %d linked servers as %s: %s, encrypted, in %s.",
                    result.logins(),
                    result.jobs(),
                    result.certificates(),
                    result.linkedServers(),
                    result.id(),
                    ByteSize.format(result.bytes()),
                    result.file() == null ? result.key() : result.file()));
            result.notes().forEach(note -> output.notice("sluice: " + note));
            output.document(result);
            return result.notes().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
        }
    }

    @Command(name = "list", description = "Lists the exports in the bucket. Needs no passphrase.")
    static final class Listing implements Callable<Integer> {

        private final Shutdown shutdown;

        @Mixin
        CommonOptions common = new CommonOptions();

        @Mixin
        InstallationOption target = new InstallationOption();

        @Mixin
        AsOfOption asOf = new AsOfOption();

        Listing(Shutdown shutdown) {
            this.shutdown = shutdown;
        }

        @Override
        public Integer call() {
            Output output = common.output();
            Installation installation = asOf.start(shutdown, target, common);
            List<Exports.Listed> exports = Await.get(installation.engine().exports());
            if (exports.isEmpty()) {
                output.tell("There is no export in the bucket.");
            }
            exports.forEach(each -> output.tell(
                    "%s  %s  %10s".formatted(each.key().exportedAt(), each.key().id(), ByteSize.format(each.bytes()))));
            output.document(Map.of(
                    "exports",
                    exports.stream()
                            .map(each -> Map.of(
                                    "id", each.key().id(),
                                    "exportedAt", each.key().exportedAt().toString(),
                                    "bytes", each.bytes()))
                            .toList()));
            return Sluice.DONE;
        }
    }

    /// Which export is meant.
    static final class Which {

        @Parameters(
                paramLabel = "ID",
                arity = "0..1",
                description = "The export's id, or how it begins. Default: the newest.")
        @Nullable
        String id;

        @Option(
                names = "--from",
                paramLabel = "FILE",
                description = "Read it from a file that `export instance --to` has written.")
        @Nullable
        Path file;

        ExportSource source() {
            if (id != null && file != null) {
                throw new UsageError("an export is named by its id or by its file", "Leave one of them away.");
            }
            return file != null ? new ExportSource.InFile(file) : new ExportSource.InBucket(id == null ? "" : id);
        }
    }

    @Command(
            name = "fetch",
            description =
                    "Decrypts an export into .sql files, named in the order in which they are run, and a README.txt that"
                            + " says what was left out. They hold password hashes and private keys: remove them when you are done.")
    static final class Fetch implements Callable<Integer> {

        private final Shutdown shutdown;

        @Mixin
        CommonOptions common = new CommonOptions();

        @Mixin
        InstallationOption target = new InstallationOption();

        @Mixin
        AsOfOption asOf = new AsOfOption();

        @Mixin
        PassphraseOption passphrase = new PassphraseOption();

        @Mixin
        Which which = new Which();

        @Option(
                names = "--to",
                required = true,
                paramLabel = "DIR",
                description = "Where the files go; created if absent. Nothing there is overwritten.")
        Path directory = Path.of("");

        Fetch(Shutdown shutdown) {
            this.shutdown = shutdown;
        }

        @Override
        public Integer call() {
            Output output = common.output();
            ExportSource source = which.source();
            Passphrase secret = passphrase.passphrase(configured(common, target), false);
            Installation installation = asOf.start(shutdown, target, common);
            OpenedExport opened = Await.get(installation.engine().openExport(source, secret));
            List<Path> files;
            try {
                files = opened.write(directory);
            } catch (FileAlreadyExistsException e) {
                throw new OperationFailed(
                        FailureId.FILE_EXISTS,
                        "The file %s is there already".formatted(e.getFile()),
                        directory.toString(),
                        e);
            } catch (IOException e) {
                throw new OperationFailed(
                        FailureId.DIRECTORY_NOT_WRITABLE, "The files cannot be written: " + e, directory.toString(), e);
            }
            files.forEach(file -> output.tell(file.toString()));
            output.document(Map.of("files", files.stream().map(Path::toString).toList()));
            return Sluice.DONE;
        }
    }

    @Command(
            name = "replay",
            description =
                    "Runs an export on the configured server: what is there already stays, and what the server refuses holds"
                            + " up nothing else. Jobs come back disabled; run it again with --enable-jobs when the databases are back."
                            + " Exit code 3 when the server refused something, 1 when it refused everything.")
    static final class Replay implements Callable<Integer> {

        private final Shutdown shutdown;

        @Mixin
        CommonOptions common = new CommonOptions();

        @Mixin
        InstallationOption target = new InstallationOption();

        @Mixin
        AsOfOption asOf = new AsOfOption();

        @Mixin
        PassphraseOption passphrase = new PassphraseOption();

        @Mixin
        Which which = new Which();

        @Option(names = "--enable-jobs", description = "Enable the jobs that were enabled, too.")
        boolean enableJobs;

        Replay(Shutdown shutdown) {
            this.shutdown = shutdown;
        }

        @Override
        public Integer call() {
            Output output = common.output();
            ExportSource source = which.source();
            Passphrase secret = passphrase.passphrase(configured(common, target), false);
            Installation installation = asOf.start(shutdown, target, common);
            ReplayReport report = Await.get(installation
                    .engine()
                    .replay(
                            source,
                            secret,
                            enableJobs,
                            origin -> output.notice("sluice: replaying export %s of %s (instance %s) from %s."
                                    .formatted(
                                            origin.id(), origin.identity(), origin.instance(), origin.exportedAt()))));
            report.files()
                    .forEach(file -> output.tell(String.format(
                            Locale.ROOT,
                            "%-22s  %4d batches%s",
                            file.file(),
                            file.batches(),
                            file.failed() == 0
                                    ? ""
                                    : String.format(Locale.ROOT, ", %d of them refused", file.failed()))));
            report.messages().forEach(message -> output.notice("sluice: " + message));
            report.failed()
                    .forEach(each -> output.notice(String.format(
                            Locale.ROOT,
                            "sluice: refused, batch %d of %s: %s",
                            each.batch(),
                            each.file(),
                            each.why())));
            output.tellLines(report.readMe());
            Map<String, Object> document = new LinkedHashMap<>();
            ExportOrigin origin = report.origin();
            document.put(
                    "origin",
                    Map.of(
                            "identity", origin.identity(),
                            "instance", origin.instance(),
                            "exportedAt", origin.exportedAt().toString(),
                            "id", origin.id()));
            document.put("files", report.files());
            document.put("failed", report.failed());
            document.put("messages", report.messages());
            document.put("readMe", report.readMe());
            output.document(document);
            if (report.failed().isEmpty()) {
                return report.messages().isEmpty() ? Sluice.DONE : Sluice.ATTENTION;
            }
            return report.failed().size() == report.batches() ? Sluice.FAILED : Sluice.ATTENTION;
        }
    }
}
