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
import java.net.Inet6Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicBoolean;
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
    private static final int LEAST_REFUSAL = 400;
    private static final Duration BEYOND_OURS = Duration.ofSeconds(5);
    private static final String NO_LOGIN =
            "no mail was sent: the server offers no login (AUTH), and the configuration has a user";
    private static final Pattern CODE = Pattern.compile("^\\s*([245]\\d\\d)\\b");

    private SmtpAttempt() {}

    /// What came of it: each recipient stands in one of the four.
    ///
    /// @param answer       the server's last, or why there is none
    /// @param delivered    who has the mail
    /// @param refused      who will never get it, with the server's answers
    /// @param later        who may get it later, with the server's answers
    /// @param doubtful     who may have it: the whole mail was sent, and the answer to it is missing
    /// @param loginRefused whether the server has refused the login, and so every mail
    record Outcome(
            String answer,
            List<String> delivered,
            Map<String, String> refused,
            Map<String, String> later,
            Map<String, String> doubtful,
            boolean loginRefused) {

        private static Map<String, String> all(String answer, List<String> recipients) {
            Map<String, String> all = new LinkedHashMap<>();
            recipients.forEach(recipient -> all.put(recipient, answer));
            return all;
        }

        private static Outcome refused(String answer, List<String> recipients, boolean loginRefused) {
            return new Outcome(answer, List.of(), all(answer, recipients), Map.of(), Map.of(), loginRefused);
        }

        private static Outcome later(String answer, List<String> recipients) {
            return new Outcome(answer, List.of(), Map.of(), all(answer, recipients), Map.of(), false);
        }

        static Outcome inDoubt(String answer, List<String> recipients) {
            return new Outcome(answer, List.of(), Map.of(), Map.of(), all(answer, recipients), false);
        }
    }

    /// @param recipients those of the section that have no verdict yet
    /// @param sent       becomes true when the whole mail was sent, and its answer is missing
    static Outcome of(EmailSection section, List<String> recipients, Notification told, AtomicBoolean sent) {
        Outcome taken = null;
        try {
            Session session = Session.getInstance(properties(section));
            EmailMessage message = EmailMessage.of(session, section.from(), section.to(), told, sent);
            try (Transport transport = session.getTransport("smtp")) {
                Secret password = section.password();
                transport.connect(
                        section.host(), section.port(), section.user(), password == null ? null : password.reveal());
                if (section.user() != null && transport instanceof SMTPTransport smtp && !offersLogin(smtp)) {
                    // The library would send the mail without the login.
                    return Outcome.later(NO_LOGIN, recipients);
                }
                transport.sendMessage(message, addresses(recipients));
                String answer =
                        transport instanceof SMTPTransport smtp ? shown(smtp.getLastServerResponse()) : "accepted";
                taken = new Outcome(answer, recipients, Map.of(), Map.of(), Map.of(), false);
            }
            return taken;
        } catch (SendFailedException e) {
            return refused(e, recipients, sent.get());
        } catch (AuthenticationFailedException e) {
            String answer = "the login failed: " + shown(String.valueOf(e.getMessage()));
            return permanent(code(e.getMessage()))
                    ? Outcome.refused(answer, recipients, true)
                    : Outcome.later(answer, recipients);
        } catch (MessagingException e) {
            if (taken != null) {
                return taken; // and only the goodbye has failed
            }
            if (sent.get()) {
                return Outcome.inDoubt("no answer to the whole mail: " + shown(causes(e)), recipients);
            }
            String answer = "no mail was taken: " + shown(causes(e));
            return permanent(code(e.getMessage()))
                    ? Outcome.refused(answer, recipients, false)
                    : Outcome.later(answer, recipients);
        } catch (IOException e) {
            // A file that is just being replaced can be read in the next attempt.
            return Outcome.later(certificates(section, e), recipients);
        } catch (GeneralSecurityException e) {
            return Outcome.refused(certificates(section, e), recipients, false);
        }
    }

    private static boolean offersLogin(SMTPTransport transport) {
        return transport.supportsExtension("AUTH") || transport.supportsExtension("AUTH=LOGIN");
    }

    private static String certificates(EmailSection section, Exception e) {
        return Masking.mask("certificates cannot be read from %s: %s".formatted(section.ca(), e.getMessage()));
    }

    private static Properties properties(EmailSection section) throws IOException, GeneralSecurityException {
        boolean tls = section.tls() == EmailSection.Tls.REQUIRED;
        String limit = Long.toString(section.timeout().plus(BEYOND_OURS).toMillis());
        Properties properties = new Properties();
        properties.put("mail.smtp.from", section.from());
        properties.put("mail.smtp.localhost", ownName());
        properties.put("mail.smtp.auth", Boolean.toString(section.user() != null));
        properties.put("mail.smtp.auth.mechanisms", "PLAIN LOGIN");
        properties.put("mail.smtp.ssl.enable", Boolean.toString(section.implicitTls()));
        properties.put("mail.smtp.starttls.enable", Boolean.toString(tls && !section.implicitTls()));
        properties.put("mail.smtp.starttls.required", Boolean.toString(tls && !section.implicitTls()));
        properties.put("mail.smtp.ssl.checkserveridentity", "true");
        properties.put("mail.smtp.ssl.protocols", "TLSv1.3 TLSv1.2");
        properties.put("mail.smtp.sendpartial", "true");
        properties.put("mail.smtp.quitwait", "false");
        // Each alone, while the caller's limit is for all together, and comes first.
        properties.put("mail.smtp.connectiontimeout", limit);
        properties.put("mail.smtp.timeout", limit);
        if (section.ca() != null) {
            properties.put("mail.smtp.ssl.socketFactory", trusting(section.ca()));
        }
        return properties;
    }

    /// For EHLO, as RFC 5321 wants it: a name with a dot in it, or an address in brackets. Many servers refuse the
    /// bare name that a container has.
    private static String ownName() {
        try {
            InetAddress own = InetAddress.getLocalHost();
            String name = own.getCanonicalHostName();
            if (name.indexOf('.') > 0 && !name.equals(own.getHostAddress())) {
                return name;
            }
            return own instanceof Inet6Address
                    ? "[IPv6:%s]".formatted(own.getHostAddress().replaceFirst("%.*", ""))
                    : "[%s]".formatted(own.getHostAddress());
        } catch (UnknownHostException e) {
            return "[127.0.0.1]";
        }
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
    ///
    /// @param sent whether the whole mail was sent
    private static Outcome refused(SendFailedException failure, List<String> recipients, boolean sent) {
        List<String> delivered = new ArrayList<>(names(failure.getValidSentAddresses()));
        Map<String, String> refused = new LinkedHashMap<>();
        Map<String, String> later = new LinkedHashMap<>();
        Map<String, String> doubtful = new LinkedHashMap<>();
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
                Map<String, String> fate = permanent(code) ? refused : later;
                // Without an answer of three digits, the connection has ended.
                (sent && code < LEAST_REFUSAL ? doubtful : fate).put(recipient, whole);
            }
        }
        return new Outcome(whole, delivered, refused, later, doubtful, false);
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
