package dev.sluice.sidecar.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.ThrowableProxyUtil;
import ch.qos.logback.core.encoder.EncoderBase;
import dev.sluice.engine.run.ControlCharacters;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import org.slf4j.event.KeyValuePair;
import tools.jackson.core.JsonGenerator;
import tools.jackson.core.ObjectWriteContext;
import tools.jackson.core.json.JsonFactory;

/// Log lines for programs: one JSON object an event, with the event's keys beside `time`, `level`, `logger` and
/// `message`.
final class JsonLines extends EncoderBase<ILoggingEvent> {

    private static final Set<String> OURS = Set.of("time", "level", "logger", "thread", "message", "error");
    private static final byte[] NOTHING = {};

    private final JsonFactory json = new JsonFactory();

    @Override
    public byte[] encode(ILoggingEvent event) {
        StringWriter line = new StringWriter();
        try (JsonGenerator object = json.createGenerator(ObjectWriteContext.empty(), line)) {
            object.writeStartObject();
            object.writeStringProperty("time", event.getInstant().toString());
            object.writeStringProperty("level", event.getLevel().toString());
            object.writeStringProperty("logger", event.getLoggerName());
            object.writeStringProperty("thread", event.getThreadName());
            object.writeStringProperty("message", event.getFormattedMessage());
            if (event.getKeyValuePairs() != null) {
                for (KeyValuePair pair : event.getKeyValuePairs()) {
                    write(object, OURS.contains(pair.key) ? "_" + pair.key : pair.key, pair.value);
                }
            }
            if (event.getThrowableProxy() != null) {
                object.writeStringProperty("error", ThrowableProxyUtil.asString(event.getThrowableProxy()));
            }
            object.writeEndObject();
        }
        return (ControlCharacters.escaped(Masking.mask(line.toString())) + "\n").getBytes(StandardCharsets.UTF_8);
    }

    private static void write(JsonGenerator object, String key, Object value) {
        switch (value) {
            case Boolean flag -> object.writeBooleanProperty(key, flag);
            case Integer number -> object.writeNumberProperty(key, number);
            case Long number -> object.writeNumberProperty(key, number);
            case Double number -> object.writeNumberProperty(key, number);
            case null -> object.writeNullProperty(key);
            default -> object.writeStringProperty(key, value.toString());
        }
    }

    @Override
    public byte[] headerBytes() {
        return NOTHING;
    }

    @Override
    public byte[] footerBytes() {
        return NOTHING;
    }
}
