package dev.sluice.testsupport;

import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/// The reaction of a [FaultyProxy] to one request.
public sealed interface Reaction {

    /// A fault without parameters.
    enum Fault implements Reaction {
        /// Nothing: the request is passed on, and so is its answer.
        NONE,
        /// The server never sees the request; the response is 500.
        ERROR_500,
        /// The server never sees the request; the response is 503 SlowDown.
        SLOW_DOWN,
        /// The connection is reset after half of the body was taken.
        RESET_IN_BODY,
        /// The proxy reads the request, and never responds.
        BLACK_HOLE,
        /// The proxy does not even read the request's body.
        FROZEN,
        /// The server carries out the request, and its response is lost with the connection.
        LOST_ANSWER,
        /// The server carries out the request, and the client gets 500.
        DONE_BUT_500,
        /// Status 200 with an error in the body; the server never sees the request.
        OK_WITH_ERROR,
        /// The answer breaks off in the middle of its body.
        CUT_ANSWER,
        /// The answer stops in the middle of its body, and the connection stays.
        STALLED_ANSWER,
        /// One bit of the request's body is flipped.
        FLIPPED_BIT
    }

    /// The proxy's own response; the server never sees the request.
    ///
    /// @param headers besides `Content-Length`, which follows from the body unless it is given
    record Answer(int status, Map<String, String> headers, String body) implements Reaction {

        /// An error in S3's form.
        public static Answer error(int status, String code) {
            return xml(
                    status,
                    "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Error><Code>" + code
                            + "</Code><Message>Scripted.</Message><RequestId>R1</RequestId></Error>");
        }

        public static Answer xml(int status, String body) {
            return new Answer(status, Map.of("Content-Type", "application/xml"), body);
        }

        byte[] bytes(boolean withoutBody) {
            byte[] content = withoutBody ? new byte[0] : body.getBytes(StandardCharsets.UTF_8);
            Map<String, String> all = new LinkedHashMap<>(headers);
            all.putIfAbsent("Content-Length", String.valueOf(content.length));
            StringBuilder head = new StringBuilder("HTTP/1.1 " + status + " Scripted\r\n");
            all.forEach((name, value) ->
                    head.append(name).append(": ").append(value).append("\r\n"));
            return joined(head + "\r\n", content);
        }
    }

    /// The proxy's own response, made from the request's body; the server never sees the request.
    record Reply(Function<byte[], Answer> made) implements Reaction {}

    /// The server's response with another head and body. One character is one byte, because a body may be a
    /// backup.
    ///
    /// @param line maps each line of the head, the status line first
    /// @param body maps the whole body; not called for a response to HEAD
    record Change(UnaryOperator<String> line, UnaryOperator<String> body) implements Reaction {}

    /// Runs an action before the server sees the request, or after the server has carried it out and before the
    /// client gets the response.
    ///
    /// @param sprung the connection is cut when it returns true, and otherwise goes on; runs on the connection's
    ///               thread
    record Trap(boolean after, BooleanSupplier sprung) implements Reaction {}

    /// A head and a body in one piece.
    static byte[] joined(String head, byte[] body) {
        byte[] bytes = head.getBytes(StandardCharsets.ISO_8859_1);
        byte[] both = new byte[bytes.length + body.length];
        System.arraycopy(bytes, 0, both, 0, bytes.length);
        System.arraycopy(body, 0, both, bytes.length, body.length);
        return both;
    }
}
