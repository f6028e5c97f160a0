package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.sidecar.config.NotifySection;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import org.junit.jupiter.api.Test;

/// Holds the tables of `docs/notify.md` against the document that receivers get.
class NotificationDocTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("sluice.root", "../.."), "docs", "notify.md");

    @Test
    void everyMemberIsExplained() throws Exception {
        String document = Files.readString(DOCUMENT);
        int from = document.indexOf("\n## The document\n");
        String section = document.substring(from, document.indexOf("\n## Webhooks\n"));

        assertThat(Arrays.stream(Notification.class.getRecordComponents()).map(RecordComponent::getName))
                .allSatisfy(member -> assertThat(section).contains("`" + member + "`"));
    }

    @Test
    void everyEventAndHeaderAndOutcomeIsExplained() throws Exception {
        String document = Files.readString(DOCUMENT);

        assertThat(NotificationEvent.values())
                .filteredOn(event -> event != NotificationEvent.GOOD_BACKUP) // only heartbeats, which have no document
                .allSatisfy(event -> assertThat(document).contains("\n| `" + event.text() + "` |"));
        assertThat(document)
                .contains(
                        "`" + WebhookSignature.ID_HEADER + "`",
                        "`" + WebhookSignature.TIMESTAMP_HEADER + "`",
                        "`" + WebhookSignature.SIGNATURE_HEADER + "`");
        assertThat(Outbox.Settled.values())
                .allSatisfy(how -> assertThat(document).contains("`" + how.text() + "`"));
    }

    @Test
    void everyFormatAndTypeIsExplained() throws Exception {
        String document = Files.readString(DOCUMENT);

        assertThat(NotifySection.Format.values())
                .filteredOn(format -> format != NotifySection.Format.JSON) // the document itself
                .allSatisfy(format -> assertThat(document)
                        .contains(
                                "\n| `" + format.name().toLowerCase(Locale.ROOT).replace('_', '-') + "` |"));
        assertThat(NotifySection.Type.values())
                .allSatisfy(type -> assertThat(document).contains("`" + type.text() + "`"));
    }
}
