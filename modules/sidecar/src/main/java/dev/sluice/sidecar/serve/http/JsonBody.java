package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.config.Nearest;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/// The JSON object of a request, with the members that a record has, and no others.
///
/// **Errors:** [HttpProblem] with 400 from every method: which member, what is wrong with it, and what to
/// write.
final class JsonBody {

    private final JsonNode object;
    private final String schema;

    /// @param shape whose components are the members that may be there
    JsonBody(JsonNode body, Class<? extends Record> shape) {
        this.object = body;
        this.schema = shape.getSimpleName();
        if (!body.isObject()) {
            throw wrong("the body must be an object", "write {…}");
        }
        List<String> known = Arrays.stream(shape.getRecordComponents())
                .map(RecordComponent::getName)
                .toList();
        for (String name : body.propertyNames()) {
            if (!known.contains(name)) {
                throw wrong(
                        "'%s' is not known".formatted(name),
                        Nearest.to(name, known)
                                .map("did you mean '%s'?"::formatted)
                                .orElse("write one of " + String.join(", ", known)));
            }
        }
    }

    HttpProblem wrong(String what, String hint) {
        return new HttpProblem(
                FailureId.BAD_REQUEST, what, "%s; %s in /openapi.json describes the body".formatted(hint, schema));
    }

    private @Nullable JsonNode member(String name) {
        JsonNode node = object.path(name);
        return node.isMissingNode() || node.isNull() ? null : node;
    }

    String requiredText(String name) {
        String text = text(name);
        if (text == null) {
            throw wrong("'%s' is missing".formatted(name), "add it");
        }
        return text;
    }

    @Nullable
    String text(String name) {
        JsonNode node = member(name);
        return node == null ? null : text(name, node);
    }

    private String text(String where, JsonNode node) {
        if (!node.isString()) {
            throw wrong(
                    "'%s' is %s, not a text".formatted(where, described(node)),
                    "write it in quotes, such as \"Sales\"");
        }
        if (node.asString().isBlank()) {
            throw wrong("'%s' is empty".formatted(where), "leave it out, or name something");
        }
        return node.asString();
    }

    private static String described(JsonNode node) {
        return switch (node.getNodeType()) {
            case ARRAY -> "a list";
            case OBJECT, POJO -> "an object";
            case BOOLEAN -> "true or false";
            case NUMBER -> "a number";
            case STRING, BINARY -> "a text";
            case MISSING, NULL -> "null";
        };
    }

    /// False where it is not there.
    boolean flag(String name) {
        JsonNode node = member(name);
        if (node != null && !node.isBoolean()) {
            throw wrong("'%s' must be true or false".formatted(name), "write true, false, or leave it out");
        }
        return node != null && node.asBoolean();
    }

    <E extends Enum<E>> @Nullable E choice(String name, Class<E> type) {
        String text = text(name);
        if (text == null) {
            return null;
        }
        for (E constant : type.getEnumConstants()) {
            if (ApiModel.written(constant).equalsIgnoreCase(text)) {
                return constant;
            }
        }
        throw wrong("'%s' is '%s'".formatted(name, text), "write one of " + String.join(", ", ApiModel.written(type)));
    }

    List<String> texts(String name) {
        JsonNode node = member(name);
        List<String> texts = new ArrayList<>();
        if (node != null) {
            if (!node.isArray()) {
                throw wrong("'%s' is %s, not a list".formatted(name, described(node)), "write [\"…\", \"…\"]");
            }
            for (int i = 0; i < node.size(); i++) {
                texts.add(text("%s[%s]".formatted(name, i), node.get(i)));
            }
        }
        return texts;
    }

    Map<String, String> textByText(String name) {
        JsonNode node = member(name);
        Map<String, String> texts = new LinkedHashMap<>();
        if (node != null) {
            if (!node.isObject()) {
                throw wrong("'%s' is %s, not an object".formatted(name, described(node)), "write {\"…\": \"…\"}");
            }
            node.properties()
                    .forEach(entry -> texts.put(entry.getKey(), text(name + "." + entry.getKey(), entry.getValue())));
        }
        return texts;
    }
}
