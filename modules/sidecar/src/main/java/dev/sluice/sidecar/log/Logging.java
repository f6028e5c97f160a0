package dev.sluice.sidecar.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import ch.qos.logback.core.encoder.Encoder;
import dev.sluice.sidecar.config.Configuration;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;

/// What is logged and how, once the configuration is known. Until then, and without one, `logback.xml` says it.
public final class Logging {

    /// The one of `logback.xml`, while another one is in its place.
    private static @Nullable Encoder<ILoggingEvent> text;

    private Logging() {}

    /// The system property `sluice.log` takes precedence over the configured level: a person who sets it is
    /// looking for something.
    ///
    /// @param otherwise the level where the configuration leaves it to us
    public static synchronized void apply(Configuration.Log log, Configuration.LogLevel otherwise) {
        if (!(LoggerFactory.getILoggerFactory() instanceof LoggerContext context)) {
            return; // the logging of a test, or of an application that embeds us
        }
        Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
        if (System.getProperty("sluice.log") == null) {
            root.setLevel(Level.valueOf((log.level() == null ? otherwise : log.level()).name()));
        }
        if (root.getAppender("STDERR") instanceof OutputStreamAppender<ILoggingEvent> appender) {
            boolean json = appender.getEncoder() instanceof JsonLines;
            if (json && log.format() == Configuration.LogFormat.TEXT && text != null) {
                appender.setEncoder(text);
            } else if (!json && log.format() == Configuration.LogFormat.JSON) {
                text = appender.getEncoder();
                JsonLines encoder = new JsonLines();
                encoder.setContext(context);
                encoder.start();
                appender.setEncoder(encoder);
            }
        }
    }
}
