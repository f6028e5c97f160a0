package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.config.NotifySection.Format;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.databind.json.JsonMapper;

/// A notification as a chat system wants it.
///
/// Names of databases and the words of servers must neither address people (`@here`, `<!channel>`,
/// `<users/all>`) nor format anything. Where a system has text without markup, they go there (Slack's
/// `plain_text`, Teams' `TextRun`); where it escapes, they are escaped (Google Chat); where neither is
/// certain, they stand in a block of code, with mentions broken by a character of no width (Mattermost,
/// Rocket.Chat, Discord).
///
/// **Source:** the systems' public documents of incoming webhooks: Slack "Block Kit", "Formatting message
/// text" (3,000 characters in a section, 150 in a header); Mattermost "Incoming webhooks"; Microsoft "Create
/// incoming webhooks with Workflows" and the Adaptive Card schema (28 KB); Discord "Execute Webhook" (2,000
/// characters); Google Chat "Cards v2" (32 KB).
final class ChatMessage {

    private static final JsonMapper JSON = JsonMapper.shared();

    /// Of message and remedy each. With every character escaped both stay below Teams' 28 KB, Google's 32 KB
    /// and the 5,000 characters of Rocket.Chat.
    private static final int LONGEST = 1000;

    private static final int SLACK_SECTION = 3000;
    private static final int DISCORD_CONTENT = 2000;
    private static final int DISCORD_LONGEST = 500;

    /// Discord: no previews of links.
    private static final int SUPPRESS_EMBEDS = 1 << 2;

    private static final String NO_WIDTH = "\u200b";

    private ChatMessage() {}

    /// In UTF-8.
    ///
    /// @param format any but `json`
    static byte[] of(Format format, Notification told) {
        NotificationText text = NotificationText.of(told);
        Map<String, Object> message = switch (format) {
            case JSON -> throw new IllegalArgumentException("the document is no chat message");
            case SLACK -> slack(text);
            case MATTERMOST -> mattermost(text);
            case TEAMS -> teams(text, told.event());
            case DISCORD -> discord(text);
            case GOOGLE_CHAT -> googleChat(text, told.id());
        };
        return JSON.writeValueAsString(message).getBytes(StandardCharsets.UTF_8);
    }

    // ---- Slack ----

    /// `text` is what a phone shows. Without `link_names` Slack takes no `@` in it for a mention; other
    /// servers that take Slack's form do.
    private static Map<String, Object> slack(NotificationText text) {
        List<Object> blocks = new ArrayList<>();
        blocks.add(object("type", "header", "text", plainText(text.headline())));
        StringBuilder facts = new StringBuilder();
        text.facts().forEach(fact -> facts.append("%s: %s\n".formatted(fact.name(), fact.value())));
        blocks.add(section(facts.toString().stripTrailing()));
        blocks.add(section(text.message()));
        if (text.remedy() != null) {
            blocks.add(section("What to try: " + text.remedy()));
        }
        return object(
                "text",
                "Sluice: " + escaped(text.subject()).replace("@", "@" + NO_WIDTH),
                "mrkdwn",
                false,
                "unfurl_links",
                false,
                "unfurl_media",
                false,
                "blocks",
                blocks);
    }

    private static Map<String, Object> section(String text) {
        return object("type", "section", "text", plainText(text));
    }

    private static Map<String, Object> plainText(String text) {
        return object("type", "plain_text", "text", escaped(text, SLACK_SECTION), "emoji", false);
    }

    /// Cut before it is escaped, so that no half of an escape is left.
    private static String escaped(String text, int limit) {
        String whole = escaped(NotificationText.cut(text.isBlank() ? "-" : text, limit));
        for (int length = limit; whole.length() > limit; length -= 100) {
            whole = escaped(NotificationText.cut(text, length));
        }
        return whole;
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
    }

    // ---- Mattermost, Rocket.Chat, Discord ----

    private static Map<String, Object> mattermost(NotificationText text) {
        return object("text", fenced(text, LONGEST));
    }

    private static Map<String, Object> discord(NotificationText text) {
        String content = fenced(text, DISCORD_LONGEST);
        for (int longest = DISCORD_LONGEST; content.length() > DISCORD_CONTENT; longest /= 2) {
            content = fenced(text, longest);
        }
        return object("content", content, "allowed_mentions", object("parse", List.of()), "flags", SUPPRESS_EMBEDS);
    }

    /// The headline in bold, and the rest as code.
    private static String fenced(NotificationText text, int longest) {
        return "**Sluice: %s**\n```\n%s```".formatted(text.headline(), inert(text.plain(longest)));
    }

    /// Without a fence that ends the block, and without a mention for a server that looks for them in code too.
    private static String inert(String text) {
        return text.replaceAll("`(?=`)", "`" + NO_WIDTH)
                .replace("@", "@" + NO_WIDTH)
                .replace("<", "<" + NO_WIDTH);
    }

    // ---- Microsoft Teams ----

    private static Map<String, Object> teams(NotificationText text, NotificationEvent event) {
        List<Object> body = new ArrayList<>();
        body.add(object(
                "type",
                "TextBlock",
                "text",
                "Sluice: " + text.headline(),
                "weight",
                "Bolder",
                "size",
                "Medium",
                "wrap",
                true,
                "color",
                switch (event) {
                    case FAILURE, CHAIN_BROKEN, LOG_FULL -> "Attention";
                    case RESOLVED, GOOD_BACKUP -> "Good";
                    case TEST -> "Default";
                }));
        NotificationText.cut(text.message(), LONGEST).lines().forEach(line -> body.add(paragraph("", line)));
        if (text.remedy() != null) {
            body.add(paragraph("What to try: ", NotificationText.cut(text.remedy(), LONGEST)));
        }
        text.facts().forEach(fact -> body.add(paragraph(fact.name() + ": ", fact.value())));
        Map<String, Object> card = object(
                "$schema",
                "http://adaptivecards.io/schemas/adaptive-card.json",
                "type",
                "AdaptiveCard",
                "version",
                "1.4",
                "body",
                body);
        return object(
                "type",
                "message",
                "attachments",
                List.of(object("contentType", "application/vnd.microsoft.card.adaptive", "content", card)));
    }

    /// A `TextRun` has no markup, other than a `TextBlock`.
    private static Map<String, Object> paragraph(String label, String text) {
        List<Object> runs = new ArrayList<>();
        if (!label.isEmpty()) {
            runs.add(object("type", "TextRun", "text", label, "weight", "Bolder"));
        }
        runs.add(object("type", "TextRun", "text", text.replace('\n', ' ')));
        return object("type", "RichTextBlock", "inlines", runs);
    }

    // ---- Google Chat ----

    private static Map<String, Object> googleChat(NotificationText text, String id) {
        List<Object> widgets = new ArrayList<>();
        widgets.add(html(NotificationText.cut(text.message(), LONGEST)));
        if (text.remedy() != null) {
            widgets.add(html("What to try: " + NotificationText.cut(text.remedy(), LONGEST)));
        }
        StringBuilder facts = new StringBuilder();
        text.facts().forEach(fact -> facts.append("%s: %s\n".formatted(fact.name(), fact.value())));
        widgets.add(html(facts.toString().stripTrailing()));
        Map<String, Object> card = object(
                "header",
                object("title", text.headline(), "subtitle", "Sluice"),
                "sections",
                List.of(object("widgets", widgets)));
        return object(
                "fallbackText", "Sluice: " + text.headline(), "cardsV2", List.of(object("cardId", id, "card", card)));
    }

    private static Map<String, Object> html(String text) {
        return object("textParagraph", object("text", escaped(text).replace("\n", "<br>")));
    }

    /// Names and values in turns, kept in order.
    private static Map<String, Object> object(Object... members) {
        Map<String, Object> object = new LinkedHashMap<>();
        for (int i = 0; i < members.length; i += 2) {
            object.put((String) members[i], members[i + 1]);
        }
        return object;
    }
}
