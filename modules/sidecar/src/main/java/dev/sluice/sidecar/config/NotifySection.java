package dev.sluice.sidecar.config;

import dev.sluice.sidecar.schedule.DatabasePattern;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
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
                        "Sends each notification to a URL: a signed POST of a JSON document. One of `webhook`, `heartbeat`"
                                + " and `command`.",
                optional = true)
        @Nullable
        Webhook webhook,

        @Key(
                value =
                        "Sends a GET to a URL after each good backup, for a service that raises an alarm when it hears nothing."
                                + " One of `webhook`, `heartbeat` and `command`.",
                optional = true)
        @Nullable
        Heartbeat heartbeat,

        @Key(
                value = "Runs a program for each notification, with the JSON document on its standard input. One of"
                        + " `webhook`, `heartbeat` and `command`.",
                optional = true)
        @Nullable
        Command command,

        @Key(
                value =
                        "What it is told: the first `failure` of a database and type of backup, and again when the reason"
                                + " changes or a day has passed; `resolved`, the first success after it; `chain-broken`.",
                initial = "[failure, resolved, chain-broken]",
                bound = "not with `heartbeat`",
                example = "[failure, resolved]")
        List<Event> events,

        @Key(
                value = "Of which databases, in patterns as those of `policies[].databases`.",
                initial = "[\"*\"]",
                bound = "at least one that takes",
                example = "[\"*\", \"!Scratch*\"]")
        List<DatabasePattern> databases) {

    public NotifySection {
        if (Stream.of(webhook, heartbeat, command).filter(way -> way != null).count() != 1) {
            throw new Invalid(
                    "",
                    "has %s of webhook, heartbeat and command"
                            .formatted(
                                    webhook == null && heartbeat == null && command == null ? "none" : "more than one"),
                    "give each receiver exactly one of them");
        }
        if (heartbeat != null && !events.isEmpty()) {
            throw new Invalid(
                    "events",
                    "cannot stand beside heartbeat, which hears of good backups alone",
                    "leave events out, or add a receiver with a webhook");
        }
        events = events.isEmpty() && heartbeat == null ? List.of(Event.values()) : List.copyOf(events);
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
        CHAIN_BROKEN
    }

    /// `notify[].webhook:`
    public record Webhook(
            @Key(
                    value = "Where to. Hidden like a secret, since such URLs often are one.",
                    bound = "begins with `https://` or `http://`; no user, no fragment",
                    example = "${file:/run/secrets/webhook-url}")
            Secret url,

            @Key(
                    value = "The key of the signature (HMAC-SHA256), which the receiver has too.",
                    bound = "at least 16 characters",
                    example = "${file:/run/secrets/webhook-secret}")
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
            if (secret.reveal().codePoints().count() < LEAST_CHARACTERS) {
                throw new Invalid(
                        "secret",
                        "can be guessed: it has less than 16 characters",
                        "take one from `openssl rand -hex 24`");
            }
        }
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
