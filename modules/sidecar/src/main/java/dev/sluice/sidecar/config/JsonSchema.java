package dev.sluice.sidecar.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// The configuration file's form as a JSON Schema, for editors. It says less than the parser, and never more: what
/// it refuses, the parser refuses too.
public final class JsonSchema {

    private static final String REFERENCE = "\\$\\{";

    private JsonSchema() {}

    /// The schema as maps and lists, ready to be written as JSON.
    public static Map<String, Object> document() {
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Configuration of Sluice");
        schema.putAll(section(Configuration.class));
        return schema;
    }

    private static Map<String, Object> section(Class<?> type) {
        Map<String, Object> properties = new LinkedHashMap<>();
        List<String> required = new ArrayList<>();
        for (Entry entry : Entry.of(type)) {
            properties.put(entry.name(), property(entry));
            if (entry.required()) {
                required.add(entry.name());
            }
        }
        Map<String, Object> schema = new LinkedHashMap<>();
        schema.put("type", "object");
        schema.put("additionalProperties", false);
        schema.put("properties", properties);
        if (!required.isEmpty()) {
            schema.put("required", required);
        }
        return schema;
    }

    private static Map<String, Object> property(Entry entry) {
        Map<String, Object> schema = new LinkedHashMap<>();
        String bound = entry.key().bound();
        schema.put("description", entry.key().value() + (bound.isEmpty() ? "" : " Bound: " + bound + "."));
        if (!entry.key().initial().isEmpty() && !entry.list()) {
            schema.put("default", initial(entry));
        } else if (!entry.key().word().isEmpty()) {
            schema.put("default", entry.key().word());
        }
        List<Object> forms = new ArrayList<>(forms(entry));
        if (entry.list()) {
            List<Object> elements = List.copyOf(forms);
            forms.clear();
            Map<String, Object> array = new LinkedHashMap<>();
            array.put("type", "array");
            array.put("items", elements.size() == 1 ? elements.getFirst() : anyOf(elements));
            if (entry.key().some()) {
                array.put("minItems", 1);
            }
            forms.add(array);
        }
        if (!entry.required()) {
            forms.add(Map.of("type", "null"));
        }
        schema.put("anyOf", forms);
        return schema;
    }

    private static Object initial(Entry entry) {
        Scalar scalar = entry.scalar();
        String text = entry.key().initial();
        return scalar == null || scalar.json().equals("string")
                ? text
                : scalar.parse().apply(text);
    }

    private static Map<String, Object> anyOf(List<Object> forms) {
        return Map.of("anyOf", forms);
    }

    private static List<Object> forms(Entry entry) {
        Scalar scalar = entry.scalar();
        if (scalar == null) {
            return entry.key().single().isEmpty()
                    ? List.of(section(entry.type()))
                    : List.of(
                            section(entry.type()),
                            word(entry.key().single()),
                            Map.of("type", "string", "pattern", REFERENCE));
        }
        List<Object> forms = new ArrayList<>();
        forms.add(single(entry, scalar));
        if (!entry.key().word().isEmpty()) {
            forms.add(Map.of("const", entry.key().word()));
        }
        // A reference may stand for any single value.
        if (forms.size() > 1 || !((Map<?, ?>) forms.getFirst()).equals(Map.of("type", "string"))) {
            forms.add(Map.of("type", "string", "pattern", REFERENCE));
        }
        return forms;
    }

    /// YAML's own `true`, where the word is that.
    private static Map<String, Object> word(String single) {
        return single.equals("true") ? Map.of("enum", List.of(single, true)) : Map.of("const", single);
    }

    private static Map<String, Object> single(Entry entry, Scalar scalar) {
        Map<String, Object> schema = new LinkedHashMap<>();
        if (!scalar.words().isEmpty()) {
            List<Object> words = new ArrayList<>(scalar.words());
            // YAML's own booleans, where the parser takes their texts.
            words.addAll(scalar.words().contains("true") ? List.of(true, false) : List.of());
            schema.put("enum", words);
            return schema;
        }
        if (!scalar.json().equals("string")) {
            schema.put("type", scalar.json());
            if (!entry.key().min().isEmpty()) {
                schema.put("minimum", Integer.parseInt(entry.key().min()));
            }
            if (!entry.key().max().isEmpty()) {
                schema.put("maximum", Integer.parseInt(entry.key().max()));
            }
            return schema;
        }
        String form =
                entry.key().pattern().isEmpty() ? scalar.form() : entry.key().pattern();
        if (form.isEmpty()) {
            // YAML may take such a text for a number or a boolean, and the parser does not mind.
            schema.put("type", List.of("string", "number", "boolean"));
        } else if (entry.key().pattern().isEmpty()) {
            schema.put("type", "string");
            schema.put("pattern", "^(" + form + ")$");
        } else {
            schema.put("type", List.of("string", "number", "boolean"));
            schema.put("pattern", "^(" + form + ")$");
        }
        return schema;
    }
}
