package dev.sluice.sidecar.notify;

import jakarta.mail.Message;
import jakarta.mail.MessagingException;
import jakarta.mail.Session;
import jakarta.mail.internet.InternetAddress;
import jakarta.mail.internet.MimeMessage;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UnsupportedEncodingException;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/// A notification as a mail: plain text in UTF-8.
///
/// `Message-ID` and `Date` follow from the notification, so every attempt sends the same mail, and a server
/// or a reader can drop a second copy. Nothing of a database's name reaches a header but the subject, where
/// [NotificationText] has taken the line ends out and the library encodes what is not ASCII (RFC 2047).
final class EmailMessage extends MimeMessage {

    /// The document's own bound is the longer one, so nothing is cut here.
    private static final int LONGEST = 1 << 16;

    private static final String UTF_8 = StandardCharsets.UTF_8.name();

    private final String messageId;
    private final AtomicBoolean sent;

    private EmailMessage(Session session, String messageId, AtomicBoolean sent) {
        super(session);
        this.messageId = messageId;
        this.sent = sent;
    }

    /// @param to all recipients that the configuration names, although an attempt may be for some of them
    /// @param sent becomes true when the transport has written the whole mail: only the server's answer is missing
    static EmailMessage of(Session session, String from, List<String> to, Notification told, AtomicBoolean sent)
            throws MessagingException {
        NotificationText text = NotificationText.of(told);
        String domain = from.substring(from.lastIndexOf('@') + 1);
        EmailMessage message = new EmailMessage(session, "<%s@%s>".formatted(told.id(), domain), sent);
        try {
            message.setFrom(new InternetAddress(from, "Sluice " + told.server(), UTF_8));
        } catch (UnsupportedEncodingException e) {
            throw new IllegalStateException("every Java has UTF-8", e);
        }
        for (String recipient : to) {
            message.addRecipient(Message.RecipientType.TO, new InternetAddress(recipient));
        }
        message.setSubject(text.subject(), UTF_8);
        message.setSentDate(Date.from(Instant.parse(told.at())));
        // So that no automatic answer comes back: RFC 3834.
        message.setHeader("Auto-Submitted", "auto-generated");
        message.setText(text.plain(LONGEST), UTF_8);
        message.saveChanges();
        return message;
    }

    @Override
    public void writeTo(OutputStream out, String[] withoutHeaders) throws IOException, MessagingException {
        super.writeTo(out, withoutHeaders);
        sent.set(true);
    }

    @Override
    protected void updateMessageID() throws MessagingException {
        setHeader("Message-ID", messageId);
    }
}
