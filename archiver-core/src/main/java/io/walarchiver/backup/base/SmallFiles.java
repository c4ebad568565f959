package io.walarchiver.backup.base;

import io.walarchiver.backup.tar.MemberAttributes;
import io.walarchiver.backup.tar.TarMember;
import java.io.IOException;
import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Members that are read as a whole when their turn comes. */
final class SmallFiles implements MemberSource {

    /** One of them. */
    record SmallFile(String name, Loader loader) {}

    /** Reads a file. Blocks. */
    interface Loader {
        Loaded load() throws IOException;
    }

    /** A file in memory. */
    record Loaded(MemberAttributes attributes, byte[] content) {}

    private final Iterator<SmallFile> files;
    private final BackupCounters counters;
    private @Nullable SmallFile current;

    SmallFiles(List<SmallFile> files, BackupCounters counters) {
        this.files = files.iterator();
        this.counters = counters;
    }

    @Override
    public boolean advance() {
        current = files.hasNext() ? files.next() : null;
        return current != null;
    }

    @Override
    public long size() {
        // Small enough not to matter for anything.
        return 0;
    }

    @Override
    public TarMember open(HardLinks links) throws IOException {
        SmallFile file = current;
        if (file == null) {
            throw new IllegalStateException("there is no member");
        }
        Loaded loaded = file.loader().load();
        counters.fileOpened();
        counters.bytesRead(loaded.content().length);
        return new TarMember.RegularFile(
                file.name(), loaded.attributes(), loaded.content().length, new BytesContent(loaded.content()));
    }
}
