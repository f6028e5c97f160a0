package dev.sluice.sidecar.serve.http;

import dev.sluice.catalog.BackupDocument;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.Function;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// What goes back to a client.
///
/// @param headers beyond the content's type
@SuppressWarnings("ArrayRecordComponent") // written once, to a socket
record ApiResponse(int status, String contentType, byte[] body, Map<String, String> headers) implements ApiAnswer {

    /// LSNs have up to 25 digits, more than other languages' numbers hold.
    static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new SimpleModule()
                    .addSerializer(BigInteger.class, written(BigInteger::toString))
                    .addSerializer(Enum.class, written(ApiModel::written)))
            .build();

    private static <T> ValueSerializer<T> written(Function<T, String> text) {
        return new ValueSerializer<>() {
            @Override
            public void serialize(T value, JsonGenerator json, SerializationContext context) {
                json.writeString(text.apply(value));
            }
        };
    }

    static ApiResponse json(int status, ApiModel.Body body) {
        return new ApiResponse(status, "application/json", JSON.writeValueAsBytes(body), Map.of());
    }

    /// Members that another package has named.
    static ApiResponse json(Map<String, ?> document) {
        return new ApiResponse(200, "application/json", JSON.writeValueAsBytes(document), Map.of());
    }

    /// As the catalog writes it.
    static ApiResponse document(BackupDocument backup) {
        return new ApiResponse(200, "application/json", JSON.writeValueAsBytes(backup), Map.of());
    }

    static ApiResponse text(String contentType, String text) {
        return new ApiResponse(200, contentType, text.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static ApiResponse problem(HttpProblem problem) {
        return new ApiResponse(
                problem.status(),
                "application/problem+json",
                JSON.writeValueAsBytes(problem.body()),
                problem.status() == 401 ? Map.of("WWW-Authenticate", "Bearer") : Map.of());
    }

    ApiResponse with(String header, String value) {
        return new ApiResponse(status, contentType, body, Map.of(header, value));
    }
}
