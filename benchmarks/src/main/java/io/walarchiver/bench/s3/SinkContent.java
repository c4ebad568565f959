package io.walarchiver.bench.s3;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The bytes of an object or of a part. */
sealed interface SinkContent {

    long length();

    /** Writes {@code count} bytes from {@code offset} on. */
    void writeTo(OutputStream out, long offset, long count) throws IOException;

    /** Frees what is not memory. */
    void delete() throws IOException;

    /** In memory. */
    record Bytes(byte[] bytes) implements SinkContent {
        @Override
        public long length() {
            return bytes.length;
        }

        @Override
        public void writeTo(OutputStream out, long offset, long count) throws IOException {
            out.write(bytes, (int) offset, (int) count);
        }

        @Override
        public void delete() {
            // Nobody refers to it any more.
        }
    }

    /** In a file, for more than fits in memory; the page cache makes it nearly as fast. */
    record InFile(Path file, long length) implements SinkContent {
        @Override
        public void writeTo(OutputStream out, long offset, long count) throws IOException {
            byte[] chunk = new byte[1 << 16];
            try (InputStream in = Files.newInputStream(file)) {
                in.skipNBytes(offset);
                for (long left = count; left > 0; ) {
                    int read = in.readNBytes(chunk, 0, (int) Math.min(chunk.length, left));
                    if (read == 0) {
                        throw new IOException(file + " is shorter than it was");
                    }
                    out.write(chunk, 0, read);
                    left -= read;
                }
            }
        }

        @Override
        public void delete() throws IOException {
            Files.deleteIfExists(file);
        }
    }

    /** The parts of an upload, one behind the other. */
    record Joined(List<SinkContent> parts, long length) implements SinkContent {

        static Joined of(List<SinkContent> parts) {
            return new Joined(
                    List.copyOf(parts),
                    parts.stream().mapToLong(SinkContent::length).sum());
        }

        @Override
        public void writeTo(OutputStream out, long offset, long count) throws IOException {
            long skip = offset;
            long left = count;
            for (SinkContent part : parts) {
                if (skip >= part.length()) {
                    skip -= part.length();
                } else if (left > 0) {
                    long here = Math.min(left, part.length() - skip);
                    part.writeTo(out, skip, here);
                    left -= here;
                    skip = 0;
                }
            }
        }

        @Override
        public void delete() throws IOException {
            for (SinkContent part : parts) {
                part.delete();
            }
        }
    }
}
