package io.walarchiver.testing.postgres;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * Runs programs that refuse to be run by root.
 *
 * <p>Not root: nothing special. Root: in a user namespace of its own, in which root is nobody, while the files stay root's
 * and nothing need change hands. Where containers forbid that, as the user with number 65534, who is then given the
 * directory of the test.
 */
final class Unprivileged {

    private static final String NOBODY = "65534";

    private enum Way {
        AS_WE_ARE,
        IN_NAMESPACE,
        AS_NOBODY;

        private List<String> prefix() {
            return switch (this) {
                case AS_WE_ARE -> List.of();
                case IN_NAMESPACE -> List.of("unshare", "-U");
                case AS_NOBODY -> List.of("setpriv", "--reuid=" + NOBODY, "--regid=" + NOBODY, "--clear-groups");
            };
        }
    }

    private static final Way WAY = way();

    private Unprivileged() {}

    private static Way way() {
        try {
            if (!Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))) {
                return Way.AS_WE_ARE;
            }
            Process probe = new ProcessBuilder("unshare", "-U", "true")
                    .redirectErrorStream(true)
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                    .start();
            return probe.waitFor() == 0 ? Way.IN_NAMESPACE : Way.AS_NOBODY;
        } catch (IOException noSuchProgram) {
            return Way.AS_NOBODY;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    /** Makes sure that programs run this way can write to {@code directory}. */
    static void handOver(Path directory) {
        if (WAY == Way.AS_NOBODY) {
            run(List.of(), List.of("chown", NOBODY + ":" + NOBODY, directory.toString()), "");
        }
    }

    /** Makes sure that programs run this way own {@code directory} and everything in it. */
    static void handOverAll(Path directory) {
        if (WAY == Way.AS_NOBODY) {
            run(List.of(), List.of("chown", "-R", NOBODY + ":" + NOBODY, directory.toString()), "");
        }
    }

    /**
     * Runs a program to its end.
     *
     * @return what it printed to either stream
     * @throws IllegalStateException with that output, when it fails or takes more than two minutes
     */
    static String run(List<String> command, String input) {
        return run(WAY.prefix(), command, input);
    }

    private static String run(List<String> prefix, List<String> command, String input) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        Path output = null;
        try {
            // A file, not a pipe: a server started by the program inherits the stream and would keep a pipe open.
            output = Files.createTempFile("postgres", ".out");
            ProcessBuilder builder =
                    new ProcessBuilder(all).redirectErrorStream(true).redirectOutput(output.toFile());
            builder.environment().put("LC_ALL", "C");
            Process process = builder.start();
            try (var stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            }
            boolean ended = process.waitFor(2, TimeUnit.MINUTES);
            if (!ended) {
                process.destroyForcibly().waitFor();
            }
            String printed = Files.readString(output);
            if (!ended || process.exitValue() != 0) {
                throw new IllegalStateException(String.join(" ", all)
                        + (ended ? " failed:\n" : " did not end within two minutes:\n")
                        + printed);
            }
            return printed;
        } catch (IOException e) {
            throw new UncheckedIOException("cannot run " + String.join(" ", all), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while running " + String.join(" ", all), e);
        } finally {
            if (output != null) {
                output.toFile().delete();
            }
        }
    }
}
