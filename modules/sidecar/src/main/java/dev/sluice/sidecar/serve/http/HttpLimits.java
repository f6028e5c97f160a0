package dev.sluice.sidecar.serve.http;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/// What one client, and all of them together, may take of the JDK's HTTP server. Its own defaults let a client
/// send for ever, 380 KiB of headers on any number of connections.
///
/// The JDK reads these properties once, when the first server of the process is made. One that a flag has set
/// stays.
final class HttpLimits {

    /// Bytes of a request's line and headers, as the JDK counts them.
    static final int HEADER = 16 << 10;

    /// Seconds for a whole request, and for the first byte of a connection.
    static final int REQUEST = 5;

    /// Seconds from the end of a request to the end of its answer, which includes what the bucket takes.
    static final int RESPONSE = 60;

    /// A connection that sends nothing costs a descriptor and 2 KiB, so there may be many; the JDK refuses the
    /// newest of them, health included, when there are more.
    private static final int MOST_CONNECTIONS = 10_000;

    private static final int USUAL_DESCRIPTORS = 4_096;

    private HttpLimits() {}

    /// Says them, before the first server is made.
    static void apply() {
        properties().forEach((name, value) -> {
            if (System.getProperty(name) == null) {
                System.setProperty(name, value.toString());
            }
        });
    }

    private static Map<String, Object> properties() {
        Map<String, Object> properties = new LinkedHashMap<>();
        properties.put("sun.net.httpserver.maxReqHeaderSize", HEADER);
        properties.put("sun.net.httpserver.maxReqHeaders", 100);
        properties.put("sun.net.httpserver.maxReqTime", REQUEST);
        // Without it the JDK would never forget a connection that was reset while it wrote the answer.
        properties.put("sun.net.httpserver.maxRspTime", RESPONSE);
        // Milliseconds between two looks at those times, and at connections that are silent.
        properties.put("sun.net.httpserver.timerMillis", 500);
        properties.put("sun.net.httpserver.clockTick", 1_000);
        properties.put("sun.net.httpserver.drainAmount", ApiRequest.LONGEST_BODY);
        // The JDK writes an answer in two pieces; the second must not wait until the client has acknowledged the first.
        properties.put("sun.net.httpserver.nodelay", true);
        properties.put("jdk.httpserver.maxConnections", connections(descriptors()));
        return properties;
    }

    /// Descriptors are also what the bucket, SQL Server and files need.
    static int connections(int descriptors) {
        return Math.clamp(descriptors / 2, 100, MOST_CONNECTIONS);
    }

    /// How many this process may have; the JVM has raised it to what the machine allows.
    private static int descriptors() {
        try {
            return descriptors(Files.readString(Path.of("/proc/self/limits")));
        } catch (IOException e) {
            return USUAL_DESCRIPTORS; // not Linux
        }
    }

    static int descriptors(String limits) {
        return limits.lines()
                .filter(line -> line.startsWith("Max open files"))
                .map(line -> line.substring("Max open files".length()).strip().split("\\s+", 2)[0])
                .map(soft -> soft.matches("\\d{1,9}") ? Integer.parseInt(soft) : Integer.MAX_VALUE)
                .findFirst()
                .orElse(USUAL_DESCRIPTORS);
    }
}
