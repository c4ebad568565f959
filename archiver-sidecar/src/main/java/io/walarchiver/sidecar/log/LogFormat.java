package io.walarchiver.sidecar.log;

/** How log lines look. */
public enum LogFormat {
    /** One JSON object a line. */
    JSON,
    /** For a terminal. */
    TEXT;

    /** Text when a person watches, JSON otherwise. */
    public static LogFormat automatic() {
        return System.console() == null ? JSON : TEXT;
    }
}
