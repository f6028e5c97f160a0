package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

/// `sluice notify test` against real receivers on loopback.
class NotifyCommandTest {

    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();
    private HttpServer server;

    @TempDir
    Path directory;

    @BeforeEach
    void start() throws Exception {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/hidden", exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.sendResponseHeaders(exchange.getRequestURI().getPath().endsWith("good") ? 204 : 500, -1);
            exchange.close();
        });
        server.start();
    }

    @AfterEach
    void stop() {
        server.stop(0);
    }

    private int test(String receivers, String... options) throws Exception {
        Path file = Files.writeString(
                directory.resolve("sluice.yaml"),
                """
                server: { url: "jdbc:sqlserver://localhost", user: sluice, password: hunter2hunter2, identity: one }
                store: { bucket: backups, region: eu-central-1 }
                """
                        + receivers.replace(
                                "PORT", Integer.toString(server.getAddress().getPort())));
        Shutdown shutdown = new Shutdown();
        CommandLine line = Sluice.commandLine(shutdown);
        line.setOut(new PrintWriter(out, true));
        line.setErr(new PrintWriter(err, true));
        String[] arguments = new String[options.length + 4];
        arguments[0] = "notify";
        arguments[1] = "test";
        arguments[2] = "--config";
        arguments[3] = file.toString();
        System.arraycopy(options, 0, arguments, 4, options.length);
        int code = line.execute(arguments);
        shutdown.closeAll();
        return code;
    }

    @Test
    void everyReceiversAnswerIsPrintedAndNoSecret() throws Exception {
        int code = test("""
                notify:
                  - name: good
                    webhook: { url: "http://127.0.0.1:PORT/hidden/good", secret: a-secret-of-the-webhook }
                  - { name: bad, heartbeat: { url: "http://127.0.0.1:PORT/hidden/bad" } }
                """);

        assertThat(out.toString())
                .isEqualToNormalizingNewlines("ok    good: HTTP 204\nfail  bad: HTTP 500\n2 tried, 1 failed.\n");
        assertThat(out.toString() + err).doesNotContain("hidden", "a-secret");
        assertThat(code).isEqualTo(1);
    }

    @Test
    void aProgramGetsOneDocument() throws Exception {
        int code =
                test("notify: [{ name: good, heartbeat: { url: \"http://127.0.0.1:PORT/hidden/good\" } }]\n", "--json");

        assertThat(out.toString().replaceAll("\\s", ""))
                .isEqualTo("{\"receivers\":[{\"receiver\":\"good\",\"delivered\":true,\"answer\":\"HTTP204\"}]}");
        assertThat(code).isEqualTo(0);
    }

    @Test
    void aConfigurationWithoutReceiversIsAMisuse() throws Exception {
        assertThat(test("")).isEqualTo(2);
        assertThat(err.toString()).contains("names no receiver").contains("docs/notify.md");
    }
}
