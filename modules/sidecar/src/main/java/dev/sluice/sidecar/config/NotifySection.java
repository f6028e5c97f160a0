package dev.sluice.sidecar.config;

import dev.sluice.sidecar.schedule.DatabasePattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// An entry of `notify:`
public record NotifySection(
        @Key(
                value = "The receiver's name in logs and metrics.",
                pattern = "[A-Za-z0-9][A-Za-z0-9._-]{0,62}",
                bound = "1 to 63 letters, digits, `.`, `_`, `-`; begins with a letter or digit; used once",
                example = "on-call")
        String name,

        @Key(
                value =
                        "Sends each notification to a URL: a signed POST of a JSON document, or a message in the form of a"
                                + " chat system. One of `webhook`, `email`, `heartbeat` and `command`.",
                optional = true)
        @Nullable
        Webhook webhook,

        @Key(
                value = "Sends each notification as a mail. One of `webhook`, `email`, `heartbeat` and `command`.",
                optional = true)
        @Nullable
        EmailSection email,

        @Key(
                value =
                        "Sends a GET to a URL after each good backup, for a service that raises an alarm when it hears nothing."
                                + " One of `webhook`, `email`, `heartbeat` and `command`.",
                optional = true)
        @Nullable
        Heartbeat heartbeat,

        @Key(
                value = "Runs a program for each notification, with the JSON document on its standard input. One of"
                        + " `webhook`, `email`, `heartbeat` and `command`.",
                optional = true)
        @Nullable
        Command command,

        @Key(
                value = "What it is told: the first `failure` of a database and type of job, and again when the reason"
                        + " changes or a day has passed; `resolved`, the first success after it; `chain-broken`;"
                        + " `log-full`, when a log is nearly full, which only a receiver hears that names it.",
                some = true,
                initial = "[failure, resolved, chain-broken]",
                bound = "not with `heartbeat`; not empty",
                example = "[failure, resolved, chain-broken, log-full]")
        List<Event> events,

        @Key(
                value =
                        "Of which types of jobs. With less than all of them it hears of nothing else, so of no `log-full`;"
                                + " without a type of backup also of no `chain-broken`.",
                some = true,
                initial = "[full, differential, log, restore, verification, drill]",
                bound = "not empty; with `heartbeat` types of backups alone; all with `log-full` in `events`, a type of"
                        + " backup with `chain-broken`",
                example = "[drill]")
        List<Type> types,

        @Key(
                value =
                        "Of which databases, in patterns as those of `policies[].databases`. A policy that names receivers"
                                + " itself, in `policies[].notify`, goes before it; a heartbeat hears only of what both say.",
                initial = "[\"*\"]",
                bound = "at least one that takes",
                example = "[\"*\", \"!Scratch*\"]")
        List<DatabasePattern> databases,

        @Key(
                value =
                        "How full a log is, in percent of its file, when the receiver is told `log-full`. `resolved` follows"
                                + " when it has been 10 below for five minutes.",
                initial = "90",
                min = "20",
                max = "100")
        int logPercent) {

    private static final int LOG_PERCENT = 90;

    /// Without e-mail, for jobs of every type.
    public NotifySection(
            String name,
            @Nullable Webhook webhook,
            @Nullable Heartbeat heartbeat,
            @Nullable Command command,
            List<Event> events,
            List<DatabasePattern> databases) {
        this(name, webhook, null, heartbeat, command, events, List.of(), databases, LOG_PERCENT);
    }

    public NotifySection {
        long ways = Stream.of(webhook, email, heartbeat, command)
                .filter(way -> way != null)
                .count();
        if (ways != 1) {
            throw new Invalid(
                    "",
                    "has %s of webhook, email, heartbeat and command".formatted(ways == 0 ? "none" : "more than one"),
                    "give each receiver exactly one of them");
        }
        if (heartbeat != null && !events.isEmpty()) {
            throw new Invalid(
                    "events",
                    "cannot stand beside heartbeat, which hears of good backups alone",
                    "leave events out, or add a receiver with a webhook");
        }
        if (heartbeat != null && types.stream().anyMatch(type -> !type.backup())) {
            throw new Invalid(
                    "types",
                    "names more than backups beside heartbeat, which hears of good backups alone",
                    "name full, differential and log only");
        }
        List<Type> every = Stream.of(Type.values())
                .filter(type -> type.backup() || heartbeat == null)
                .toList();
        boolean some = !types.isEmpty() && !types.containsAll(every);
        if (some && events.contains(Event.LOG_FULL)) {
            throw new Invalid(
                    "types",
                    "leaves out log-full, which events names: a full log is no job",
                    "leave types out, or add a receiver for log-full");
        }
        boolean backups = types.isEmpty() || types.stream().anyMatch(Type::backup);
        if (!backups && events.contains(Event.CHAIN_BROKEN)) {
            throw new Invalid(
                    "types",
                    "leaves out chain-broken, which events names: it is told after backups alone",
                    "name full, differential or log as well, or leave chain-broken out");
        }
        if (events.isEmpty() && heartbeat == null) {
            events = backups
                    ? List.of(Event.FAILURE, Event.RESOLVED, Event.CHAIN_BROKEN)
                    : List.of(Event.FAILURE, Event.RESOLVED);
        }
        events = List.copyOf(events);
        types = types.isEmpty() ? every : List.copyOf(types);
        databases = databases.isEmpty() ? List.of(DatabasePattern.parse("*")) : List.copyOf(databases);
        if (databases.stream().allMatch(DatabasePattern::negated)) {
            throw new Invalid(
                    "databases",
                    "takes no database: there is no pattern without '!'",
                    "begin with \"*\" to take all but these");
        }
    }

    /// What a receiver may be told.
    public enum Event {
        FAILURE,
        RESOLVED,
        CHAIN_BROKEN,
        LOG_FULL
    }

    /// Types of jobs.
    public enum Type {
        FULL,
        DIFFERENTIAL,
        LOG,
        RESTORE,
        VERIFICATION,
        DRILL;

        boolean backup() {
            return this == FULL || this == DIFFERENTIAL || this == LOG;
        }

        /// As a notification has it: `differential`.
        public String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /// Whether it hears of everything, and so of what is no job.
    public boolean everyType() {
        return types.containsAll(List.of(Type.values()));
    }

    /// `notify[].webhook:`
    public record Webhook(
            @Key(
                    value = "Where to. Hidden like a secret, since such URLs often are one.",
                    bound = "begins with `https://` or `http://`; no user, no fragment",
                    example = "${file:/run/secrets/webhook-url}")
            Secret url,

            @Key(
                    value = "What is sent: the JSON document, signed, or a message for one of these chat systems."
                            + " `mattermost` is also for Rocket.Chat, `teams` for a workflow of Microsoft Teams.",
                    initial = "json")
            Format format,

            @Key(
                    value = "The key of the signature (HMAC-SHA256), which the receiver has too.",
                    optional = true,
                    bound = "at least 16 characters; required with `format: json`, and only there",
                    example = "${file:/run/secrets/webhook-secret}")
            @Nullable
            Secret secret,

            @Key(
                    value = "How long one attempt may take, from the connection to the end of the answer.",
                    initial = "10s",
                    min = "1s",
                    max = "1m")
            Duration timeout) {

        private static final int LEAST_CHARACTERS = 16;

        public Webhook {
            checkUrl(url);
            if (format == Format.JSON && secret == null) {
                throw new Invalid(
                        "secret",
                        "is missing: the document is signed with it",
                        "add it, for example secret: \"${file:/run/secrets/webhook-secret}\", or name a chat system in"
                                + " format");
            }
            if (format != Format.JSON && secret != null) {
                throw new Invalid(
                        "secret",
                        "has no use: no chat system checks a signature",
                        "leave it out; the URL is the secret there");
            }
            if (secret != null && secret.reveal().codePoints().count() < LEAST_CHARACTERS) {
                throw new Invalid(
                        "secret",
                        "can be guessed: it has less than 16 characters",
                        "take one from `openssl rand -hex 24`");
            }
        }

        /// The document, signed.
        public Webhook(Secret url, Secret secret, Duration timeout) {
            this(url, Format.JSON, secret, timeout);
        }
    }

    /// Of what a webhook gets.
    public enum Format {
        JSON,
        SLACK,
        MATTERMOST,
        TEAMS,
        DISCORD,
        GOOGLE_CHAT
    }

    /// `notify[].heartbeat:`
    public record Heartbeat(
            @Key(
                    value = "What to GET. Hidden like a secret, since such URLs often are one.",
                    bound = "begins with `https://` or `http://`; no user, no fragment",
                    example = "${file:/run/secrets/heartbeat-url}")
            Secret url,

            @Key(
                    value = "How long one attempt may take, from the connection to the end of the answer.",
                    initial = "10s",
                    min = "1s",
                    max = "1m")
            Duration timeout) {

        public Heartbeat {
            checkUrl(url);
        }
    }

    /// `notify[].command:`
    public record Command(
            @Key(
                    value =
                            "The program. It runs as Sluice's user, in `/`, with `PATH`, `HOME`, `LANG`, `LC_ALL`, `TZ` and"
                                    + " `TMPDIR` of Sluice's environment and nothing else of it.",
                    bound = "an absolute path",
                    example = "/usr/local/bin/page-dba")
            Path program,

            @Key(
                    value = "Its arguments, as they are: there is no shell.",
                    initial = "[]",
                    example = "[\"--queue\", \"dba\"]")
            List<String> arguments,

            @Key(
                    value = "How long it may run. Then Sluice kills it with its whole process group.",
                    initial = "30s",
                    min = "1s",
                    max = "5m")
            Duration timeout) {

        public Command {
            arguments = List.copyOf(arguments);
            if (!program.isAbsolute()) {
                throw new Invalid("program", "%s is not absolute".formatted(program), "begin it with a slash");
            }
        }
    }

    /// Whether policies name receivers that there are.
    ///
    /// @param names of all receivers
    static void checkNames(List<Configuration.Policy> policies, Set<String> names) {
        for (int i = 0; i < policies.size(); i++) {
            List<String> receivers = policies.get(i).receivers();
            for (int j = 0; j < receivers.size(); j++) {
                String name = receivers.get(j);
                if (!names.contains(name)) {
                    throw new Invalid(
                            String.format(Locale.ROOT, "policies[%d].notify[%d]", i, j),
                            "'%s' is no receiver".formatted(name),
                            Nearest.to(name, names)
                                    .map("did you mean %s?"::formatted)
                                    .orElse("add it under notify, or leave it out"));
                }
            }
        }
    }

    /// Whether it hears of failed backups.
    private boolean hearsOfFailedBackups() {
        return heartbeat == null
                && events.contains(Event.FAILURE)
                && types.stream().anyMatch(Type::backup);
    }

    /// Policies that name receivers, and none that hears of failed backups, such as a heartbeat alone: a person who
    /// writes that may have wanted one more receiver, and not the only one.
    ///
    /// @return each policy's key, with the names
    public static List<String> deaf(Configuration configuration) {
        Set<String> hearing = configuration.receivers().stream()
                .filter(NotifySection::hearsOfFailedBackups)
                .map(NotifySection::name)
                .collect(Collectors.toSet());
        List<String> deaf = new ArrayList<>();
        for (int i = 0; i < configuration.policies().size(); i++) {
            List<String> named = configuration.policies().get(i).receivers();
            if (!named.isEmpty() && named.stream().noneMatch(hearing::contains)) {
                deaf.add(String.format(Locale.ROOT, "policies[%d].notify: %s", i, String.join(", ", named)));
            }
        }
        return deaf;
    }

    /// What is wrong is said without the URL itself.
    private static void checkUrl(Secret url) {
        URI uri;
        try {
            uri = URI.create(url.reveal());
        } catch (IllegalArgumentException e) {
            throw new Invalid("url", "is no URL", "write it like https://example.com/path");
        }
        if (!"https".equalsIgnoreCase(uri.getScheme()) && !"http".equalsIgnoreCase(uri.getScheme())) {
            throw new Invalid(
                    "url", "begins with neither https:// nor http://", "write it like https://example.com/path");
        }
        if (uri.getHost() == null) {
            throw new Invalid("url", "names no host", "write it like https://example.com/path");
        }
        if (uri.getRawUserInfo() != null || uri.getRawFragment() != null) {
            throw new Invalid(
                    "url",
                    "has a user or a fragment, which are never sent",
                    "leave out what stands before @ or after #");
        }
    }
}
