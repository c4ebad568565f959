package io.walarchiver.sidecar.recovery;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The text of {@code restore_command}: this program, started anew for each file, or the small script that asks a running
 * service. Either ends with 126 on everything but "not in the archive", so that PostgreSQL stops instead of taking a
 * failure for the end of the log.
 */
public final class RestoreCommand {

    /** Set by the start script: the directory with {@code wal-archiver} and {@code wal-archiver-command}. */
    public static final String BIN_PROPERTY = "walarchiver.bin";

    private static final Pattern HARMLESS = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

    private RestoreCommand() {}

    /**
     * This program for each file.
     *
     * @param arguments which archive: {@code --store FILE} and the like, with absolute paths
     */
    public static String ofThisProgram(List<String> arguments) {
        List<String> words = new ArrayList<>(thisProgram());
        words.add("wal-restore");
        words.add("--stop-recovery");
        words.addAll(arguments);
        return text(words);
    }

    /**
     * The script that asks a service.
     *
     * @param apiSocket absolute
     * @throws IllegalStateException when this process was not started by the start script, and so does not know where
     *     the other one is
     */
    public static String ofService(Path apiSocket) {
        String bin = System.getProperty(BIN_PROPERTY);
        if (bin == null) {
            throw new IllegalStateException("the directory of wal-archiver-command is unknown; start this command with"
                    + " bin/wal-archiver of the distribution");
        }
        return text(List.of(bin + "/wal-archiver-command", "restore", apiSocket.toString()));
    }

    private static String text(List<String> words) {
        List<String> quoted = new ArrayList<>();
        // A percent sign of our own must not look like one of PostgreSQL's.
        words.forEach(word -> quoted.add(shellQuoted(word).replace("%", "%%")));
        return String.join(" ", quoted) + " %f %p";
    }

    private static List<String> thisProgram() {
        String bin = System.getProperty(BIN_PROPERTY);
        if (bin != null) {
            List<String> words = new ArrayList<>();
            // The server's own environment need not have a Java.
            javaHome(System.getenv()).ifPresent(home -> words.addAll(List.of("env", "JAVA_HOME=" + home)));
            words.add(bin + "/wal-archiver");
            return words;
        }
        return List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx64m",
                "-XX:MaxDirectMemorySize=176m",
                "-cp",
                System.getProperty("java.class.path"),
                "io.walarchiver.sidecar.Main");
    }

    private static Optional<String> javaHome(Map<String, String> environment) {
        @Nullable String home = environment.get("JAVA_HOME");
        return Optional.ofNullable(home).filter(text -> !text.isBlank());
    }

    private static String shellQuoted(String word) {
        return HARMLESS.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
    }
}
