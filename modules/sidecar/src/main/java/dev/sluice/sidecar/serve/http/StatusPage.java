package dev.sluice.sidecar.serve.http;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Map;

/// The status page at `/`: files of the program's own jar, and nothing from anywhere else.
///
/// They hold no secret, so they need no token: what the page shows it asks over the interface, with the token that a
/// person enters.
final class StatusPage {

    /// Nothing but the page's own files and this interface; no inline script or style, no frame, no form.
    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none';"
                    + " form-action 'none'; frame-ancestors 'none'",
            "Referrer-Policy",
            "no-referrer",
            "Cross-Origin-Opener-Policy",
            "same-origin");

    private final ApiResponse document = file("page.html", "text/html; charset=utf-8");
    private final ApiResponse style = file("page.css", "text/css; charset=utf-8");
    private final ApiResponse parts = file("parts.js", "text/javascript; charset=utf-8");
    private final ApiResponse script = file("page.js", "text/javascript; charset=utf-8");
    private final ApiResponse pauses = file("pauses.js", "text/javascript; charset=utf-8");
    private final ApiResponse holds = file("holds.js", "text/javascript; charset=utf-8");
    private final ApiResponse icon = file("icon.svg", "image/svg+xml");

    /// A file of the jar, with the headers that every page has.
    static ApiResponse file(String name, String contentType) {
        try (InputStream in = StatusPage.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException(name + " is missing from the program's own jar");
            }
            return new ApiResponse(200, contentType, in.readAllBytes(), HEADERS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    ApiResponse document() {
        return document;
    }

    ApiResponse style() {
        return style;
    }

    /// What this page and that of the fleet have in common.
    ApiResponse parts() {
        return parts;
    }

    ApiResponse script() {
        return script;
    }

    /// The part of the script that is about pauses.
    ApiResponse pauses() {
        return pauses;
    }

    /// The part of the script that is about holds.
    ApiResponse holds() {
        return holds;
    }

    ApiResponse icon() {
        return icon;
    }
}
