package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.config.NotifySection.Format;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Holds each form against what the chat system documents, with names that try to address people and to
/// format text.
class ChatMessageTest {

    private static final String NO_WIDTH = "\u200b";

    private static final String HOSTILE =
            "@here @channel @all @everyone <!channel> <@U123> <@&456> <users/all> <at>Boss</at>"
                    + " *b* _i_ ~s~ **bb** [l](http://x.example) <http://y.example|z> `c` ``` # h\n```\n@here\n- > ||s|| :tada: &amp; <b>B</b>";

    private static Stream<Notification> hostile() {
        return Stream.of(
                Told.failure(HOSTILE, HOSTILE),
                Told.of(NotificationEvent.RESOLVED, HOSTILE, "full", HOSTILE, null),
                Told.of(NotificationEvent.LOG_FULL, HOSTILE, null, HOSTILE, HOSTILE),
                Told.failure("x".repeat(128), "&@<`\"".repeat(900)),
                Told.of(NotificationEvent.FAILURE, "@".repeat(128), "log", "@<".repeat(2048), "🗄".repeat(2000)),
                Told.of(NotificationEvent.TEST, null, null, "This is a test.", null));
    }

    private static JsonNode message(Format format, Notification told) {
        return JsonMapper.shared().readTree(ChatMessage.of(format, told));
    }

    private static Set<String> names(JsonNode object) {
        return new TreeSet<>(object.propertyNames());
    }

    /// Every text below, keys left out.
    private static List<String> texts(JsonNode node) {
        List<String> texts = new ArrayList<>();
        if (node.isString()) {
            texts.add(node.asString());
        }
        node.forEach(child -> texts.addAll(texts(child)));
        return texts;
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void slackGetsPlainTextAloneAndKeepsItsLimits(Notification told) {
        JsonNode message = message(Format.SLACK, told);

        assertThat(names(message)).containsExactly("blocks", "mrkdwn", "text", "unfurl_links", "unfurl_media");
        assertThat(message.get("mrkdwn").asBoolean()).isFalse();
        assertThat(message.get("blocks").size()).isBetween(3, 4);
        for (JsonNode block : message.get("blocks")) {
            assertThat(names(block)).containsExactly("text", "type");
            assertThat(block.get("text").get("type").asString()).isEqualTo("plain_text");
            assertThat(block.get("text").get("text").asString())
                    .hasSizeBetween(1, block.get("type").asString().equals("header") ? 150 : 3000);
        }
        assertThat(texts(message))
                .allSatisfy(
                        text -> assertThat(text).doesNotContain("<", ">").doesNotMatch("(?s).*&(?!(amp|lt|gt);).*"));
        assertThat(message.get("text").asString()).doesNotContainPattern("@[a-z]");
    }

    @ParameterizedTest
    @EnumSource(
            value = Format.class,
            names = {"MATTERMOST", "DISCORD"})
    void markdownGetsABlockOfCodeThatNothingEnds(Format format) {
        hostile().forEach(told -> {
            String text = message(format, told)
                    .get(format == Format.DISCORD ? "content" : "text")
                    .asString();

            List<String> lines = text.lines().toList();
            assertThat(lines.get(0)).matches("\\*\\*Sluice: [A-Za-z ]+\\*\\*");
            assertThat(lines.get(1)).isEqualTo("```");
            assertThat(text).endsWith("\n```");
            assertThat(text.split("```", -1)).as("fences").hasSize(3);
            assertThat(text).doesNotContainPattern("@[^\u200b]").doesNotContainPattern("<[^\u200b]");
            assertThat(text).hasSizeLessThanOrEqualTo(format == Format.DISCORD ? 2000 : 5000);
        });
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void discordMayAddressNoPersonAndShowsNoPreviews(Notification told) {
        JsonNode message = message(Format.DISCORD, told);

        assertThat(names(message)).containsExactly("allowed_mentions", "content", "flags");
        assertThat(message.get("allowed_mentions").toString()).isEqualTo("{\"parse\":[]}");
        assertThat(message.get("flags").asInt()).isEqualTo(4);
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void teamsGetsAnAdaptiveCardWithForeignTextInRunsAlone(Notification told) {
        JsonNode message = message(Format.TEAMS, told);

        assertThat(names(message)).containsExactly("attachments", "type");
        assertThat(message.get("type").asString()).isEqualTo("message");
        assertThat(message.get("attachments")).hasSize(1);
        JsonNode attachment = message.get("attachments").get(0);
        assertThat(attachment.get("contentType").asString()).isEqualTo("application/vnd.microsoft.card.adaptive");
        JsonNode card = attachment.get("content");
        assertThat(names(card)).containsExactly("$schema", "body", "type", "version");
        assertThat(card.get("type").asString()).isEqualTo("AdaptiveCard");
        for (JsonNode element : card.get("body")) {
            if (element.get("type").asString().equals("TextBlock")) {
                assertThat(element.get("text").asString()).matches("Sluice: [A-Za-z ]+");
            } else {
                assertThat(names(element)).containsExactly("inlines", "type");
                assertThat(element.get("type").asString()).isEqualTo("RichTextBlock");
                assertThat(element.get("inlines")).allSatisfy(run -> {
                    assertThat(run.get("type").asString()).isEqualTo("TextRun");
                    assertThat(run.get("text").asString()).doesNotContain("\n");
                });
            }
        }
        assertThat(ChatMessage.of(Format.TEAMS, told)).hasSizeLessThan(28 * 1024);
    }

    @ParameterizedTest
    @MethodSource("hostile")
    void googleChatGetsACardWithEscapedText(Notification told) {
        JsonNode message = message(Format.GOOGLE_CHAT, told);

        assertThat(names(message)).containsExactly("cardsV2", "fallbackText");
        assertThat(message.get("fallbackText").asString()).matches("Sluice: [A-Za-z ]+");
        assertThat(message.get("cardsV2")).hasSize(1);
        JsonNode card = message.get("cardsV2").get(0).get("card");
        assertThat(card.get("header").get("title").asString()).matches("[A-Za-z ]+");
        for (JsonNode widget : card.get("sections").get(0).get("widgets")) {
            assertThat(names(widget)).containsExactly("textParagraph");
            assertThat(widget.get("textParagraph").get("text").asString().replace("<br>", ""))
                    .isNotEmpty()
                    .doesNotContain("<", ">", "\n")
                    .doesNotMatch("(?s).*&(?!(amp|lt|gt);).*");
        }
        assertThat(ChatMessage.of(Format.GOOGLE_CHAT, told)).hasSizeLessThan(32_000);
    }

    @ParameterizedTest
    @EnumSource(value = Format.class, mode = EnumSource.Mode.EXCLUDE, names = "JSON")
    void everyFormSaysWhatHappenedWhereAndWhatToTry(Format format) {
        String all = String.join("\n", texts(message(format, Told.failure("Sales", "The bucket does not answer."))));

        assertThat(all)
                .contains(
                        "Log backup failed",
                        "Sales",
                        "sql-prod-1",
                        "store-failed",
                        "The bucket does not answer.",
                        "Look at the bucket.",
                        Told.ID);
    }

    @Test
    void aCutLeavesNoHalfOfACharacter() {
        assertThat(NotificationText.cut("ab🗄c", 4)).isEqualTo("ab…");
        assertThat(NotificationText.cut("ab🗄", 4)).isEqualTo("ab🗄");
        assertThat(NotificationText.oneLine("a\r\nb\u2028c\u202ed"))
                .isEqualTo("a b cd")
                .doesNotContain(NO_WIDTH);
    }
}
