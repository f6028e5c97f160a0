package dev.sluice.sidecar.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.spi.LoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.slf4j.event.KeyValuePair;
import tools.jackson.databind.json.JsonMapper;

/// Names that hold control characters, on their way into the log.
class LogLinesTest {

    private static final String NAME = "Sa\nles\r\u001b[2J\u009b\u2028\u202e\u007f";
    private static final String SHOWN = "Sa\\u000ales\\u000d\\u001b[2J\\u009b\\u2028\\u202e\\u007f";

    @Test
    void anEventIsOneLineOfTheLogAndItsExceptionIsIndented() throws Exception {
        String text = logged(false);

        assertThat(text.lines().findFirst())
                .hasValueSatisfying(line ->
                        assertThat(line).endsWith("WARN  backup %s stored database=\"%s\"".formatted(SHOWN, SHOWN)));
        assertThat(text.lines().skip(1))
                .isNotEmpty()
                .allMatch(line -> line.startsWith("    "))
                .anyMatch(line -> line.contains("IllegalStateException: Sa"));
        assertThat(text).doesNotContain("\u001b", "\u009b", "\u2028", "\u202e", "\u007f", "\r");
    }

    @Test
    void anEventIsOneJsonObject() throws Exception {
        String text = logged(true);

        assertThat(text.lines()).hasSize(1);
        assertThat(text).doesNotContain("\u001b", "\u009b", "\u2028", "\u202e", "\u007f");
        assertThat(JsonMapper.shared().readTree(text).get("database").asString())
                .isEqualTo(NAME);
    }

    /// Through the program's own logback.xml.
    private static String logged(boolean json) throws Exception {
        LoggerContext context = new LoggerContext();
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(Path.of("src/main/resources/logback.xml").toFile());
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        OutputStreamAppender<ILoggingEvent> appender = (OutputStreamAppender<ILoggingEvent>) root.getAppender("STDERR");
        LoggingEvent event = new LoggingEvent(
                "LogLinesTest", root, Level.WARN, "backup {} stored", new IllegalStateException(NAME), new Object[] {
                    NAME
                });
        event.addKeyValuePair(new KeyValuePair("database", NAME));
        byte[] bytes = (json ? new JsonLines() : appender.getEncoder()).encode(event);
        context.stop();
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
