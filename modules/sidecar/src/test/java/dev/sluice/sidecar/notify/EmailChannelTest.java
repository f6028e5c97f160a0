package dev.sluice.sidecar.notify;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.sidecar.config.EmailSection;
import dev.sluice.sidecar.config.Secret;
import jakarta.mail.Message;
import jakarta.mail.internet.MimeMessage;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Mails to a real SMTP server, over real TLS.
@Timeout(60)
class EmailChannelTest {

    private static final Duration PATIENTLY = Duration.ofSeconds(20);

    @TempDir
    static Path shared;

    @TempDir
    Path directory;

    private static final Map<SmtpServer.Tls, SmtpServer> SERVERS = new EnumMap<>(SmtpServer.Tls.class);

    @AfterAll
    static void stop() throws Exception {
        for (SmtpServer server : SERVERS.values()) {
            server.close();
        }
        SERVERS.clear();
    }

    /// One for all tests: each waits for the mails that it sends.
    private static SmtpServer start(SmtpServer.Tls tls) throws Exception {
        SmtpServer server = SERVERS.get(tls);
        if (server == null) {
            server = SmtpServer.start(Files.createDirectory(shared.resolve(tls.name())), tls);
            SERVERS.put(tls, server);
        }
        server.mails.clear();
        server.refused.clear();
        return server;
    }

    private static EmailSection section(SmtpServer server, String scheme, String... to) {
        return new EmailSection(
                URI.create("%s://127.0.0.1:%s".formatted(scheme, server.port())),
                EmailSection.Tls.REQUIRED,
                "sluice@example.com",
                List.of(to),
                SmtpServer.USER,
                new Secret(SmtpServer.PASSWORD),
                server.ca(),
                PATIENTLY);
    }

    private static EmailSection plain(String host, int port, Duration limit, String... to) {
        return new EmailSection(
                URI.create("smtp://%s:%s".formatted(host, port)),
                EmailSection.Tls.NONE,
                "sluice@example.com",
                List.of(to),
                null,
                null,
                null,
                limit);
    }

    private static SmtpServer.Mail only(SmtpServer server) {
        await().atMost(PATIENTLY).until(() -> !server.mails.isEmpty());
        assertThat(server.mails).hasSize(1);
        return server.mails.getFirst();
    }

    @Test
    void aMailSaysServerDatabaseAndEventAndGoesOverStarttlsWithALogin() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.STARTTLS);
        EmailChannel channel = new EmailChannel(section(server, "smtp", "dba@example.com", "boss@example.com"));

        Delivery came = channel.deliver(Told.failure("Sales", "The bucket does not answer."));

        assertThat(came).isEqualTo(new Delivery.Delivered("250 2.0.0 queued as 4711"));
        SmtpServer.Mail mail = only(server);
        assertThat(mail.tls()).isTrue();
        assertThat(mail.user()).isEqualTo(SmtpServer.USER);
        assertThat(mail.sender()).isEqualTo("sluice@example.com");
        assertThat(mail.recipients()).containsExactly("dba@example.com", "boss@example.com");
        MimeMessage parsed = mail.parsed();
        assertThat(parsed.getSubject()).isEqualTo("[sql-prod-1] Sales: log backup failed");
        assertThat(parsed.getMessageID()).isEqualTo("<" + Told.ID + "@example.com>");
        assertThat(parsed.getSentDate()).isEqualTo(Date.from(Instant.parse("2026-03-01T12:00:00Z")));
        assertThat(parsed.getHeader("Auto-Submitted")).containsExactly("auto-generated");
        assertThat(parsed.getHeader("From")).containsExactly("Sluice sql-prod-1 <sluice@example.com>");
        assertThat(parsed.getRecipients(Message.RecipientType.TO)).hasSize(2);
        assertThat(parsed.getContentType()).isEqualToIgnoringCase("text/plain; charset=UTF-8");
        assertThat(parsed.getContent().toString().replace("\r\n", "\n")).isEqualTo("""
                The bucket does not answer.

                What to try: Look at the bucket.

                Server: sql-prod-1
                Database: Sales
                Event: failure
                Type: log
                Failure: store-failed
                At: 2026-03-01T12:00:00Z
                Id: 01JQ0000000000000000000000
                """);
        assertThat(mail.raw()).doesNotContain(SmtpServer.PASSWORD);
    }

    @Test
    void smtpsBeginsWithTls() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.IMPLICIT);
        EmailChannel channel = new EmailChannel(section(server, "smtps", "dba@example.com"));

        assertThat(channel.deliver(Told.failure("Sales", "Gone."))).isInstanceOf(Delivery.Delivered.class);

        assertThat(only(server).user()).isEqualTo(SmtpServer.USER);
    }

    @Test
    void aServerWithoutTlsGetsNothingUnlessThatIsConfigured() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.NONE);
        EmailSection right = plain("127.0.0.1", server.port(), PATIENTLY, "dba@example.com");
        EmailSection required = new EmailSection(
                right.server(), EmailSection.Tls.REQUIRED, right.from(), right.to(), null, null, null, PATIENTLY);

        Delivery came = new EmailChannel(required).deliver(Told.failure("Sales", "Gone."));

        assertThat(came).isInstanceOf(Delivery.Unavailable.class);
        assertThat(came.answer()).contains("STARTTLS");
        assertThat(new EmailChannel(right).deliver(Told.failure("Sales", "Gone.")))
                .isInstanceOf(Delivery.Delivered.class);
        assertThat(only(server).tls()).isFalse();
    }

    @Test
    void aServerThatAnotherAuthorityVouchesForGetsNothing() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.STARTTLS);
        EmailSection right = section(server, "smtp", "dba@example.com");
        EmailSection trustingJava = new EmailSection(
                right.server(), right.tls(), right.from(), right.to(), right.user(), right.password(), null, PATIENTLY);
        Path empty = Files.writeString(directory.resolve("empty.pem"), "");
        EmailSection trustingNone = new EmailSection(
                right.server(),
                right.tls(),
                right.from(),
                right.to(),
                right.user(),
                right.password(),
                empty,
                PATIENTLY);

        Delivery came = new EmailChannel(trustingJava).deliver(Told.failure("Sales", "Gone."));

        assertThat(came).isInstanceOf(Delivery.Unavailable.class);
        assertThat(came.answer()).contains("certification path");
        assertThat(new EmailChannel(trustingNone).deliver(Told.failure("Sales", "Gone.")))
                .isInstanceOfSatisfying(
                        Delivery.Refused.class,
                        refused -> assertThat(refused.answer()).contains(empty.toString()));
        assertThat(server.mails).isEmpty();
    }

    @Test
    void aServerOfAnotherNameGetsNothing() throws Exception {
        try (SmtpServer server = SmtpServer.start(directory, SmtpServer.Tls.STARTTLS, Map.of("host", "127.0.0.2"))) {
            EmailSection right = section(server, "smtp", "dba@example.com");
            EmailSection elsewhere = new EmailSection(
                    URI.create("smtp://127.0.0.2:" + server.port()),
                    right.tls(),
                    right.from(),
                    right.to(),
                    right.user(),
                    right.password(),
                    right.ca(),
                    PATIENTLY);

            Delivery came = new EmailChannel(elsewhere).deliver(Told.failure("Sales", "Gone."));

            assertThat(came).isInstanceOf(Delivery.Unavailable.class);
            assertThat(came.answer()).contains("127.0.0.2");
            assertThat(server.mails).isEmpty();
        }
    }

    @Test
    void aWrongPasswordIsNotTriedAgainAndNotTold() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.STARTTLS);
        EmailSection right = section(server, "smtp", "dba@example.com");
        EmailSection wrong = new EmailSection(
                right.server(),
                right.tls(),
                right.from(),
                right.to(),
                "sluice",
                new Secret("another-password"),
                right.ca(),
                PATIENTLY);

        Delivery came = new EmailChannel(wrong).deliver(Told.failure("Sales", "Gone."));

        assertThat(came).isInstanceOf(Delivery.Denied.class);
        assertThat(came.answer()).contains("the login failed: 535").doesNotContain("another-password");
    }

    @Test
    void whatTheServerRefusesIsToldAndWhatItPutsOffIsTriedAgainForThoseAlone() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.STARTTLS);
        EmailChannel channel = new EmailChannel(
                section(server, "smtp", "dba@example.com", "never@example.com", "later-once@example.com"));
        Notification told = Told.failure("Sales", "Gone.");

        Delivery first = channel.deliver(told);
        Delivery second = channel.deliver(told);

        assertThat(first).isInstanceOf(Delivery.PutOff.class);
        assertThat(first.answer())
                .isEqualTo("delivered to dba@example.com; refused for never@example.com: 550 5.1.1 no such user here;"
                        + " not yet taken for later-once@example.com: 451 4.7.1 greylisted, come back later");
        assertThat(second).isInstanceOf(Delivery.Partial.class);
        assertThat(second.answer())
                .isEqualTo("delivered to dba@example.com, later-once@example.com;"
                        + " refused for never@example.com: 550 5.1.1 no such user here");
        await().atMost(PATIENTLY).until(() -> server.mails.size() == 2);
        assertThat(server.mails)
                .extracting(SmtpServer.Mail::recipients)
                .containsExactly(List.of("dba@example.com"), List.of("later-once@example.com"));
        assertThat(server.mails.get(0).head())
                .as("Message-ID and Date as well")
                .isEqualTo(server.mails.get(1).head());
        assertThat(server.refused).containsExactly("never@example.com", "later-once@example.com");
    }

    @Test
    void aMailThatNoRecipientGetsIsRefused() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.STARTTLS);

        Delivery unknown =
                new EmailChannel(section(server, "smtp", "never@example.com")).deliver(Told.failure("Sales", "Gone."));
        Delivery spam = new EmailChannel(section(server, "smtp", "late-refusal@example.com"))
                .deliver(Told.failure("Sales", "Gone."));

        assertThat(unknown)
                .isEqualTo(new Delivery.Refused("refused for never@example.com: 550 5.1.1 no such user here"));
        await().atMost(PATIENTLY).until(() -> server.mails.size() == 1);
        assertThat(spam)
                .isEqualTo(new Delivery.Refused("refused for late-refusal@example.com: 554 5.7.1 looks like spam"));
    }

    @Test
    void aServerThatIsBusyIsAskedAgain() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.NONE);
        EmailSection right = plain("127.0.0.1", server.port(), PATIENTLY, "dba@example.com");
        EmailSection busy = new EmailSection(
                right.server(), right.tls(), "busy@example.com", right.to(), null, null, null, PATIENTLY);

        Delivery came = new EmailChannel(busy).deliver(Told.failure("Sales", "Gone."));

        assertThat(came)
                .isEqualTo(new Delivery.Unavailable("not yet taken for dba@example.com: 421 4.3.2 come back later"));
    }

    @Test
    void aNameIsTextAndNeverAHeader() throws Exception {
        SmtpServer server = start(SmtpServer.Tls.NONE);
        EmailChannel channel = new EmailChannel(plain("127.0.0.1", server.port(), PATIENTLY, "dba@example.com"));
        String hostile = "Verkäufe\r\nBcc: evil@example.com\r\n\r\n日本語 🗄\u202e" + "x".repeat(60);

        channel.deliver(Told.failure(hostile, "first\r\n.\r\nMAIL FROM:<evil@example.com>"));

        SmtpServer.Mail mail = only(server);
        assertThat(mail.recipients()).containsExactly("dba@example.com");
        assertThat(mail.parsed().getSubject())
                .isEqualTo(
                        "[sql-prod-1] Verkäufe Bcc: evil@example.com 日本語 🗄" + "x".repeat(60) + ": log backup failed");
        assertThat(mail.head().lines())
                .allSatisfy(line -> assertThat(line)
                        .matches(
                                "(From|To|Date|Subject|Message-ID|Auto-Submitted|MIME-Version|Content-[A-Za-z-]+): .*|[ \t].*")
                        .matches("[\\x20-\\x7e\\t]*")
                        .hasSizeLessThanOrEqualTo(78));
        assertThat(mail.parsed().getContent().toString())
                .contains("first\r\n.\r\nMAIL FROM:<evil@example.com>\r\n")
                .contains("Database: Verkäufe Bcc: evil@example.com 日本語 🗄");
    }

    @Test
    void aServerThatHangsOrDripsIsCutAtTheLimit() throws Exception {
        for (String drops : List.of("", "220-")) {
            try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
                EmailSection section =
                        plain("127.0.0.1", listening.getLocalPort(), Duration.ofSeconds(1), "dba@example.com");
                Thread peer = Thread.ofVirtual().start(() -> serve(listening, drops));

                long begun = System.nanoTime();
                Delivery came = new EmailChannel(section).deliver(Told.failure("Sales", "Gone."));

                assertThat(came).isEqualTo(new Delivery.Unavailable("no whole answer within 1000 ms"));
                assertThat(Duration.ofNanos(System.nanoTime() - begun)).isLessThan(Duration.ofSeconds(10));
                // The peer sees the end of the connection.
                assertThat(peer.join(Duration.ofSeconds(10))).isTrue();
            }
        }
    }

    @Test
    void aMailWhoseAnswerIsMissingIsSentOnceMoreAndNoMore() throws Exception {
        for (boolean closes : List.of(true, false)) {
            try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
                Duration limit = closes ? PATIENTLY : Duration.ofSeconds(2);
                EmailChannel channel =
                        new EmailChannel(plain("127.0.0.1", listening.getLocalPort(), limit, "dba@example.com"));
                Thread peer = Thread.ofVirtual().start(() -> {
                    takeWithoutAnAnswer(listening, closes);
                    takeWithoutAnAnswer(listening, closes);
                });
                Notification told = Told.failure("Sales", "Gone.");

                Delivery first = channel.deliver(told);
                Delivery second = channel.deliver(told);

                assertThat(first).isInstanceOf(Delivery.PutOff.class);
                assertThat(second).isInstanceOf(Delivery.Partial.class);
                assertThat(second.answer()).startsWith("sent twice, and perhaps delivered, to dba@example.com: ");
                assertThat(peer.join(PATIENTLY)).isTrue();
            }
        }
    }

    /// Takes a whole mail, and then closes the connection, or says nothing until the other side does.
    private static void takeWithoutAnAnswer(ServerSocket listening, boolean closes) {
        try (Socket connection = listening.accept();
                BufferedReader in = new BufferedReader(
                        new InputStreamReader(connection.getInputStream(), StandardCharsets.US_ASCII))) {
            OutputStream out = connection.getOutputStream();
            out.write("220 ready\r\n".getBytes(StandardCharsets.US_ASCII));
            for (String line = in.readLine(); line != null && !line.equals("."); line = in.readLine()) {
                String answer = line.equals("DATA") ? "354 go on" : line.matches("[A-Z]{4}( .*)?") ? "250 ok" : "";
                if (!answer.isEmpty()) {
                    out.write((answer + "\r\n").getBytes(StandardCharsets.US_ASCII));
                }
            }
            if (!closes) {
                assertThat(in.readLine()).isNull();
            }
        } catch (Exception e) {
            // Closed by the other side, while something was on its way.
        }
    }

    @Test
    void aServerWithoutALoginGetsNothingWhereThereIsAUser() throws Exception {
        try (SmtpServer server = SmtpServer.start(directory, SmtpServer.Tls.IMPLICIT, Map.of("open", true))) {
            Delivery came = new EmailChannel(section(server, "smtps", "dba@example.com"))
                    .deliver(Told.failure("Sales", "Gone."));

            assertThat(came).isInstanceOf(Delivery.Unavailable.class);
            assertThat(came.answer()).contains("offers no login");
            assertThat(server.mails).isEmpty();
        }
    }

    @Test
    void certificatesThatCannotBeReadNowAreReadAgain() throws Exception {
        EmailSection right = plain("127.0.0.1", 1, PATIENTLY, "dba@example.com");
        Path missing = directory.resolve("missing.pem");
        EmailSection trusting = new EmailSection(
                right.server(), EmailSection.Tls.REQUIRED, right.from(), right.to(), null, null, missing, PATIENTLY);

        assertThat(new EmailChannel(trusting).deliver(Told.failure("Sales", "Gone.")))
                .isInstanceOfSatisfying(
                        Delivery.Unavailable.class,
                        later -> assertThat(later.answer()).contains(missing.toString()));
    }

    /// Ends when the other side has closed the connection.
    private static void serve(ServerSocket listening, String line) {
        try (Socket connection = listening.accept()) {
            OutputStream out = connection.getOutputStream();
            while (!line.isEmpty()) {
                // A line that never ends, each byte well within any limit on a read.
                out.write(line.getBytes(StandardCharsets.US_ASCII));
                TimeUnit.MILLISECONDS.sleep(50);
            }
            assertThat(connection.getInputStream().read()).isEqualTo(-1);
        } catch (Exception e) {
            // Closed by the other side, while something was on its way.
        }
    }
}
