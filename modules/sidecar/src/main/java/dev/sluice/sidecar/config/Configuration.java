package dev.sluice.sidecar.config;

import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import java.nio.file.Path;
import java.time.Duration;
import java.time.ZoneId;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// The configuration file, as one tree. Every instance is valid: its constructors refuse what cannot be.
public record Configuration(
        @Key("SQL Server: where it is, and as whom to connect.")
        Server server,

        @Key("The Virtual Device Interface of this machine.")
        Vdi vdi,

        @Key("The bucket.") StoreSection store,
        @Key("What may be held in memory.") Memory memory,
        @Key("How bytes are sent to the bucket.") UploadSection upload,

        @Key("How backups are taken where neither the command line nor a policy says.")
        BackupSection backup,

        @Key("When a data backup is given up for SQL Server's sake.")
        Limits limits,

        @Key("What holds for all policies together. Read by `sluice serve`.")
        Schedule schedule,

        @Key(value = "Which databases are backed up when. Read by `sluice serve`.", initial = "[]")
        List<Policy> policies,

        @Key("How restore drills are held, by `sluice prove` and by policies.")
        ProveSection prove,

        @Key("How `sluice export` keeps what an instance has beside its databases.")
        ExportSection export,

        @Key("Health, metrics and control over HTTP. Read by `sluice serve`.")
        Http http,

        @Key("The history of jobs, which `sluice history` shows. Read by `sluice serve`.")
        HistorySection history,

        @Key(
                name = "notify",
                value =
                        "Who is told of failed jobs, of their end, of broken chains and of full logs. Read by `sluice serve` and"
                                + " `sluice notify test`.",
                initial = "[]")
        List<NotifySection> receivers,

        @Key("What is logged, on standard error.") Log log) {

    private static final long PART = 5L << 20;

    public Configuration {
        LoginRules.checkTogether(server, prove.server());
        policies = List.copyOf(policies);
        receivers = List.copyOf(receivers);
        Set<String> names = new HashSet<>();
        for (int i = 0; i < receivers.size(); i++) {
            String name = receivers.get(i).name();
            if (!names.add(name)) {
                throw new Invalid(
                        String.format(Locale.ROOT, "notify[%d].name", i),
                        "'%s' is another receiver's name already".formatted(name),
                        "give each receiver a name of its own");
            }
        }
        Set<String> named = new HashSet<>();
        for (int i = 0; i < policies.size(); i++) {
            String name = policies.get(i).name();
            if (name != null && !named.add(name)) {
                throw new Invalid(
                        String.format(Locale.ROOT, "policies[%d].name", i),
                        "'%s' is another policy's name already".formatted(name),
                        "give each policy a name of its own, or none");
            }
        }
        NotifySection.checkNames(policies, names);
        long perStripe = PART + vdi.maxTransferSize().bytes();
        if (memory.budget().bytes() < backup.stripes() * perStripe) {
            throw new Invalid(
                    "memory.budget",
                    String.format(
                            Locale.ROOT,
                            "%s is too little for backup.stripes = %d: each needs a part of 5MiB and a transfer of %s",
                            memory.budget(),
                            backup.stripes(),
                            vdi.maxTransferSize()),
                    "give at least %s, or take fewer stripes".formatted(new Size(backup.stripes() * perStripe)));
        }
        Size part = upload.partSize();
        if (part != null
                && memory.budget().bytes()
                        < backup.stripes()
                                * (part.bytes() + vdi.maxTransferSize().bytes())) {
            throw new Invalid(
                    "upload.part-size",
                    "a part of %s and a transfer of %s for each stripe do not fit into memory.budget = %s"
                            .formatted(part, vdi.maxTransferSize(), memory.budget()),
                    "give more memory, or take smaller parts or fewer stripes");
        }
        PolicyRules.check(policies, store, memory, vdi, part);
    }

    /// `server:`
    public record Server(
            @Key(
                    value = "Where SQL Server is, with any property of Microsoft's JDBC driver but user, password and"
                            + " database.",
                    bound = "begins with `jdbc:sqlserver://`",
                    example = "jdbc:sqlserver://localhost:1433;trustServerCertificate=true")
            JdbcUrl url,

            @Key(
                    value =
                            "A login of SQL Server's own. It must be a member of sysadmin: virtual devices ask for no less.",
                    optional = true,
                    bound = "required without `kerberos`",
                    example = "sluice")
            @Nullable
            String user,

            @Key(
                    value = "Its password.",
                    optional = true,
                    bound = "required without `kerberos`",
                    example = "${file:/run/secrets/sa}")
            @Nullable
            Secret password,

            @Key(
                    value =
                            "A login by Kerberos, with the key of an account in a keytab, instead of `user` and `password`.",
                    optional = true)
            @Nullable
            KerberosSection kerberos,

            @Key(
                    value = "The server's name in the bucket, for ever: all its backups are found under it. For an"
                            + " availability group, the group's. Two servers with one name and one prefix would"
                            + " take each other's backups for their own.",
                    pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
                    bound = "1 to 63 letters, digits, `.`, `_`, `-`; begins with a letter or digit",
                    example = "sql-prod-1")
            String identity)
            implements ServerAccess {

        public Server {
            LoginRules.check(url, user, password, kerberos);
        }
    }

    /// `vdi:`
    public record Vdi(
            @Key(
                    value =
                            "Whose library it is: SQL Server's on `linux` or on `windows` (experimental: never tried with"
                                    + " SQL Server's own), the `simulator`'s, or whichever fits this machine.",
                    initial = "auto")
            Provider provider,

            @Key(
                    value = "`libsqlvdi.so` where it is not at its usual place.",
                    optional = true,
                    bound = "an absolute path; not with `windows`; required with `simulator`",
                    example = "/opt/mssql/lib/libsqlvdi.so")
            @Nullable
            Path library,

            @Key(
                    value = "SQL Server's instance, where it is not the default one. Windows only.",
                    optional = true,
                    pattern = "[^\\\\/;]{1,16}",
                    bound = "1 to 16 characters, the name alone, without the machine's",
                    example = "PROD")
            @Nullable
            String instance,

            @Key(
                    value = "MAXTRANSFERSIZE: the most that SQL Server hands over at once.",
                    initial = "1MiB",
                    min = "64KiB",
                    max = "4MiB",
                    bound = "a multiple of 64KiB")
            Size maxTransferSize,

            @Key(
                    value = "BUFFERCOUNT is this many for each stripe. All of them, times `max-transfer-size`, must"
                            + " fit into /dev/shm.",
                    initial = "4",
                    min = "1",
                    max = "64")
            int buffersPerStripe) {

        public Vdi {
            if (maxTransferSize.bytes() % 65_536 != 0) {
                throw new Invalid(
                        "max-transfer-size",
                        "%s is no multiple of 64KiB, and SQL Server takes no other".formatted(maxTransferSize),
                        "try 1MiB");
            }
            if (library != null && !library.isAbsolute()) {
                throw new Invalid("library", "%s is not absolute".formatted(library), "begin it with a slash");
            }
            if (provider == Provider.SIMULATOR && library == null) {
                throw new Invalid(
                        "library",
                        "the simulator's library has no usual place",
                        "name the libsqlvdi.so that belongs to the simulator");
            }
            if (provider == Provider.WINDOWS && library != null) {
                throw new Invalid(
                        "library",
                        "Windows finds sqlvdi.dll by its COM registration",
                        "leave the key out, and repair the registration if it is wrong");
            }
        }
    }

    /// Whose VDI library it is.
    public enum Provider {
        AUTO,
        LINUX,
        WINDOWS,
        SIMULATOR
    }

    /// `memory:`
    public record Memory(
            @Key(
                    value = "Bytes on their way, of all runs together, outside the heap. A run waits until it can have"
                            + " its least: 5MiB and one transfer for each stripe.",
                    initial = "512MiB",
                    min = "16MiB",
                    max = "1TiB",
                    bound = "at least what `backup.stripes` need")
            Size budget) {}

    /// `limits:`
    public record Limits(
            @Key(
                    value = "A data backup in which nothing has moved for so long is ended, whatever it waits for:"
                            + " while it runs, the log cannot be truncated. Also the time that SQL Server has for its"
                            + " verdict on any backup when it has everything; then the verdict is unknown, and `recover`"
                            + " decides.",
                    initial = "30m",
                    min = "10s",
                    max = "7d")
            Duration stall,

            @Key(
                    value = "A data backup is ended when the log is so full, in percent, because of it. 100: never.",
                    initial = "90",
                    min = "1",
                    max = "100")
            int logPercent) {}

    /// `schedule:`
    public record Schedule(
            @Key(
                    value = "In which zone time tables are read, where a policy names none.",
                    initial = "UTC",
                    example = "Europe/Berlin")
            ZoneId timeZone,

            @Key(
                    value = "Each backup starts up to this much later than its table says, always the same for one"
                            + " database, so that a hundred databases do not start in one second.",
                    initial = "0s",
                    max = "1h",
                    example = "2m")
            Duration jitter,

            @Key(
                    value = "Backups that run at once. Log backups go first when there is a queue.",
                    initial = "2",
                    min = "1",
                    max = "64")
            int running) {}

    /// An entry of `policies:`
    public record Policy(
            @Key(
                    value = "The policy's name, by which `sluice pause` knows it.",
                    optional = true,
                    pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
                    bound = "1 to 63 letters, digits, `.`, `_`, `-`; begins with a letter or digit; used once",
                    example = "nightly")
            @Nullable
            String name,

            @Key(
                    value = "Which databases: names, `*` for anything, `?` for one character; `!` takes away again. The"
                            + " last pattern that matches decides.",
                    bound = "at least one that takes",
                    example = "[\"Sales*\", \"!SalesStaging\"]")
            List<DatabasePattern> databases,

            @Key(
                    value = "When full backups are due.",
                    optional = true,
                    bound = "five fields of cron",
                    example = "0 1 * * SUN")
            @Nullable
            Cron full,

            @Key(
                    value = "When differential backups are due. One without a usable base is taken as a full one.",
                    optional = true,
                    bound = "five fields of cron; only beside `full`",
                    example = "0 1 * * MON-SAT")
            @Nullable
            Cron diff,

            @Key(
                    value = "When log backups are due. Databases in simple recovery are left out.",
                    optional = true,
                    bound = "five fields of cron; only beside `full`",
                    example = "*/5 * * * *")
            @Nullable
            Cron log,

            @Key(
                    value = "In which zone these tables are read. Default: `schedule.time-zone`.",
                    optional = true,
                    example = "America/New_York")
            @Nullable
            ZoneId timeZone,

            @Key(
                    value =
                            "What follows when another program's backup, or a switch of the recovery model, has broken the"
                                    + " chain. Default: `backup.on-broken-chain`.",
                    optional = true,
                    example = "differential")
            BackupSection.@Nullable BrokenChain onBrokenChain,

            @Key(
                    value =
                            "When restore drills are due, as `sluice prove` holds them: one at a time, and while no backup"
                                    + " runs or waits.",
                    optional = true,
                    bound = "five fields of cron; only beside `full`",
                    example = "0 6 * * SAT")
            @Nullable
            Cron prove,

            @Key(
                    value =
                            "When backups are read again from the bucket, as `sluice verify` does it. `true`: each one soon"
                                    + " after it was taken, and then no more.",
                    optional = true,
                    single = "true")
            @Nullable
            VerifySection verify,

            @Key(
                    value =
                            "How these backups are taken where that differs from `backup` and `store`; `full`, `diff` and"
                                    + " `log` say it of one type.",
                    optional = true)
            @Nullable
            PolicyBackup backup,

            @Key(
                    value =
                            "How much must have changed for a differential, and how much is too much for one. Only beside"
                                    + " `diff`.",
                    optional = true)
            @Nullable
            DiffWhen diffWhen,

            @Key(
                    value =
                            "What is kept: everything that one of these keys keeps. Without it nothing is ever removed.",
                    optional = true)
            @Nullable
            Keep keep,

            @Key(value = "A program that `sluice serve` runs before each backup (docs/hooks.md).", optional = true)
            HookSection.@Nullable Before before,

            @Key(value = "A program that `sluice serve` runs after each backup (docs/hooks.md).", optional = true)
            HookSection.@Nullable After after,

            @Key(
                    name = "notify",
                    value =
                            "Who is told about these databases: these receivers and no others, whatever `notify[].databases`"
                                    + " says; a heartbeat only of those that its `databases` take. Without it, the receivers"
                                    + " whose `databases` take them.",
                    some = true,
                    initial = "[]",
                    bound = "names of `notify`; not empty",
                    example = "[on-call]")
            List<String> receivers) {

        /// Without a name, drills, verifications, programs, and receivers of its own.
        public Policy(
                List<DatabasePattern> databases,
                @Nullable Cron full,
                @Nullable Cron diff,
                @Nullable Cron log,
                @Nullable ZoneId timeZone,
                BackupSection.@Nullable BrokenChain onBrokenChain,
                @Nullable Keep keep) {
            this(databases, full, diff, log, timeZone, onBrokenChain, null, keep);
        }

        /// Backups as all others are.
        public Policy(
                List<DatabasePattern> databases,
                @Nullable Cron full,
                @Nullable Cron diff,
                @Nullable Cron log,
                @Nullable ZoneId timeZone,
                BackupSection.@Nullable BrokenChain onBrokenChain,
                @Nullable Cron prove,
                @Nullable Keep keep) {
            this(
                    null,
                    databases,
                    full,
                    diff,
                    log,
                    timeZone,
                    onBrokenChain,
                    prove,
                    null,
                    null,
                    null,
                    keep,
                    null,
                    null,
                    List.of());
        }

        public Policy {
            databases = List.copyOf(databases);
            receivers = List.copyOf(receivers);
            if (databases.stream().allMatch(DatabasePattern::negated)) {
                throw new Invalid(
                        "databases",
                        "takes no database: there is no pattern without '!'",
                        "begin with \"*\" to take all but these");
            }
            if (full == null && diff == null && log == null) {
                throw new Invalid("", "backs nothing up: it has neither full, diff nor log", "add a time table");
            }
            if (full == null) {
                throw new Invalid(
                        diff != null ? "diff" : "log",
                        "has no full backup to rest on",
                        "add full, or let another program's chain be restored by that program");
            }
            PolicyRules.check(diff, log, onBrokenChain, backup, diffWhen, keep);
        }
    }

    /// `policies[].keep:`. A backup goes only if every key that is there lets it go.
    public record Keep(
            @Key(
                    value = "The newest so many full backups, with everything that rests on them.",
                    optional = true,
                    min = "1",
                    max = "10000",
                    example = "5")
            @Nullable
            Integer full,

            @Key(
                    value = "Every moment of the last so many days stays restorable.",
                    optional = true,
                    min = "1",
                    max = "36500",
                    example = "35")
            @Nullable
            Integer days,

            @Key(
                    value =
                            "The last full backup of each of the newest so many weeks that have one; weeks begin on Monday.",
                    optional = true,
                    min = "1",
                    max = "5200",
                    example = "8")
            @Nullable
            Integer weeks,

            @Key(
                    value = "The last full backup of each of the newest so many months that have one.",
                    optional = true,
                    min = "1",
                    max = "1200",
                    example = "12")
            @Nullable
            Integer months,

            @Key(
                    value = "The last full backup of each of the newest so many years that have one.",
                    optional = true,
                    min = "1",
                    max = "100",
                    example = "7")
            @Nullable
            Integer years) {

        public Keep {
            if (full == null && days == null && weeks == null && months == null && years == null) {
                throw new Invalid("", "keeps nothing in particular", "say full, days, weeks, months or years");
            }
        }

        /// Without a calendar.
        public Keep(@Nullable Integer full, @Nullable Integer days) {
            this(full, days, null, null, null);
        }
    }

    /// `http:`
    public record Http(
            @Key(value = "Where to listen.", initial = "127.0.0.1:8340", bound = "an address and a port")
            ListenAddress listen,

            @Key(
                    value = "What a client must send as bearer token.",
                    optional = true,
                    bound =
                            "required where others than this machine can reach the address, and there at least 16 characters,"
                                    + " 5 of them different",
                    example = "${file:/run/secrets/http-token}")
            @Nullable
            Secret token) {

        /// Nothing slows down who tries tokens, so one must have more values than can be tried.
        private static final int LEAST_CHARACTERS = 16;

        private static final int LEAST_DIFFERENT = 5;

        public Http {
            if (!listen.loopback()) {
                if (token == null) {
                    throw new Invalid(
                            "listen",
                            "others than this machine can reach %s, and nothing keeps them out".formatted(listen),
                            "set http.token, or listen on 127.0.0.1");
                }
                if (guessable(token.reveal())) {
                    throw new Invalid(
                            "token",
                            String.format(
                                    Locale.ROOT,
                                    "can be guessed by those who reach %s: it has less than %d characters, or less than"
                                            + " %d different ones",
                                    listen,
                                    LEAST_CHARACTERS,
                                    LEAST_DIFFERENT),
                            "take one from `openssl rand -hex 24`, or listen on 127.0.0.1");
                }
            }
        }

        private static boolean guessable(String token) {
            return token.codePoints().count() < LEAST_CHARACTERS
                    || token.codePoints().distinct().count() < LEAST_DIFFERENT;
        }
    }

    /// `log:`
    public record Log(
            @Key(value = "Lines for people, or one JSON object a line.", initial = "text")
            LogFormat format,

            @Key(
                    value = "The least important that is logged. `info` tells each backup's story in a few lines.",
                    word = "auto",
                    bound = "`auto`: `info` in `sluice serve`, `warn` in commands, which tell their story themselves",
                    example = "debug")
            @Nullable
            LogLevel level) {}

    /// How logs look.
    public enum LogFormat {
        TEXT,
        JSON
    }

    /// How much is logged.
    public enum LogLevel {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE
    }
}
