package dev.sluice.sidecar.serve.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.InputStream;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;

/// The OpenAPI document describes the records that are written and read: every member, its type, and whether it
/// may be missing.
class ApiModelTest {

    private static final String SCHEMA = "#/components/schemas/";

    /// What is written is the catalog's document, which `docs/catalog.md` describes.
    private static final String DOCUMENT = "Backup";

    private static JsonNode schemas() throws Exception {
        try (InputStream in = HttpApi.class.getResourceAsStream("openapi.json")) {
            return ApiResponse.JSON.readTree(in.readAllBytes()).at("/components/schemas");
        }
    }

    private static Stream<Class<?>> bodies() {
        return Stream.of(
                        ApiModel.class,
                        BackupModel.class,
                        DrillModel.class,
                        HistoryModel.class,
                        HoldModel.class,
                        JobModel.class,
                        PauseModel.class,
                        PlanModel.class,
                        RestoreModel.class,
                        StatusModel.class,
                        VerificationModel.class)
                .flatMap(model -> Arrays.stream(model.getDeclaredClasses()))
                .filter(Class::isRecord);
    }

    @Test
    void everySchemaIsARecordAndEveryRecordASchema() throws Exception {
        Set<String> described = new TreeSet<>(schemas().propertyNames());
        assertThat(described.remove(DOCUMENT)).isTrue();

        assertThat(bodies().map(Class::getSimpleName)).containsExactlyInAnyOrderElementsOf(described);
    }

    @Test
    void everyMemberIsDescribedWithItsType() throws Exception {
        JsonNode schemas = schemas();
        List<String> wrong = new ArrayList<>();
        for (Class<?> body : bodies().toList()) {
            JsonNode schema = schemas.get(body.getSimpleName());
            String name = body.getSimpleName();
            Set<String> members = new TreeSet<>();
            Set<String> always = new TreeSet<>();
            for (RecordComponent component : body.getRecordComponents()) {
                members.add(component.getName());
                if (!component.getAnnotatedType().isAnnotationPresent(Nullable.class)) {
                    always.add(component.getName());
                }
                differences(
                        name + "." + component.getName(),
                        component.getAnnotatedType(),
                        schema.at("/properties/" + component.getName()),
                        wrong);
            }
            compare(
                    name + ": members",
                    members,
                    new TreeSet<>(schema.path("properties").propertyNames()),
                    wrong);
            compare(name + ": required", always, texts(schema.path("required")), wrong);
            compare(
                    name + ": nothing else",
                    "false",
                    schema.path("additionalProperties").toString(),
                    wrong);
        }
        assertThat(wrong).isEmpty();
    }

    private static Set<String> texts(JsonNode array) {
        Set<String> texts = new TreeSet<>();
        array.forEach(text -> texts.add(text.asString()));
        return texts;
    }

    private static void compare(String what, Object code, Object document, List<String> wrong) {
        if (!code.equals(document)) {
            wrong.add("%s: the record has %s, the document %s".formatted(what, code, document));
        }
    }

    private static void differences(String what, AnnotatedType annotated, JsonNode schema, List<String> wrong) {
        Type type = annotated.getType();
        if (annotated instanceof AnnotatedParameterizedType parameterized) {
            AnnotatedType[] arguments = parameterized.getAnnotatedActualTypeArguments();
            boolean list = type.getTypeName().startsWith(List.class.getName());
            assertThat(list || type.getTypeName().startsWith(Map.class.getName()))
                    .as(what)
                    .isTrue();
            compare(what, list ? "array" : "object", schema.path("type").asString(""), wrong);
            differences(
                    what + "[]",
                    arguments[arguments.length - 1],
                    schema.path(list ? "items" : "additionalProperties"),
                    wrong);
            return;
        }
        Class<?> plain = (Class<?>) type;
        if (plain.isRecord()) {
            compare(what, SCHEMA + plain.getSimpleName(), schema.path("$ref").asString(""), wrong);
            return;
        }
        compare(what, json(plain), schema.path("type").asString(""), wrong);
        compare(
                what,
                plain == Instant.class ? "date-time" : "",
                schema.path("format").asString(""),
                wrong);
        Set<String> constants = new TreeSet<>();
        if (plain.isEnum()) {
            for (Object constant : plain.getEnumConstants()) {
                constants.add(ApiResponse.JSON
                        .readTree(ApiResponse.JSON.writeValueAsString(constant))
                        .asString());
            }
        }
        compare(what + ": words", constants, texts(schema.path("enum")), wrong);
    }

    private static String json(Class<?> type) {
        if (type == String.class || type == Instant.class || type.isEnum()) {
            return "string";
        }
        if (type == boolean.class || type == Boolean.class) {
            return "boolean";
        }
        if (type == double.class || type == Double.class) {
            return "number";
        }
        assertThat(type).isIn(int.class, Integer.class, long.class, Long.class);
        return "integer";
    }
}
