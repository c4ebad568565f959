package io.walarchiver.sidecar.cli;

import ch.qos.logback.classic.Level;
import io.walarchiver.sidecar.log.LogFormat;
import io.walarchiver.sidecar.log.Logging;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Option;

/** How much is logged, and how. */
final class LogOptions {

    /** Levels a person can choose. */
    enum LogLevel {
        error,
        warning,
        info,
        debug,
        trace
    }

    @Option(
            names = "--log-format",
            paramLabel = "json|text",
            description = "form of the log lines on standard error; text on a terminal, json otherwise")
    @Nullable
    LogFormat format;

    @Option(names = "--log-level", paramLabel = "LEVEL", description = "one of ${COMPLETION-CANDIDATES}; default info")
    @Nullable
    LogLevel level;

    /** As {@link #apply()}, but the variable {@code LOG_LEVEL} says the level when no option does. */
    void apply(Map<String, String> environment) {
        String word = environment.getOrDefault("LOG_LEVEL", "").strip();
        Optional<LogLevel> said = Arrays.stream(LogLevel.values())
                .filter(each -> each.name().equalsIgnoreCase(word))
                .findFirst();
        if (level == null) {
            level = said.orElse(LogLevel.info);
        }
        apply();
        if (said.isEmpty() && !word.isEmpty()) {
            LoggerFactory.getLogger(LogOptions.class)
                    .warn("the variable LOG_LEVEL is none of {}", Arrays.toString(LogLevel.values()));
        }
    }

    void apply() {
        LogLevel wanted = level == null ? LogLevel.info : level;
        LogFormat chosen = format;
        Logging.configure(
                chosen == null ? LogFormat.automatic() : chosen,
                switch (wanted) {
                    case error -> Level.ERROR;
                    case warning -> Level.WARN;
                    case info -> Level.INFO;
                    case debug -> Level.DEBUG;
                    case trace -> Level.TRACE;
                });
    }

    /** For commands that take long: on a terminal, where progress is drawn, only what a person should know. */
    void applyFor(boolean terminal) {
        if (terminal && (level == null || level == LogLevel.info)) {
            level = LogLevel.warning;
        }
        apply();
    }

    /** For commands that speak to a person: warnings only. */
    static void quiet() {
        Logging.configure(LogFormat.TEXT, Level.WARN);
    }
}
