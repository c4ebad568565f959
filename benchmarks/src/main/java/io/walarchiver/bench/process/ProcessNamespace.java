package io.walarchiver.bench.process;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A process namespace of its own for a program: what it leaves behind stays below it, so that its cost is not lost.
 */
public final class ProcessNamespace {

    private static final List<String> PREFIX = List.of("unshare", "--pid", "--fork", "--kill-child", "--mount-proc");

    private ProcessNamespace() {}

    /** Whether we may make one. Without, the cost of detached processes is not seen. */
    public static boolean isAllowed() {
        List<String> probe = new ArrayList<>(PREFIX);
        probe.add("true");
        try {
            String unused = ChildProcess.run(probe, Path.of("/"));
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** The command, run as the first process of a namespace where that is allowed. */
    public static List<String> command(List<String> command, boolean allowed) {
        List<String> all = new ArrayList<>(allowed ? PREFIX : List.of());
        all.addAll(command);
        return all;
    }

    /** The id, seen from here, of the program that was started with {@link #command}. */
    public static long programOf(ChildProcess started, boolean allowed) throws IOException {
        return allowed
                ? ProcessHandle.of(started.pid())
                        .flatMap(parent -> parent.children().findFirst())
                        .map(ProcessHandle::pid)
                        .orElseThrow(() -> new IOException("a process has ended before it began: " + started.output()))
                : started.pid();
    }
}
