package io.walarchiver.sidecar.doctor;

/**
 * What a check says about one subject.
 *
 * @param check   its name
 * @param subject the object, as {@code namespace/name} where it has both
 * @param level   how bad it is
 * @param cause   what was found; for {@link Level#SKIPPED} what is missing to look
 * @param fix     what to do; empty when there is nothing to do
 */
public record Finding(String check, String subject, Level level, String cause, String fix) {

    /** How bad it is. */
    public enum Level {
        /** In order. */
        OK,
        /** Works, and deserves a look. */
        WARN,
        /** Does not work. */
        FAIL,
        /** Could not be looked at. */
        SKIPPED
    }
}
