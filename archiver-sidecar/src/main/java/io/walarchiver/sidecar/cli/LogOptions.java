package io.walarchiver.sidecar.cli;

import ch.qos.logback.classic.Level;
import io.walarchiver.sidecar.log.LogFormat;
import io.walarchiver.sidecar.log.Logging;
import org.jspecify.annotations.Nullable;
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

    @Option(
            names = "--log-level",
            paramLabel = "LEVEL",
            description = "one of ${COMPLETION-CANDIDATES}; default ${DEFAULT-VALUE}")
    LogLevel level = LogLevel.info;

    void apply() {
        LogFormat chosen = format;
        Logging.configure(
                chosen == null ? LogFormat.automatic() : chosen,
                switch (level) {
                    case error -> Level.ERROR;
                    case warning -> Level.WARN;
                    case info -> Level.INFO;
                    case debug -> Level.DEBUG;
                    case trace -> Level.TRACE;
                });
    }

    /** For commands that take long: on a terminal, where progress is drawn, only what a person should know. */
    void applyFor(boolean terminal) {
        if (terminal && level == LogLevel.info) {
            level = LogLevel.warning;
        }
        apply();
    }

    /** For commands that speak to a person: warnings only. */
    static void quiet() {
        Logging.configure(LogFormat.TEXT, Level.WARN);
    }
}
