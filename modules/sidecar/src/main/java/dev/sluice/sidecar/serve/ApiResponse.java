package dev.sluice.sidecar.serve;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// What goes back to a client.
///
/// @param headers beyond the content's type
@SuppressWarnings("ArrayRecordComponent") // written once, to a socket
record ApiResponse(int status, String contentType, byte[] body, Map<String, String> headers) {

    /// LSNs have up to 25 digits, more than other languages' numbers hold.
    static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new SimpleModule().addSerializer(BigInteger.class, new ValueSerializer<>() {
                @Override
                public void serialize(BigInteger lsn, JsonGenerator json, SerializationContext context) {
                    json.writeString(lsn.toString());
                }
            }))
            .build();

    static ApiResponse json(int status, Object value) {
        return new ApiResponse(status, "application/json", JSON.writeValueAsBytes(value), Map.of());
    }

    static ApiResponse text(String contentType, String text) {
        return new ApiResponse(200, contentType, text.getBytes(StandardCharsets.UTF_8), Map.of());
    }

    static ApiResponse problem(HttpProblem problem) {
        return new ApiResponse(
                problem.status(),
                "application/problem+json",
                JSON.writeValueAsBytes(problem.toJson()),
                problem.status() == 401 ? Map.of("WWW-Authenticate", "Bearer") : Map.of());
    }

    ApiResponse with(String header, String value) {
        return new ApiResponse(status, contentType, body, Map.of(header, value));
    }
}
