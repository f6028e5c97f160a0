package dev.sluice.sidecar.notify;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// A notification in words for people, for mails and chats.
///
/// Names of databases and the words of servers are other people's text: nothing in here has a control character
/// but the line feeds of [#message()] and [#remedy()], so no name can begin another line, header or field.
/// Each form of output escapes its own markup on top.
///
/// @param headline what happened, in Sluice's own words alone: holds no name and needs no escaping
/// @param subject  of a mail: server, database and headline in one line
/// @param message  as in the document
/// @param remedy   as in the document; null when there is nothing to do
/// @param facts    the rest, in order
record NotificationText(
        String headline,
        String subject,
        String message,
        @Nullable String remedy,
        List<Fact> facts) {

    /// One more fact.
    record Fact(String name, String value) {}

    NotificationText {
        facts = List.copyOf(facts);
    }

    static NotificationText of(Notification told) {
        String headline = headline(told);
        String server = oneLine(told.server());
        String subject = told.database() == null
                ? "[%s] %s".formatted(server, headline)
                : "[%s] %s: %s".formatted(server, oneLine(told.database()), decapitalised(headline));
        String remedy = told.remedy();
        return new NotificationText(
                headline, subject, lines(told.message()), remedy == null ? null : lines(remedy), facts(told));
    }

    private static String headline(Notification told) {
        return switch (told.event()) {
            case FAILURE -> "%s failed".formatted(job(told));
            case RESOLVED -> "%s is good again".formatted(told.type() == null ? "Log space" : job(told));
            case CHAIN_BROKEN -> "Chain of backups is broken";
            case LOG_FULL -> "Log is nearly full";
            case GOOD_BACKUP -> "%s is good".formatted(job(told));
            case TEST -> "Test of notifications";
        };
    }

    private static String job(Notification told) {
        return switch (Objects.requireNonNullElse(told.type(), "")) {
            case "full" -> "Full backup";
            case "differential" -> "Differential backup";
            case "log" -> "Log backup";
            case "restore" -> "Restore";
            case "verification" -> "Verification";
            case "drill" -> "Restore drill";
            default -> "Job";
        };
    }

    private static String decapitalised(String text) {
        return text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
    }

    private static List<Fact> facts(Notification told) {
        List<Fact> facts = new ArrayList<>();
        add(facts, "Server", told.server());
        add(facts, "Database", told.database());
        add(facts, "Event", told.event().text());
        add(facts, "Type", told.type());
        add(facts, "Failure", told.failure());
        add(facts, "Backup", told.backup());
        add(facts, "At", told.at());
        add(facts, "Id", told.id());
        return facts;
    }

    private static void add(List<Fact> facts, String name, @Nullable String value) {
        if (value != null) {
            facts.add(new Fact(name, oneLine(value)));
        }
    }

    /// Without anything that a reader could take for the end of a line, or that turns text around.
    static String oneLine(String text) {
        return text.replaceAll("[\\p{Cc}\\u2028\\u2029]+", " ")
                .replaceAll("[\\u202a-\\u202e\\u2066-\\u2069]", "")
                .strip();
    }

    /// With line feeds as the only control characters.
    private static String lines(String text) {
        return String.join("\n", text.lines().map(NotificationText::oneLine).toList());
    }

    /// Not longer than this, and never with half of a character.
    ///
    /// @param limit in UTF-16 code units, of which every chat system counts as many or fewer
    static String cut(String text, int limit) {
        if (text.length() <= limit) {
            return text;
        }
        int end = limit - 1;
        return text.substring(0, Character.isHighSurrogate(text.charAt(end - 1)) ? end - 1 : end) + "…";
    }

    /// As plain text: message, remedy, facts.
    ///
    /// @param longest of message and of remedy, each
    String plain(int longest) {
        StringBuilder text = new StringBuilder(cut(message, longest)).append('\n');
        if (remedy != null) {
            text.append("\nWhat to try: ").append(cut(remedy, longest)).append('\n');
        }
        text.append('\n');
        for (Fact fact : facts) {
            text.append(fact.name()).append(": ").append(fact.value()).append('\n');
        }
        return text.toString();
    }
}
