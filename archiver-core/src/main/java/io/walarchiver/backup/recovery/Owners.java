package io.walarchiver.backup.recovery;

import io.walarchiver.backup.tar.TarHeader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Gives files the owners that an archive names: by name where this machine knows it, by number otherwise. Does nothing for
 * anybody but root, who alone may do that. Blocks; safe for several threads.
 */
final class Owners {

    private final boolean active;
    private final Map<String, Optional<UserPrincipal>> users = new ConcurrentHashMap<>();
    private final Map<String, Optional<GroupPrincipal>> groups = new ConcurrentHashMap<>();

    private Owners(boolean active) {
        this.active = active;
    }

    static Owners of(BackupRestoreSettings.Ownership ownership) {
        return new Owners(ownership == BackupRestoreSettings.Ownership.WHEN_ROOT && isRoot());
    }

    private static boolean isRoot() {
        try {
            return Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
        } catch (IOException | UnsupportedOperationException | IllegalArgumentException unknown) {
            return false;
        }
    }

    /** Applies what a header says; symbolic links are not followed. */
    void apply(Path path, TarHeader header) throws IOException {
        if (!active) {
            return;
        }
        PosixFileAttributeView view = view(path);
        Optional<UserPrincipal> user = user(path, header.userName());
        if (user.isPresent()) {
            view.setOwner(user.get());
        } else {
            number(path, "unix:uid", header.uid());
        }
        Optional<GroupPrincipal> group = group(path, header.groupName());
        if (group.isPresent()) {
            view.setGroup(group.get());
        } else {
            number(path, "unix:gid", header.gid());
        }
    }

    /** Gives {@code path} to whoever owns {@code model}. */
    void copy(Path model, Path path) throws IOException {
        if (active) {
            PosixFileAttributeView from = view(model);
            PosixFileAttributeView to = view(path);
            to.setOwner(from.readAttributes().owner());
            to.setGroup(from.readAttributes().group());
        }
    }

    private static PosixFileAttributeView view(Path path) {
        return Objects.requireNonNull(
                Files.getFileAttributeView(path, PosixFileAttributeView.class, LinkOption.NOFOLLOW_LINKS));
    }

    private static void number(Path path, String attribute, long id) throws IOException {
        Path unused = Files.setAttribute(path, attribute, (int) id, LinkOption.NOFOLLOW_LINKS);
    }

    private Optional<UserPrincipal> user(Path path, String name) throws IOException {
        Optional<UserPrincipal> known = users.get(name);
        if (known == null) {
            known = name.isEmpty() ? Optional.empty() : look(() -> service(path).lookupPrincipalByName(name));
            users.put(name, known);
        }
        return known;
    }

    private Optional<GroupPrincipal> group(Path path, String name) throws IOException {
        Optional<GroupPrincipal> known = groups.get(name);
        if (known == null) {
            known = name.isEmpty() ? Optional.empty() : look(() -> service(path).lookupPrincipalByGroupName(name));
            groups.put(name, known);
        }
        return known;
    }

    private static UserPrincipalLookupService service(Path path) {
        return path.getFileSystem().getUserPrincipalLookupService();
    }

    private interface Search<T> {
        T find() throws IOException;
    }

    private static <T> Optional<T> look(Search<T> search) throws IOException {
        try {
            return Optional.of(search.find());
        } catch (UserPrincipalNotFoundException unknownHere) {
            return Optional.empty();
        }
    }
}
