package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.config.EmailSection;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;

/// Mails by SMTP.
///
/// A server may take a mail for one recipient and refuse it for another. The next attempt is for those alone
/// that the server has put off, so that no attempt sends a second copy to those that have theirs.
final class EmailChannel implements Channel {

    private final EmailSection section;

    /// Of the notification that is being delivered; another notification begins anew.
    private Progress progress = new Progress("", List.of());

    private static final class Progress {
        private final String id;
        private final List<String> delivered = new ArrayList<>();
        private final Map<String, String> refused = new LinkedHashMap<>();
        private List<String> open;

        Progress(String id, List<String> open) {
            this.id = id;
            this.open = open;
        }
    }

    EmailChannel(EmailSection section) {
        this.section = section;
    }

    @Override
    public Delivery deliver(Notification notification) throws InterruptedException {
        if (!progress.id.equals(notification.id())) {
            progress = new Progress(notification.id(), section.to());
        }
        List<String> recipients = progress.open;
        CompletableFuture<SmtpAttempt.Outcome> outcome = new CompletableFuture<>();
        // The library's limits are for each wait, and a server that sends a byte at a time keeps within them.
        Thread attempt = Thread.ofVirtual().name("sluice-notify-smtp").start(() -> {
            try {
                outcome.complete(SmtpAttempt.of(section, recipients, notification));
            } catch (Throwable e) {
                outcome.completeExceptionally(e);
            }
        });
        try {
            return meaning(outcome.get(section.timeout().toMillis(), TimeUnit.MILLISECONDS));
        } catch (TimeoutException e) {
            return new Delivery.Unavailable(
                    "no whole answer within %s ms".formatted(section.timeout().toMillis()));
        } catch (ExecutionException e) {
            throw new IllegalStateException("an attempt to send a mail met a defect", e.getCause());
        } finally {
            attempt.interrupt();
        }
    }

    private Delivery meaning(SmtpAttempt.Outcome outcome) {
        progress.delivered.addAll(outcome.delivered());
        progress.refused.putAll(outcome.refused());
        progress.open = List.copyOf(outcome.later().keySet());
        if (progress.refused.isEmpty() && progress.open.isEmpty()) {
            return new Delivery.Delivered(outcome.answer());
        }
        List<String> parts = new ArrayList<>();
        if (!progress.delivered.isEmpty()) {
            parts.add("delivered to " + String.join(", ", progress.delivered));
        }
        parts.addAll(byAnswer("refused for", progress.refused));
        parts.addAll(byAnswer("not yet taken for", outcome.later()));
        String answer = String.join("; ", parts);
        if (!progress.open.isEmpty()) {
            return new Delivery.Unavailable(answer);
        }
        return progress.delivered.isEmpty() ? new Delivery.Refused(answer) : new Delivery.Partial(answer);
    }

    /// One answer is told once, for all who got it.
    private static List<String> byAnswer(String what, Map<String, String> answers) {
        Map<String, List<String>> recipients = answers.entrySet().stream()
                .collect(Collectors.groupingBy(
                        Map.Entry::getValue,
                        LinkedHashMap::new,
                        Collectors.mapping(Map.Entry::getKey, Collectors.toList())));
        return recipients.entrySet().stream()
                .map(each -> "%s %s: %s".formatted(what, String.join(", ", each.getValue()), each.getKey()))
                .toList();
    }
}
