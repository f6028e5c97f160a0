package dev.sluice.benchmarks.nulls3;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;

/// A request's line and headers.
///
/// @param method  HTTP method
/// @param bucket  first part of the path; empty for the service itself
/// @param key     rest of the path, decoded; empty for the bucket itself
/// @param query   decoded parameters; those without a value have an empty one
/// @param headers by name in lower case
record Head(String method, String bucket, String key, Map<String, String> query, Map<String, String> headers) {

    static Head parse(String text) {
        String[] lines = text.split("\r\n", 0);
        String[] words = lines[0].split(" ", -1);
        String target = words[1];
        int mark = target.indexOf('?');
        String path = mark < 0 ? target : target.substring(0, mark);
        int slash = path.indexOf('/', 1);
        Map<String, String> headers = new HashMap<>();
        for (int i = 1; i < lines.length; i++) {
            int colon = lines[i].indexOf(':');
            headers.put(
                    lines[i].substring(0, colon).toLowerCase(Locale.ROOT),
                    lines[i].substring(colon + 1).strip());
        }
        return new Head(
                words[0],
                slash < 0 ? path.substring(1) : path.substring(1, slash),
                slash < 0 ? "" : decode(path.substring(slash + 1)),
                mark < 0 ? Map.of() : query(target.substring(mark + 1)),
                headers);
    }

    private static Map<String, String> query(String text) {
        Map<String, String> query = new HashMap<>();
        for (String pair : text.split("&", -1)) {
            int equals = pair.indexOf('=');
            query.put(
                    decode(equals < 0 ? pair : pair.substring(0, equals)),
                    equals < 0 ? "" : decode(pair.substring(equals + 1)));
        }
        return query;
    }

    private static String decode(String text) {
        return URLDecoder.decode(text, StandardCharsets.UTF_8);
    }

    long contentLength() {
        return Long.parseLong(headers.getOrDefault("content-length", "0"));
    }

    boolean expectsContinue() {
        return headers.getOrDefault("expect", "").equalsIgnoreCase("100-continue");
    }

    boolean closes() {
        return headers.getOrDefault("connection", "").equalsIgnoreCase("close");
    }
}
