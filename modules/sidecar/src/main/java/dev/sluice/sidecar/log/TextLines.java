package dev.sluice.sidecar.log;

import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import java.nio.charset.StandardCharsets;

/// Log lines for people. Public because logback makes it.
public final class TextLines extends PatternLayoutEncoder {

    @Override
    public byte[] encode(ILoggingEvent event) {
        return Masking.mask(getLayout().doLayout(event)).getBytes(StandardCharsets.UTF_8);
    }
}
