package dev.sluice.sidecar.init;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// A text among the resources, with places named `{{like-this}}`.
///
/// A line that consists of one place without a value is left out.
final class Template {

    private static final Pattern PLACE = Pattern.compile("\\{\\{([a-z-]+)}}");

    private Template() {}

    /// @param values one for each place
    static String fill(String resource, Map<String, String> values) {
        StringBuilder filled = new StringBuilder();
        for (String line : text(resource).lines().toList()) {
            Matcher places = PLACE.matcher(line);
            String content =
                    places.replaceAll(place -> Matcher.quoteReplacement(value(resource, values, place.group(1))));
            boolean nothing = content.isBlank() && !line.isBlank();
            if (!nothing) {
                filled.append(content.stripTrailing()).append('\n');
            }
        }
        return filled.toString();
    }

    private static String value(String resource, Map<String, String> values, String place) {
        String value = values.get(place);
        if (value == null) {
            throw new IllegalStateException("%s has a place %s without a value".formatted(resource, place));
        }
        return value;
    }

    private static String text(String resource) {
        try (InputStream in = Template.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new IllegalStateException("the program lacks its resource " + resource);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
