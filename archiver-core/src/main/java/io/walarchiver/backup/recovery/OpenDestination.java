package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.recovery.RecoveryException.DestinationNotEmpty;
import io.walarchiver.backup.recovery.RecoveryException.DestinationUnusable;
import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The destination while it is worked on. Opening it checks everything that can be checked without the archives, and marks
 * it; closing it takes the mark back when nothing was extracted. Blocks; safe for several threads.
 */
final class OpenDestination {

    static final FileAttribute<?> OWNER_ONLY =
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));

    private static final Logger log = LoggerFactory.getLogger(OpenDestination.class);

    private final RestorePlan plan;
    private final BackupRestoreSettings settings;
    private final List<String> identity;
    private final Set<BackupFile> extracted = new HashSet<>();
    private @Nullable UnfinishedMark mark;
    private boolean created;
    private boolean resumed;
    private boolean touched;
    private boolean closed;

    OpenDestination(RestorePlan plan, BackupRestoreSettings settings, String source) {
        this.plan = plan;
        this.settings = settings;
        this.identity = plan.identity(source);
    }

    RestorePlan plan() {
        return plan;
    }

    Path dataDirectory() {
        return plan.order().destination().dataDirectory();
    }

    /** Does nothing when it was closed before. */
    synchronized void open() {
        if (closed) {
            return;
        }
        try {
            Optional<UnfinishedMark.Earlier> earlier = earlier();
            resumed = earlier.isPresent();
            if (!resumed) {
                requireEmpty();
                if (settings.checkSpace()) {
                    FreeSpace.check(plan);
                }
                create();
            }
            mark = UnfinishedMark.in(dataDirectory(), identity, earlier);
        } catch (IOException e) {
            throw unusable("prepare " + dataDirectory(), e);
        }
    }

    /** What an earlier run of this restore has left; fails when something else is in the data directory. */
    private Optional<UnfinishedMark.Earlier> earlier() throws IOException {
        Path data = dataDirectory();
        if (!Files.exists(data)) {
            if (Files.isSymbolicLink(data)) {
                throw new DestinationUnusable(data + " is a symbolic link that leads nowhere", null);
            }
            return Optional.empty();
        }
        if (!Files.isDirectory(data)) {
            throw new DestinationUnusable(data + " is not a directory", null);
        }
        Optional<UnfinishedMark.Earlier> found = UnfinishedMark.read(data);
        List<String> content = children(data);
        if (found.isEmpty()) {
            // A mark that was never written to its end is as good as none.
            if (!content.isEmpty() && !content.equals(List.of(UnfinishedMark.NAME))) {
                throw new DestinationNotEmpty("the destination " + data + " is not empty (" + sample(content)
                        + "); nothing was touched. Name an empty or missing directory, or remove what is there");
            }
            return found;
        }
        UnfinishedMark.Earlier earlier = found.get();
        if (!earlier.identity().equals(identity)) {
            throw new DestinationNotEmpty("the destination " + data
                    + " holds the unfinished restore of something else (" + difference(earlier.identity())
                    + "); nothing was touched. Run that one again, or remove it");
        }
        if (!earlier.complete() && Files.exists(data.resolve("global/pg_control"))) {
            throw new DestinationNotEmpty("the destination " + data + " is marked as an unfinished restore, but has a"
                    + " control file that was not put there by it; nothing was touched. Remove what is there");
        }
        return found;
    }

    private String difference(List<String> other) {
        return other.stream()
                .filter(line -> !identity.contains(line))
                .findFirst()
                .orElse("it has fewer objects");
    }

    private void requireEmpty() throws IOException {
        for (RestorePlan.Part part : plan.archives()) {
            requireEmpty(part.target(), part.archive().toString());
        }
        if (plan.order().destination().walVolume().isPresent()) {
            requireEmpty(plan.order().destination().walVolume().get().resolve("pg_wal"), "the log");
        }
    }

    private static void requireEmpty(Path directory, String what) throws IOException {
        if (!Files.exists(directory, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        if (!Files.isDirectory(directory)) {
            throw new DestinationUnusable(directory + ", the destination of " + what + ", is not a directory", null);
        }
        List<String> content = children(directory);
        if (!content.isEmpty() && !content.equals(List.of(UnfinishedMark.NAME))) {
            throw new DestinationNotEmpty("the directory " + directory + ", the destination of " + what
                    + ", is not empty (" + sample(content) + "); nothing was touched. Name an empty or missing one");
        }
    }

    private static List<String> children(Path directory) throws IOException {
        try (Stream<Path> all = Files.list(directory)) {
            return all.limit(4)
                    .map(path -> String.valueOf(path.getFileName()))
                    .sorted()
                    .toList();
        }
    }

    private static String sample(List<String> content) {
        return content.size() < 4 ? String.join(", ", content) : String.join(", ", content.subList(0, 3)) + ", …";
    }

    private void create() throws IOException {
        Path data = dataDirectory();
        if (Files.exists(data)) {
            Path unused = Files.setPosixFilePermissions(data, PosixFilePermissions.fromString("rwx------"));
            return;
        }
        Path parent = data.getParent();
        if (parent != null) {
            Path unused = Files.createDirectories(parent);
        }
        Path unused = Files.createDirectory(data, OWNER_ONLY);
        created = true;
    }

    boolean isResumed() {
        return resumed;
    }

    synchronized UnfinishedMark mark() {
        UnfinishedMark open = mark;
        if (open == null) {
            throw new IllegalStateException("the destination is not open");
        }
        return open;
    }

    /** From here on the destination holds more than the mark. */
    synchronized void touch() {
        touched = true;
    }

    /**
     * Notes that an object was extracted. It is remembered beyond this run only when all volumes before it are, because
     * a later run extracts in order, and a member must not be replaced by an earlier one.
     */
    synchronized void extracted(BackupFile file) {
        extracted.add(file);
        try {
            for (RestorePlan.Part part : plan.archives()) {
                if (part.archive().equals(file.archive())) {
                    for (BackupFile volume : part.volumes()) {
                        if (!extracted.contains(volume) && !mark().isDone(volume)) {
                            return;
                        }
                        mark().done(volume);
                    }
                }
            }
        } catch (IOException e) {
            throw unusable("note what was restored in " + dataDirectory(), e);
        }
    }

    /** The objects that are still to be extracted, by archive. */
    synchronized List<RestorePlan.Part> remaining() {
        return plan.archives().stream()
                .map(part -> new RestorePlan.Part(
                        part.archive(),
                        part.target(),
                        part.volumes().stream().filter(v -> !mark().isDone(v)).toList()))
                .filter(part -> !part.volumes().isEmpty())
                .toList();
    }

    /** What a failure to write means for a person. */
    static DestinationUnusable unusable(String attempt, IOException failure) {
        String reason = failure instanceof AccessDeniedException
                ? "permission denied for " + failure.getMessage() + "; it must be writable for the user "
                        + System.getProperty("user.name")
                : failure.getClass().getSimpleName() + " " + failure.getMessage();
        return new DestinationUnusable("cannot " + attempt + ": " + reason, failure);
    }

    /** Never fails. */
    synchronized void close() {
        closed = true;
        UnfinishedMark open = mark;
        mark = null;
        if (open == null) {
            return;
        }
        try {
            open.close();
            if (!touched && !resumed) {
                open.remove();
                if (created) {
                    Files.delete(dataDirectory());
                }
            }
        } catch (IOException e) {
            log.warn("Cannot tidy up {}: {}", dataDirectory(), e.toString());
        }
    }
}
