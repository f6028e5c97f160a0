package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupType;
import dev.sluice.engine.backup.BackupLimits;
import dev.sluice.engine.backup.BackupOptions;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupRequests;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.backup.BackupsReport;
import dev.sluice.engine.backup.Compression;
import dev.sluice.engine.backup.DatabaseSelection;
import dev.sluice.engine.backup.Encryption;
import dev.sluice.engine.backup.StripeRule;
import dev.sluice.engine.backup.TailLog;
import dev.sluice.engine.chain.ChainFinding;
import dev.sluice.sidecar.config.BackupSection;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.config.Units;
import dev.sluice.sidecar.install.BackupDefaults;
import dev.sluice.sidecar.install.Installation;
import dev.sluice.sidecar.report.BackupOutcome;
import dev.sluice.sidecar.report.ByteSize;
import dev.sluice.sidecar.report.Output;
import dev.sluice.sidecar.report.ProgressDisplay;
import dev.sluice.vdi.VDConfig;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.TypeConversionException;

/// Takes one backup, or one of each of several databases.
@Command(
        name = "backup",
        description = {
            "Takes a backup of a database, or of several, one after the other.",
            "Of several: exit code 0 when all is well, 3 when one of them failed or something needs attention, 1 when none was backed up."
        })
final class BackupCommand implements Callable<Integer> {

    /// As the command line calls them.
    enum Type {
        full(BackupType.FULL),
        diff(BackupType.DIFFERENTIAL),
        log(BackupType.LOG),
        tail(BackupType.LOG);

        private final BackupType type;

        Type(BackupType type) {
            this.type = type;
        }
    }

    private final Shutdown shutdown;

    @Mixin
    CommonOptions common = new CommonOptions();

    @Mixin
    InstallationOption target = new InstallationOption();

    @Parameters(
            paramLabel = "DB",
            arity = "0..*",
            description =
                    "The database; or several, or patterns as in a policy: 'Sales*' takes, '!SalesStaging' takes away, and"
                            + " the last one that matches decides.")
    List<String> databases = new ArrayList<>();

    @Option(names = "--all", description = "All databases but tempdb and snapshots: the same as '*'.")
    boolean all;

    @Option(
            names = "--type",
            paramLabel = "TYPE",
            description = "full, diff, log, or tail: the last log backup, after which the database is RESTORING."
                    + " Default: full.")
    Type type = Type.full;

    @Option(
            names = "--no-truncate",
            description = "With --type tail: copy as much of the log as can be read, of a database whose data files are"
                    + " damaged or gone.")
    boolean noTruncate;

    @Option(
            names = "--copy-only",
            negatable = true,
            description = "Outside the chain: differentials and logs take no notice of it; or inside, whatever is"
                    + " configured. Default: as configured, or inside.")
    @Nullable
    Boolean copyOnly;

    @Option(
            names = "--stripes",
            paramLabel = "N",
            description =
                    "Devices, 1 to 64. Default: as configured, or 1; of a log backup as many of these as there are"
                            + " 64 MiB of log.")
    @Nullable
    Integer stripes;

    @Option(
            names = "--compression",
            arity = "0..1",
            paramLabel = "ALGORITHM",
            fallbackValue = "xpress",
            converter = Algorithms.class,
            description = "Let SQL Server compress, with xpress (the default), or zstd from 2025 on. Default: as"
                    + " configured, or not.")
    @Nullable
    Compression compression;

    @Option(names = "--no-compression", description = "Do not let SQL Server compress, whatever is configured.")
    boolean noCompression;

    @Option(
            names = "--checksum",
            negatable = true,
            description = "Let SQL Server check its pages and write checksums, or not. Default: as configured, or yes.")
    @Nullable
    Boolean checksum;

    @Option(
            names = "--continue-after-error",
            description = "Back up a database with damaged pages, damage included, instead of failing.")
    boolean continueAfterError;

    @Option(
            names = "--encrypt",
            paramLabel = "ALG:CERT",
            converter = Encryptions.class,
            description = "Let SQL Server encrypt, with AES_128, AES_192, AES_256 or TRIPLE_DES_3KEY and a certificate"
                    + " in master. Restoring needs that certificate with its private key. Default: as configured, or"
                    + " not.")
    @Nullable
    Encryption encryption;

    @Option(names = "--no-encrypt", description = "Do not let SQL Server encrypt, whatever is configured.")
    boolean noEncryption;

    @Option(
            names = "--max-transfer-size",
            paramLabel = "SIZE",
            converter = ByteSize.Converter.class,
            description = "MAXTRANSFERSIZE, a multiple of 64KiB up to 4MiB. Default: 1MiB.")
    @Nullable
    ByteSize maxTransferSize;

    @Option(
            names = "--buffer-count",
            paramLabel = "N",
            description = "BUFFERCOUNT of the whole backup. Default: four for each stripe.")
    int bufferCount;

    @Option(
            names = "--stall-limit",
            paramLabel = "TIME",
            converter = Durations.class,
            description = "End a data backup when nothing has moved for so long. Default: as configured, or 30m.")
    @Nullable
    Duration stallLimit;

    @Option(
            names = "--log-limit",
            paramLabel = "PERCENT",
            description =
                    "End a data backup when the log is so full because of it; 100 for never. Default: as configured,"
                            + " or 90.")
    @Nullable
    Integer logLimit;

    @Option(
            names = "--on-broken-chain",
            paramLabel = "WHAT",
            description = "When another program's backup has broken the chain: report it, or answer with a differential"
                    + " (or a full where that does not help) or a full backup. WHAT is report, differential or full. Default: as"
                    + " configured, or report.")
    BackupSection.@Nullable BrokenChain onBrokenChain;

    BackupCommand(Shutdown shutdown) {
        this.shutdown = shutdown;
    }

    @Override
    public Integer call() {
        @Nullable
        DatabaseSelection several = new NamedDatabases(databases, all).several().orElse(null);
        validate(several != null);
        var _ = request(BackupDefaults.PLAIN); // what cannot be is refused before anything is started
        Output output = common.output();
        shutdown.lastWords(
                "ended by a signal; what was not finished is cancelled, and `sluice recover` removes what may be left of it");
        Installation installation = shutdown.guard(target.start(common.config));
        BackupDefaults defaults = installation.backupDefaults();
        BackupRequests others = (database, kind) -> request(defaults, database, kind, TailLog.NONE);
        if (several != null) {
            try (BackupsDisplay display = new BackupsDisplay(output, common::progress)) {
                BackupsReport report = Await.get(installation.engine().backups(several, type.type, others, display));
                output.document(BackupsDisplay.document(report));
                return code(report);
            }
        }
        BackupResult result;
        try (ProgressDisplay display = common.progress("backup ")) {
            result = Await.get(installation.engine().backup(request(defaults), others, display));
        }
        tell(output, result);
        output.document(BackupOutcome.document(result));
        return code(result);
    }

    static int code(BackupResult result) {
        boolean healed = result.answer() != null && result.answer().chain().isEmpty();
        boolean left = !result.left().isEmpty()
                || (result.answer() != null && !result.answer().left().isEmpty());
        return left || result.historyMissing() || (!result.chain().isEmpty() && !healed)
                ? Sluice.ATTENTION
                : Sluice.DONE;
    }

    private static int code(BackupsReport report) {
        if (report.taken().isEmpty() && !report.failed().isEmpty()) {
            return Sluice.FAILED;
        }
        boolean attention = !report.failed().isEmpty()
                || !report.notTried().isEmpty()
                || report.taken().stream().anyMatch(one -> code(one.result()) != Sluice.DONE);
        return attention ? Sluice.ATTENTION : Sluice.DONE;
    }

    static void tell(Output output, BackupResult result) {
        output.tell(String.format(
                Locale.ROOT,
                "Backed up %s: %s in %.1f s, as backup %s.",
                result.document().database(),
                ByteSize.format(result.document().bytes()),
                result.seconds(),
                result.document().backupId()));
        if (result.historyMissing()) {
            output.notice("sluice: the backup is good, but msdb has no row for it; its entry is completed later");
        }
        for (String left : result.left()) {
            output.notice("sluice: the backup is good. %s".formatted(left));
            output.notice("  `sluice recover` tries again, and so does the next start of `sluice serve`");
        }
        for (ChainFinding finding : result.chain()) {
            output.notice("sluice: %s".formatted(finding.what()));
            output.notice("  consequence: %s".formatted(finding.consequence()));
        }
        if (result.answer() != null) {
            tell(output, result.answer());
        }
    }

    private void validate(boolean several) {
        if (type == Type.tail && several) {
            throw new UsageError(
                    "--type tail is for one database, by its name",
                    "The database is RESTORING afterwards, so Sluice takes no pattern for it.");
        }
        if (stripes != null && (stripes < 1 || stripes > VDConfig.MAX_DEVICES)) {
            throw new UsageError(
                    String.format(Locale.ROOT, "a backup has 1 to %d stripes, not %d", VDConfig.MAX_DEVICES, stripes),
                    "SQL Server accepts no more devices in one statement.");
        }
        if (noTruncate && type != Type.tail) {
            throw new UsageError("--no-truncate is for the tail of a log", "Say --type tail --no-truncate.");
        }
        if (Boolean.TRUE.equals(copyOnly) && (type == Type.diff || type == Type.tail)) {
            throw new UsageError(
                    "--type %s cannot be --copy-only".formatted(type), "Full and log backups can be copy-only.");
        }
        if (noCompression && compression != null) {
            throw new UsageError("--compression and --no-compression exclude each other", "Say one of them.");
        }
        if (noEncryption && encryption != null) {
            throw new UsageError("--encrypt and --no-encrypt exclude each other", "Say one of them.");
        }
    }

    BackupRequest request(BackupDefaults defaults) {
        TailLog tail = type != Type.tail ? TailLog.NONE : noTruncate ? TailLog.NO_TRUNCATE : TailLog.NORECOVERY;
        // Of several, each puts its own name there.
        return request(defaults, databases.isEmpty() ? "*" : databases.getFirst(), type.type, tail);
    }

    private BackupRequest request(BackupDefaults defaults, String database, BackupType kind, TailLog tail) {
        try {
            boolean never = kind == BackupType.DIFFERENTIAL || tail != TailLog.NONE;
            BackupRequest asked = defaults.asked(database, kind, never ? Boolean.FALSE : copyOnly);
            BackupOptions usual = asked.options();
            BackupOptions options = usual.withCompression(
                            noCompression ? Compression.NONE : or(compression, usual.compression()))
                    .withChecksum(or(checksum, usual.checksum()))
                    .withContinueAfterError(continueAfterError)
                    .withEncryption(noEncryption ? null : encryption == null ? usual.encryption() : encryption)
                    .withTransfer(maxTransferSize == null ? 0 : Math.toIntExact(maxTransferSize.bytes()), bufferCount)
                    .withLimits(new BackupLimits(
                            or(stallLimit, usual.limits().stall()),
                            or(logLimit, usual.limits().logPercent())))
                    .withStripeRule(stripes == null ? usual.stripeRule() : StripeRule.EXACT)
                    .withChain(
                            onBrokenChain == null
                                    ? usual.chain()
                                    : defaults.chain(database, Policies.chain(onBrokenChain)));
            return new BackupRequest(database, kind, asked.copyOnly(), tail, or(stripes, asked.stripes()), options);
        } catch (IllegalArgumentException | ArithmeticException e) {
            throw new UsageError(String.valueOf(e.getMessage()), "See `sluice backup --help`.");
        }
    }

    private static <T> T or(@Nullable T said, T usual) {
        return said == null ? usual : said;
    }

    /// `xpress`, `zstd`, `none`.
    static final class Algorithms implements ITypeConverter<Compression> {
        @Override
        public Compression convert(String value) {
            return Arrays.stream(Compression.values())
                    .filter(known -> known.name().equalsIgnoreCase(value))
                    .findFirst()
                    .orElseThrow(() -> new TypeConversionException(
                            "'%s' is no compression: xpress, zstd or none".formatted(value)));
        }
    }

    /// `AES_256:BackupCertificate`.
    static final class Encryptions implements ITypeConverter<Encryption> {
        @Override
        public Encryption convert(String value) {
            int colon = value.indexOf(':');
            String algorithm = colon < 0 ? value : value.substring(0, colon);
            return Arrays.stream(Encryption.Algorithm.values())
                    .filter(known ->
                            known.name().equalsIgnoreCase(algorithm) && colon < value.length() - 1 && colon > 0)
                    .findFirst()
                    .map(known -> new Encryption(known, value.substring(colon + 1)))
                    .orElseThrow(() -> new TypeConversionException(
                            "'%s' does not say how to encrypt: write it like AES_256:MyCertificate".formatted(value)));
        }
    }

    /// `30m`.
    static final class Durations implements ITypeConverter<Duration> {
        @Override
        public Duration convert(String value) {
            try {
                return Units.duration(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }
}
