package dev.sluice.sidecar.log;

import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.pattern.CompositeConverter;
import dev.sluice.engine.run.ControlCharacters;
import java.util.stream.Collectors;

/// `%shown(…){line}` in a log pattern: what is in it, in one line and without characters that a terminal obeys.
/// With the option `lines` it may have several, each indented, so that none can pass for a line of the log. An
/// option is always said: behind a bare parenthesis logback takes a `%` for text. Public because logback makes
/// it.
public final class ShownText extends CompositeConverter<ILoggingEvent> {

    @Override
    protected String transform(ILoggingEvent event, String text) {
        return "lines".equals(getFirstOption())
                ? text.lines()
                        .map(line -> "    " + ControlCharacters.escaped(line) + "\n")
                        .collect(Collectors.joining())
                : ControlCharacters.escaped(text);
    }
}
