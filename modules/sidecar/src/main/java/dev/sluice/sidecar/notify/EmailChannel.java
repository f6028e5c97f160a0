package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.config.EmailSection;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Collectors;

/// Mails by SMTP.
///
/// A server may take a mail for one recipient and refuse it for another. The next attempt is for those alone
/// that the server has put off, so that no attempt sends a second copy to those that have theirs.
///
/// When the whole mail was sent and the server's answer is missing, the recipients may have it. The mail is sent to
/// them once more, since a reader can drop a second copy of one `Message-ID`, and not again, since a server that is
/// always late would fill their mailboxes.
final class EmailChannel implements Channel {

    private final EmailSection section;

    /// Of the notifications that are not settled, by their ids.
    private final Map<String, Progress> progresses = new ConcurrentHashMap<>();

    private static final class Progress {
        private final List<String> delivered = new ArrayList<>();
        private final Map<String, String> refused = new LinkedHashMap<>();
        private final Set<String> doubted = new HashSet<>();
        private final Map<String, String> doubtful = new LinkedHashMap<>();
        private List<String> open;

        Progress(List<String> open) {
            this.open = open;
        }
    }

    EmailChannel(EmailSection section) {
        this.section = section;
    }

    @Override
    public AttemptPauses pauses() {
        return AttemptPauses.OF_MAILS;
    }

    @Override
    public void settled(Notification notification) {
        progresses.remove(notification.id());
    }

    @Override
    public Delivery deliver(Notification notification) throws InterruptedException {
        Progress progress = progresses.computeIfAbsent(notification.id(), _ -> new Progress(section.to()));
        List<String> recipients = progress.open;
        AtomicBoolean sent = new AtomicBoolean();
        CompletableFuture<SmtpAttempt.Outcome> outcome = new CompletableFuture<>();
        // The library's limits are for each wait, and a server that sends a byte at a time keeps within them.
        Thread attempt = Thread.ofVirtual().name("sluice-notify-smtp").start(() -> {
            try {
                outcome.complete(SmtpAttempt.of(section, recipients, notification, sent));
            } catch (Throwable e) {
                outcome.completeExceptionally(e);
            }
        });
        try {
            return meaning(outcome.get(section.timeout().toMillis(), TimeUnit.MILLISECONDS), progress);
        } catch (TimeoutException e) {
            String answer =
                    "no whole answer within %s ms".formatted(section.timeout().toMillis());
            return sent.get()
                    ? meaning(SmtpAttempt.Outcome.inDoubt(answer, recipients), progress)
                    : unavailable(answer, progress);
        } catch (ExecutionException e) {
            throw new IllegalStateException("an attempt to send a mail met a defect", e.getCause());
        } finally {
            attempt.interrupt();
        }
    }

    private static Delivery unavailable(String answer, Progress progress) {
        return some(progress) ? new Delivery.PutOff(answer) : new Delivery.Unavailable(answer);
    }

    /// Whether a recipient has it, or may have it.
    private static boolean some(Progress progress) {
        return !progress.delivered.isEmpty() || !progress.doubted.isEmpty();
    }

    private static Delivery meaning(SmtpAttempt.Outcome outcome, Progress progress) {
        progress.delivered.addAll(outcome.delivered());
        progress.refused.putAll(outcome.refused());
        Map<String, String> later = new LinkedHashMap<>(outcome.later());
        outcome.doubtful()
                .forEach((recipient, answer) ->
                        (progress.doubted.add(recipient) ? later : progress.doubtful).put(recipient, answer));
        progress.open = List.copyOf(later.keySet());
        if (progress.refused.isEmpty() && progress.doubtful.isEmpty() && later.isEmpty()) {
            return new Delivery.Delivered(outcome.answer());
        }
        List<String> parts = new ArrayList<>();
        if (!progress.delivered.isEmpty()) {
            parts.add("delivered to " + String.join(", ", progress.delivered));
        }
        parts.addAll(byAnswer("refused for", progress.refused));
        parts.addAll(byAnswer("sent twice, and perhaps delivered, to", progress.doubtful));
        parts.addAll(byAnswer("not yet taken for", later));
        String answer = String.join("; ", parts);
        if (!later.isEmpty()) {
            return unavailable(answer, progress);
        }
        if (some(progress)) {
            return new Delivery.Partial(answer);
        }
        return outcome.loginRefused() ? new Delivery.Denied(answer) : new Delivery.Refused(answer);
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
