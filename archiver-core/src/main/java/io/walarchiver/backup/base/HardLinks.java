package io.walarchiver.backup.base;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Files with several names that stand in one volume. Only the latest of them are remembered: a file whose first name was
 * forgotten is stored once more, which costs room and nothing else. After {@code pg_upgrade --link} every file of a
 * cluster has a second name.
 */
final class HardLinks {

    private static final int REMEMBERED = 10_000;

    private final Map<FileStatus.Key, String> names = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1L;

        @Override
        protected boolean removeEldestEntry(Map.Entry<FileStatus.Key, String> eldest) {
            return size() > REMEMBERED;
        }
    };

    /** The member that already holds the file; null when there is none. */
    @Nullable
    String memberWith(FileStatus status) {
        return status.links() > 1 ? names.get(status.key()) : null;
    }

    /** The file stands in the volume now. */
    void stored(FileStatus status, String member) {
        if (status.links() > 1) {
            names.put(status.key(), member);
        }
    }
}
