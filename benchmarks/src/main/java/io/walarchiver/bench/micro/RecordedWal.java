package io.walarchiver.bench.micro;

import io.walarchiver.bench.postgres.WalCorpus;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.sql.SQLException;
import java.util.ArrayList;
import java.util.List;

/** The WAL that benchmarks work on, the same for all of them. */
final class RecordedWal {

    /** Enough that no cache holds them all. */
    static final int SEGMENTS = 16;

    private RecordedWal() {}

    static WalCorpus corpus() {
        try {
            return WalCorpus.recorded(SEGMENTS);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (SQLException e) {
            throw new IllegalStateException("cannot record WAL", e);
        }
    }

    /** The first {@code count} segments in direct buffers. */
    static List<ByteBuffer> direct(int count) {
        List<ByteBuffer> all = new ArrayList<>();
        for (Path file : corpus().oltp().subList(0, count)) {
            try (FileChannel channel = FileChannel.open(file)) {
                ByteBuffer buffer = ByteBuffer.allocateDirect(Math.toIntExact(channel.size()));
                while (buffer.hasRemaining() && channel.read(buffer) >= 0) {
                    // Until the buffer or the file ends.
                }
                all.add(buffer.flip());
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return all;
    }
}
