package dev.sluice.sidecar.serve.http;

import com.sun.net.httpserver.HttpExchange;
import dev.sluice.engine.run.FailureId;
import java.io.IOException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/// One request, as far as handlers care.
///
/// @param path  what stood for `{…}` in the route; empty for none
/// @param query the first value of each parameter
/// @param sent  the body, where there may be one
@SuppressWarnings("ArrayRecordComponent") // read once
record ApiRequest(String path, Map<String, String> query, byte[] sent) {

    static final int LONGEST_BODY = 64 << 10;

    /// Reads the whole request, so that afterwards the client waits for Sluice and not the other way round.
    static ApiRequest of(HttpExchange exchange, String path) throws IOException {
        Map<String, String> query = new LinkedHashMap<>();
        String raw = exchange.getRequestURI().getRawQuery();
        for (String pair : raw == null ? new String[0] : raw.split("&", -1)) {
            int equals = pair.indexOf('=');
            String name = decode(equals < 0 ? pair : pair.substring(0, equals));
            query.putIfAbsent(name, equals < 0 ? "" : decode(pair.substring(equals + 1)));
        }
        return new ApiRequest(path, query, exchange.getRequestMethod().equals("POST") ? read(exchange) : new byte[0]);
    }

    static String decode(String text) {
        try {
            return URLDecoder.decode(text, StandardCharsets.UTF_8);
        } catch (IllegalArgumentException e) {
            throw new HttpProblem(FailureId.BAD_REQUEST, "'%s' is not percent-encoded".formatted(text), "");
        }
    }

    Optional<String> parameter(String name) {
        return Optional.ofNullable(query.get(name)).filter(value -> !value.isEmpty());
    }

    String required(String name) {
        return parameter(name)
                .orElseThrow(() -> new HttpProblem(
                        FailureId.BAD_REQUEST, "the parameter '%s' is missing".formatted(name), "see /openapi.json"));
    }

    /// The body, which must be declared to be JSON: a web page cannot send that to another origin unasked.
    private static byte[] read(HttpExchange exchange) throws IOException {
        String type = exchange.getRequestHeaders().getFirst("Content-Type");
        if (type == null || !type.split(";", -1)[0].strip().equalsIgnoreCase("application/json")) {
            throw new HttpProblem(
                    415, FailureId.BAD_REQUEST, "the body must be application/json", "set the header Content-Type");
        }
        byte[] bytes;
        try {
            bytes = exchange.getRequestBody().readNBytes(LONGEST_BODY + 1);
        } catch (IndexOutOfBoundsException e) {
            // The JDK takes a chunk's size modulo 2^32, and for negative then.
            throw new HttpProblem(FailureId.BAD_REQUEST, "a chunk of the body has a size that makes no sense", "");
        }
        if (bytes.length > LONGEST_BODY) {
            throw new HttpProblem(413, FailureId.BAD_REQUEST, "the body is longer than 64 KiB", "");
        }
        return bytes;
    }

    JsonNode body() {
        try {
            return ApiResponse.JSON.readTree(sent);
        } catch (JacksonException e) {
            throw new HttpProblem(FailureId.BAD_REQUEST, "the body is not JSON: " + e.getOriginalMessage(), "");
        }
    }
}
