package dev.sluice.catalog;

import java.math.BigInteger;
import java.util.Locale;
import tools.jackson.core.JacksonException;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.MapperFeature;
import tools.jackson.databind.SerializationContext;
import tools.jackson.databind.SerializationFeature;
import tools.jackson.databind.ValueDeserializer;
import tools.jackson.databind.ValueSerializer;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.module.SimpleModule;

/// Documents as JSON: UTF-8, indented, fields in the order of the records, times in ISO 8601, LSNs as strings
/// (they have up to 25 digits, more than other languages' numbers hold).
///
/// Reading is strict: a field that this program does not know, or misses, is an error, because a catalog that is
/// half understood must not decide what is deleted.
final class Documents {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .addModule(new SimpleModule()
                    .addSerializer(BigInteger.class, new LsnWriter())
                    .addDeserializer(BigInteger.class, new LsnReader()))
            .disable(MapperFeature.SORT_PROPERTIES_ALPHABETICALLY)
            .enable(
                    DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES,
                    DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES,
                    DeserializationFeature.FAIL_ON_TRAILING_TOKENS,
                    DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .build();

    private Documents() {}

    static byte[] write(Object document) {
        return MAPPER.writeValueAsBytes(document);
    }

    /// **Errors:** [CatalogException] naming the key when the bytes are no such document, or one of another schema
    /// version.
    static <T> T read(String key, byte[] bytes, Class<T> type) {
        try {
            JsonNode tree = MAPPER.readTree(bytes);
            JsonNode version = tree.path("schemaVersion");
            if (version.asInt(-1) != BackupDocument.SCHEMA_VERSION) {
                throw new CatalogException(
                        String.format(
                                Locale.ROOT,
                                "%s has schema version %s, and this program reads version %d."
                                        + " If a newer Sluice wrote it, update this one.",
                                key,
                                version.isMissingNode() ? "none" : version,
                                BackupDocument.SCHEMA_VERSION),
                        null);
            }
            return MAPPER.treeToValue(tree, type);
        } catch (JacksonException e) {
            throw new CatalogException(
                    "%s is not a document that this program understands: %s".formatted(key, e.getOriginalMessage()), e);
        }
    }

    private static final class LsnWriter extends ValueSerializer<BigInteger> {
        @Override
        public void serialize(BigInteger lsn, JsonGenerator json, SerializationContext context) {
            json.writeString(lsn.toString());
        }
    }

    private static final class LsnReader extends ValueDeserializer<BigInteger> {
        @Override
        public BigInteger deserialize(JsonParser json, DeserializationContext context) {
            try {
                return new BigInteger(json.getString());
            } catch (NumberFormatException _) {
                throw context.weirdStringException(json.getString(), BigInteger.class, "not a log sequence number");
            }
        }
    }
}
