package dev.sluice.catalog;

import java.math.BigInteger;
import tools.jackson.core.JsonGenerator;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// Documents as JSON: UTF-8, indented, fields in the order of the records, times in ISO 8601, LSNs as strings
/// (they have up to 25 digits, more than other languages' numbers hold). [DocumentReader] reads them.
final class Documents {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new SimpleModule().addSerializer(BigInteger.class, new LsnWriter()))
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private Documents() {}

    static byte[] write(Object document) {
        return MAPPER.writeValueAsBytes(document);
    }

    private static final class LsnWriter extends ValueSerializer<BigInteger> {
        @Override
        public void serialize(BigInteger lsn, JsonGenerator json, SerializationContext context) {
            json.writeString(lsn.toString());
        }
    }
}
