package io.walarchiver.sidecar.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.encoder.JsonEncoder;
import ch.qos.logback.classic.encoder.PatternLayoutEncoder;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.encoder.Encoder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sets up logback by code: parsing a configuration file costs a tenth of a second at every start. Lines go to standard
 * error, so that standard output holds answers only.
 */
public final class Logging {

    private static final String PATTERN =
            "%d{yyyy-MM-dd HH:mm:ss.SSS} %-5level %logger{0}: %msg%replace( %kvp{NONE}){'^ $',''}%n%ex{5}";

    private Logging() {}

    /**
     * Replaces whatever logging there was.
     *
     * @param level of our own loggers; libraries log warnings only
     */
    public static void configure(LogFormat format, Level level) {
        LoggerContext context = (LoggerContext) LoggerFactory.getILoggerFactory();
        context.reset();
        Encoder<ILoggingEvent> encoder = format == LogFormat.JSON ? json(context) : text(context);
        ConsoleAppender<ILoggingEvent> appender = new ConsoleAppender<>();
        appender.setContext(context);
        appender.setTarget("System.err");
        appender.setEncoder(encoder);
        appender.start();
        ch.qos.logback.classic.Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        root.setLevel(Level.WARN);
        root.addAppender(appender);
        context.getLogger("io.walarchiver").setLevel(level);
        // Both complain about a missing SO_KEEPALIVE or a missing native resolver, which is how it is meant to be.
        context.getLogger("io.netty").setLevel(Level.ERROR);
        context.getLogger("io.grpc.netty").setLevel(Level.ERROR);
        // Repeats every retried request with its headers; retries are counted and logged by the store itself.
        context.getLogger("software.amazon.awssdk").setLevel(Level.ERROR);
    }

    /** Until a command says how it logs: warnings only. Without it the libraries would print all they do. */
    public static void quiet() {
        configure(LogFormat.automatic(), Level.WARN);
    }

    private static Encoder<ILoggingEvent> json(LoggerContext context) {
        JsonEncoder encoder = new JsonEncoder();
        encoder.setContext(context);
        encoder.setWithSequenceNumber(false);
        encoder.setWithNanoseconds(false);
        encoder.setWithContext(false);
        encoder.setWithMarkers(false);
        encoder.setWithMDC(false);
        encoder.setWithArguments(false);
        encoder.setWithMessage(false);
        encoder.setWithFormattedMessage(true);
        encoder.start();
        return encoder;
    }

    private static Encoder<ILoggingEvent> text(LoggerContext context) {
        PatternLayoutEncoder encoder = new PatternLayoutEncoder();
        encoder.setContext(context);
        encoder.setPattern(PATTERN);
        encoder.start();
        return encoder;
    }
}
