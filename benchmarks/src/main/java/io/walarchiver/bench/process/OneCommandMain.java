package io.walarchiver.bench.process;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Runs one command when told to and stays until its input ends, so that the kernel's accounts of the command and of
 * everything it has started can be read when it is over. Arguments: the command.
 *
 * <p>Prints {@code ready}; behind the first line of input runs the command, whose output goes where ours goes; then prints
 * {@code wall NANOS} and {@code code NUMBER}, and {@code done} when nothing below it runs any more.
 */
public final class OneCommandMain {

    private OneCommandMain() {}

    public static void main(String[] args) throws Exception {
        System.out.println("ready");
        int go = System.in.read();
        long start = System.nanoTime();
        Process process = new ProcessBuilder(List.of(args))
                .inheritIO()
                .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
                .start();
        int code = process.waitFor();
        System.out.println("\nwall " + (System.nanoTime() - start));
        System.out.println("code " + code);
        while (hasLivingChild()) {
            Thread.sleep(20);
        }
        System.out.println("done");
        while (go >= 0) {
            go = System.in.read();
        }
    }

    /** Dead ones stay to be counted. */
    private static boolean hasLivingChild() throws IOException {
        String self = Long.toString(ProcessHandle.current().pid());
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(Path.of("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                try {
                    String stat = Files.readString(process.resolve("stat"));
                    String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
                    if (fields[1].equals(self) && !fields[0].equals("Z")) {
                        return true;
                    }
                } catch (IOException gone) {
                    // No child of ours: those stay until we end.
                }
            }
        }
        return false;
    }
}
