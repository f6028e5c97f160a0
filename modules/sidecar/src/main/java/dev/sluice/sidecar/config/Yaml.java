package dev.sluice.sidecar.config;

import dev.sluice.engine.run.ControlCharacters;
import java.util.List;
import java.util.Map;

/// Writes the little YAML that is needed: sections, lists, and single values.
final class Yaml {

    private Yaml() {}

    /// A single value, in quotes where YAML would take it for something else.
    static String scalar(String text) {
        boolean plain = text.matches("[A-Za-z0-9/_.][A-Za-z0-9/_.:+-]*") && !text.endsWith(":");
        return plain
                ? text
                : "\"" + ControlCharacters.escaped(text.replace("\\", "\\\\").replace("\"", "\\\"")) + "\"";
    }

    /// @param tree maps, lists and values
    static String write(Map<String, Object> tree) {
        StringBuilder text = new StringBuilder();
        section(text, tree, "");
        return text.toString();
    }

    private static void section(StringBuilder text, Map<?, ?> section, String indent) {
        section.forEach((key, value) -> {
            text.append(indent).append(key).append(':');
            value(text, value, indent);
        });
    }

    private static void value(StringBuilder text, Object value, String indent) {
        switch (value) {
            case Map<?, ?> section
            when !section.isEmpty() -> {
                text.append('\n');
                section(text, section, indent + "  ");
            }
            case List<?> list
            when !list.isEmpty() && list.getFirst() instanceof Map -> {
                text.append('\n');
                for (Object element : list) {
                    StringBuilder lines = new StringBuilder();
                    section(lines, (Map<?, ?>) element, indent + "    ");
                    text.append(indent).append("  - ").append(lines.substring(indent.length() + 4));
                }
            }
            case List<?> list -> {
                text.append(" [")
                        .append(String.join(
                                ", ",
                                list.stream()
                                        .map(each -> scalar(each.toString()))
                                        .toList()))
                        .append("]\n");
            }
            case String word -> text.append(' ').append(scalar(word)).append('\n');
            default -> text.append(' ').append(value).append('\n');
        }
    }
}
