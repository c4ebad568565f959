package io.walarchiver.backup.base;

import io.walarchiver.archive.PageCache;
import io.walarchiver.backup.tar.MemberContent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A file on its way into a tar archive, read in large pieces, its pages looked at in passing. Blocks; for one thread at a
 * time.
 */
final class FileContent implements MemberContent {

    private final Path path;
    private final FileChannel channel;
    private final long size;
    private final ByteBuffer window;
    private final PageVerification.@Nullable OfFile pages;
    private final LongConsumer progress;
    private final PageCache.Reading cache;
    private long position;

    /**
     * @param channel  closed with this
     * @param size     how much is wanted of it
     * @param window   memory nobody else uses as long as this is open; a multiple of the page size
     * @param pages    null when there is nothing to verify
     * @param progress is told how many bytes were read
     */
    FileContent(
            Path path,
            FileChannel channel,
            long size,
            ByteBuffer window,
            PageVerification.@Nullable OfFile pages,
            LongConsumer progress) {
        this.path = path;
        this.channel = channel;
        this.size = size;
        this.window = window.clear().limit(0);
        this.pages = pages;
        this.progress = progress;
        this.cache = PageCache.read(path, size);
    }

    @Override
    public int read(ByteBuffer target) throws IOException {
        if (!window.hasRemaining() && !fillWindow()) {
            return -1;
        }
        int count = Math.min(window.remaining(), target.remaining());
        target.put(window.slice().limit(count));
        window.position(window.position() + count);
        return count;
    }

    private boolean fillWindow() throws IOException {
        window.clear().limit((int) Math.min(window.capacity(), size - position));
        cache.ahead(position);
        try {
            while (window.hasRemaining()) {
                if (channel.read(window, position + window.position()) < 0) {
                    break;
                }
            }
            window.flip();
            if (pages != null) {
                pages.verify(window, channel, position);
            }
        } catch (IOException e) {
            window.limit(0);
            throw new BackupException.SourceUnusable("cannot read " + path + ": " + e.getMessage(), e);
        }
        position += window.remaining();
        progress.accept(window.remaining());
        return window.hasRemaining();
    }

    @Override
    public void close() throws IOException {
        try (cache) {
            channel.close();
        }
    }
}
