package io.walarchiver.backup.recovery;

import io.walarchiver.backup.catalog.Archive;
import io.walarchiver.backup.catalog.BackupFile;
import io.walarchiver.backup.catalog.BackupInfo;
import io.walarchiver.backup.catalog.TablespaceLocation;
import io.walarchiver.backup.recovery.RecoveryException.BackupIncomplete;
import io.walarchiver.backup.recovery.RecoveryException.DestinationUnusable;
import io.walarchiver.codec.Compression;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Which objects go where, worked out and checked before anything is touched.
 *
 * @param order    what was asked for
 * @param archives the data directory first, then the tablespaces
 * @param nested   whether one directory lies inside another, so that archives may hold the same files
 * @param remarks  what a person should know
 */
record RestorePlan(RestoreOrder order, List<Part> archives, boolean nested, List<String> remarks) {

    /** What the line of its identity that names the backup starts with. */
    static final String BACKUP = "backup=";

    /**
     * One archive.
     *
     * @param archive what it holds
     * @param target  where its members go
     * @param volumes its objects, in the order of extraction
     */
    record Part(Archive archive, Path target, List<BackupFile> volumes) {

        long bytes() {
            return volumes.stream().mapToLong(BackupFile::size).sum();
        }
    }

    /**
     * Makes the plan.
     *
     * @throws BackupIncomplete    when objects are missing or ambiguous
     * @throws DestinationUnusable when the tablespaces cannot go where they shall
     */
    static RestorePlan of(RestoreOrder order) {
        BackupInfo info = order.backup().info();
        String id = order.backup().id().value();
        List<String> remarks = new ArrayList<>();
        Map<String, List<BackupFile>> byArchive = order.files().stream()
                .collect(Collectors.groupingBy(file -> file.archive().stem(), TreeMap::new, Collectors.toList()));
        List<Part> parts = new ArrayList<>();
        parts.add(part(id, new Archive.Data(), order.destination().dataDirectory(), byArchive));
        List<TablespaceLocation> separate = info.tablespaces().stream()
                .filter(tablespace -> tablespace.location().startsWith("/"))
                .toList();
        try {
            order.destination().tablespaces().check(separate);
            for (TablespaceLocation tablespace : separate) {
                parts.add(part(id, new Archive.Tablespace(tablespace.oid()), target(order, tablespace), byArchive));
            }
        } catch (InvalidPathException e) {
            throw new DestinationUnusable("no directory for a tablespace: " + e.getMessage(), e);
        } catch (IllegalArgumentException e) {
            throw new DestinationUnusable("cannot place the tablespaces: " + e.getMessage(), e);
        }
        byArchive.forEach((stem, files) -> remarks.add(files.size() + " objects of " + stem
                + " are not restored: the record of the backup has no such tablespace"));
        return new RestorePlan(order, List.copyOf(parts), isNested(parts, remarks), List.copyOf(remarks));
    }

    private static Path target(RestoreOrder order, TablespaceLocation tablespace) {
        Path target = order.destination().tablespaces().target(tablespace);
        if (!target.isAbsolute()) {
            throw new IllegalArgumentException(
                    "the directory for tablespace " + tablespace.name() + " must be absolute: " + target);
        }
        return target.normalize();
    }

    private static Part part(String id, Archive archive, Path target, Map<String, List<BackupFile>> byArchive) {
        List<BackupFile> found = byArchive.remove(archive.stem());
        List<BackupFile> volumes = new ArrayList<>(found == null ? List.of() : found);
        // By number: in the order of the text, volume 10000 would come before 9999.
        volumes.sort(Comparator.comparingInt(BackupFile::volume).thenComparing(BackupFile::key));
        for (int i = 0; i < volumes.size(); i++) {
            BackupFile file = volumes.get(i);
            if (i > 0 && file.volume() == volumes.get(i - 1).volume()) {
                throw new BackupIncomplete("backup " + id + " is ambiguous: "
                        + volumes.get(i - 1).key().name() + " and " + file.key().name()
                        + " cannot both be part of it");
            }
            if (file.volume() != i) {
                throw missing(id, archive, i);
            }
        }
        if (volumes.isEmpty()) {
            throw missing(id, archive, 0);
        }
        return new Part(archive, target, List.copyOf(volumes));
    }

    /** Volumes are numbered without a gap, so a gap is an object that got lost. */
    private static BackupIncomplete missing(String id, Archive archive, int volume) {
        String name = BackupFile.name(archive, volume, Compression.NONE);
        return new BackupIncomplete("backup " + id + " is incomplete: there is no object " + name
                + ", compressed or not; choose another backup");
    }

    private static boolean isNested(List<Part> parts, List<String> remarks) {
        boolean nested = false;
        for (Part inner : parts) {
            for (Part outer : parts) {
                if (inner.archive().equals(outer.archive()) || !inner.target().startsWith(outer.target())) {
                    continue;
                }
                if (inner.target().equals(outer.target())) {
                    throw new DestinationUnusable(
                            inner.archive() + " and " + outer.archive() + " cannot both go to " + inner.target(), null);
                }
                if (!(outer.archive() instanceof Archive.Data)) {
                    throw new DestinationUnusable(
                            "the directory of tablespace " + inner.archive() + ", " + inner.target()
                                    + ", lies inside that of tablespace " + outer.archive() + ", " + outer.target(),
                            null);
                }
                nested = true;
                remarks.add("the directory of tablespace " + inner.archive() + ", " + inner.target()
                        + ", lies inside the data directory, which PostgreSQL advises against");
            }
        }
        return nested;
    }

    List<BackupFile> volumes() {
        return archives.stream().flatMap(part -> part.volumes().stream()).toList();
    }

    long totalBytes() {
        return archives.stream().mapToLong(Part::bytes).sum();
    }

    /**
     * What makes this restore this one: another that says the same may go on with its work.
     *
     * @param source where the objects are
     */
    List<String> identity(String source) {
        List<String> lines = new ArrayList<>();
        lines.add("format=1");
        lines.add("source=" + oneLine(source));
        lines.add(BACKUP + order.backup().id());
        order.backup().info().systemIdentifier().ifPresent(id -> lines.add("system=" + oneLine(id)));
        for (Part part : archives) {
            lines.add("target=" + part.archive() + " " + oneLine(part.target().toString()));
            for (BackupFile file : part.volumes()) {
                lines.add("object=" + file.size() + " " + file.key());
            }
        }
        order.destination().walVolume().ifPresent(path -> lines.add("wal=" + oneLine(path.toString())));
        return lines;
    }

    private static String oneLine(String text) {
        return text.replace("\\", "\\\\").replace("\n", "\\n").replace("\r", "\\r");
    }
}
