package io.walarchiver.bench.process;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.ArrayList;
import java.util.List;

/**
 * Whom PostgreSQL and the service beside it run as: us, or somebody harmless when we are root, because PostgreSQL
 * refuses to be started by root.
 *
 * <p>As root there are two ways. {@code setpriv} switches to the user {@code nobody}; files must be handed over with
 * {@link #own}. Where that is impossible, because {@code nobody} cannot reach the Java installation or there is no
 * {@code setpriv}, {@code unshare --user} starts the program in a user namespace in which it is nobody in particular
 * but keeps access to root's files.
 */
public final class UnprivilegedUser {

    private final List<String> prefix;
    private final int uid;
    private final int gid;

    private UnprivilegedUser(List<String> prefix, int uid, int gid) {
        this.prefix = prefix;
        this.uid = uid;
        this.gid = gid;
    }

    /** Whoever we are, root included: for programs that do not mind. */
    public static UnprivilegedUser ourselves() {
        return new UnprivilegedUser(List.of(), -1, -1);
    }

    /**
     * Finds out who we are and what works here.
     *
     * @param needed directories whose content must be readable for the user
     * @throws IOException when we are root and no way works; says what to install
     */
    public static UnprivilegedUser find(List<Path> needed) throws IOException {
        if (effectiveUid() != 0) {
            return new UnprivilegedUser(List.of(), -1, -1);
        }
        List<String> failures = new ArrayList<>();
        for (String line : Files.readAllLines(Path.of("/etc/passwd"))) {
            String[] fields = line.split(":", -1);
            if (fields.length > 3 && fields[0].equals("nobody")) {
                List<String> setpriv =
                        List.of("setpriv", "--reuid=" + fields[2], "--regid=" + fields[3], "--clear-groups", "--");
                if (works(setpriv, failures) && needed.stream().allMatch(UnprivilegedUser::isReachableByAll)) {
                    return new UnprivilegedUser(setpriv, Integer.parseInt(fields[2]), Integer.parseInt(fields[3]));
                }
            }
        }
        List<String> unshare = List.of("unshare", "--user", "--");
        if (works(unshare, failures)) {
            return new UnprivilegedUser(unshare, -1, -1);
        }
        throw new IOException("PostgreSQL refuses to run as root, and no way to run it as somebody else works here."
                + " Start as an ordinary user, or install setpriv (package util-linux) and make " + needed
                + " readable for the user nobody. Tried: " + failures);
    }

    /** The command, run as this user; the process id is that of the command itself. */
    public List<String> command(List<String> command) {
        List<String> all = new ArrayList<>(prefix);
        all.addAll(command);
        return all;
    }

    /** Makes this user the owner of a directory and everything in it. */
    public void own(Path tree) throws IOException {
        if (uid < 0) {
            return;
        }
        Files.walkFileTree(tree, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                return chown(directory);
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                return chown(file);
            }
        });
    }

    /** True when every user can enter the directory and list it. */
    public static boolean isReachableByAll(Path directory) {
        try {
            Path real = directory.toRealPath();
            if (!Files.getPosixFilePermissions(real).contains(PosixFilePermission.OTHERS_READ)) {
                return false;
            }
            for (Path level = real; level != null; level = level.getParent()) {
                if (!Files.getPosixFilePermissions(level).contains(PosixFilePermission.OTHERS_EXECUTE)) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    private FileVisitResult chown(Path path) throws IOException {
        Files.setAttribute(path, "unix:uid", uid, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:gid", gid, LinkOption.NOFOLLOW_LINKS);
        return FileVisitResult.CONTINUE;
    }

    private static boolean works(List<String> prefix, List<String> failures) {
        List<String> command = new ArrayList<>(prefix);
        command.add("true");
        try {
            ChildProcess.run(command, Path.of("/"));
            return true;
        } catch (IOException e) {
            failures.add(String.valueOf(e.getMessage()).strip());
            return false;
        }
    }

    private static int effectiveUid() throws IOException {
        return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid");
    }
}
