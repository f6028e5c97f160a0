package dev.sluice.sidecar.notify;

import dev.sluice.sidecar.config.EmailSection;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.log.Masking;
import jakarta.mail.Address;
import jakarta.mail.AuthenticationFailedException;
import jakarta.mail.MessagingException;
import jakarta.mail.SendFailedException;
import jakarta.mail.Session;
import jakarta.mail.Transport;
import jakarta.mail.internet.InternetAddress;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;
import org.eclipse.angus.mail.smtp.SMTPAddressFailedException;
import org.eclipse.angus.mail.smtp.SMTPSendFailedException;
import org.eclipse.angus.mail.smtp.SMTPSenderFailedException;
import org.eclipse.angus.mail.smtp.SMTPTransport;
import org.jspecify.annotations.Nullable;

/// One session with an SMTP server, for one mail.
///
/// Blocks, and belongs on a virtual thread: an interrupt closes the socket that such a thread waits for.
final class SmtpAttempt {

    private static final int LONGEST_ANSWER = 300;
    private static final Pattern CODE = Pattern.compile("^\\s*([245]\\d\\d)\\b");

    private SmtpAttempt() {}

    /// What came of it: each recipient stands in one of the three.
    ///
    /// @param answer    the server's last, or why there is none
    /// @param delivered who has the mail
    /// @param refused   who will never get it, with the server's answers
    /// @param later     who may get it later, with the server's answers
    record Outcome(String answer, List<String> delivered, Map<String, String> refused, Map<String, String> later) {

        private static Outcome same(String answer, List<String> recipients, boolean forEver) {
            Map<String, String> all = new LinkedHashMap<>();
            recipients.forEach(recipient -> all.put(recipient, answer));
            return new Outcome(answer, List.of(), forEver ? all : Map.of(), forEver ? Map.of() : all);
        }
    }

    /// @param recipients those of the section that have no verdict yet
    static Outcome of(EmailSection section, List<String> recipients, Notification told) {
        try {
            Session session = Session.getInstance(properties(section));
            EmailMessage message = EmailMessage.of(session, section.from(), section.to(), told);
            try (Transport transport = session.getTransport("smtp")) {
                Secret password = section.password();
                transport.connect(
                        section.host(), section.port(), section.user(), password == null ? null : password.reveal());
                transport.sendMessage(message, addresses(recipients));
                String answer =
                        transport instanceof SMTPTransport smtp ? shown(smtp.getLastServerResponse()) : "accepted";
                return new Outcome(answer, recipients, Map.of(), Map.of());
            }
        } catch (SendFailedException e) {
            return refused(e, recipients);
        } catch (AuthenticationFailedException e) {
            return Outcome.same(
                    "the login failed: " + shown(String.valueOf(e.getMessage())),
                    recipients,
                    permanent(code(e.getMessage())));
        } catch (MessagingException e) {
            String answer = shown(causes(e));
            return Outcome.same("no mail was taken: " + answer, recipients, permanent(code(e.getMessage())));
        } catch (IOException | GeneralSecurityException e) {
            return Outcome.same(
                    Masking.mask("certificates cannot be read from %s: %s".formatted(section.ca(), e.getMessage())),
                    recipients,
                    true);
        }
    }

    private static Properties properties(EmailSection section) throws IOException, GeneralSecurityException {
        boolean tls = section.tls() == EmailSection.Tls.REQUIRED;
        String limit = Long.toString(section.timeout().toMillis());
        Properties properties = new Properties();
        properties.put("mail.smtp.from", section.from());
        properties.put("mail.smtp.auth", Boolean.toString(section.user() != null));
        properties.put("mail.smtp.auth.mechanisms", "PLAIN LOGIN");
        properties.put("mail.smtp.ssl.enable", Boolean.toString(section.implicitTls()));
        properties.put("mail.smtp.starttls.enable", Boolean.toString(tls && !section.implicitTls()));
        properties.put("mail.smtp.starttls.required", Boolean.toString(tls && !section.implicitTls()));
        properties.put("mail.smtp.ssl.checkserveridentity", "true");
        properties.put("mail.smtp.ssl.protocols", "TLSv1.3 TLSv1.2");
        properties.put("mail.smtp.sendpartial", "true");
        properties.put("mail.smtp.quitwait", "false");
        // Each alone, as the caller's limit is for all together.
        properties.put("mail.smtp.connectiontimeout", limit);
        properties.put("mail.smtp.timeout", limit);
        if (section.ca() != null) {
            properties.put("mail.smtp.ssl.socketFactory", trusting(section.ca()));
        }
        return properties;
    }

    /// Read in each attempt: a renewed file needs no restart.
    private static SSLSocketFactory trusting(Path pem) throws IOException, GeneralSecurityException {
        KeyStore keys = KeyStore.getInstance(KeyStore.getDefaultType());
        keys.load(null, null);
        try (InputStream in = Files.newInputStream(pem)) {
            for (Certificate authority :
                    List.copyOf(CertificateFactory.getInstance("X.509").generateCertificates(in))) {
                keys.setCertificateEntry("authority-" + keys.size(), authority);
            }
        }
        if (keys.size() == 0) {
            throw new GeneralSecurityException("it holds none");
        }
        TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        trust.init(keys);
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(null, trust.getTrustManagers(), null);
        return context.getSocketFactory();
    }

    private static Address[] addresses(List<String> recipients) throws MessagingException {
        List<Address> addresses = new ArrayList<>();
        for (String recipient : recipients) {
            addresses.add(new InternetAddress(recipient));
        }
        return addresses.toArray(Address[]::new);
    }

    /// The server has refused the sender, recipients, or the mail. Those with an answer of their own are
    /// chained; what the others got depends on whether the mail went through for them.
    private static Outcome refused(SendFailedException failure, List<String> recipients) {
        List<String> delivered = new ArrayList<>(names(failure.getValidSentAddresses()));
        Map<String, String> refused = new LinkedHashMap<>();
        Map<String, String> later = new LinkedHashMap<>();
        String whole = shown(String.valueOf(failure.getMessage()));
        int code = code(failure.getMessage());
        for (Exception each = failure;
                each != null;
                each = each instanceof MessagingException chained ? chained.getNextException() : null) {
            switch (each) {
                case SMTPAddressFailedException address ->
                    (permanent(address.getReturnCode()) ? refused : later)
                            .put(address.getAddress().getAddress(), shown(String.valueOf(address.getMessage())));
                case SMTPSendFailedException mail -> code = mail.getReturnCode();
                case SMTPSenderFailedException sender -> {
                    code = sender.getReturnCode();
                    whole = shown(String.valueOf(sender.getMessage()));
                }
                default -> {
                    // Says nothing that the others do not.
                }
            }
        }
        for (String recipient : recipients) {
            if (!delivered.contains(recipient) && !refused.containsKey(recipient) && !later.containsKey(recipient)) {
                (permanent(code) ? refused : later).put(recipient, whole);
            }
        }
        return new Outcome(whole, delivered, refused, later);
    }

    private static List<String> names(Address @Nullable [] addresses) {
        List<String> names = new ArrayList<>();
        for (Address address : addresses == null ? new Address[0] : addresses) {
            names.add(address instanceof InternetAddress mail ? mail.getAddress() : address.toString());
        }
        return names;
    }

    /// Of an SMTP answer; 0 where the text begins with none.
    private static int code(@Nullable String text) {
        Matcher code = CODE.matcher(String.valueOf(text));
        return code.find() ? Integer.parseInt(code.group(1)) : 0;
    }

    private static boolean permanent(int code) {
        return code >= 500;
    }

    /// The library's own words, and the reason below: "Could not convert socket to TLS" alone says little.
    private static String causes(MessagingException e) {
        StringBuilder text = new StringBuilder(String.valueOf(e.getMessage()));
        Throwable cause = e.getCause();
        for (int depth = 0; cause != null && depth < 4; depth++, cause = cause.getCause()) {
            String message = cause.getMessage();
            if (message != null && text.indexOf(message) < 0) {
                text.append(": ").append(message);
            }
        }
        return text.toString();
    }

    private static String shown(String text) {
        return NotificationText.cut(Masking.mask(NotificationText.oneLine(text)), LONGEST_ANSWER);
    }
}
