package io.walarchiver.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import com.sun.jna.Library;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageCacheTest {

    /** The calls that tell which pages of a file are in memory: {@code mincore(2)}. */
    interface LibC extends Library {
        int open(String path, int flags);

        Pointer mmap(Pointer address, long length, int protection, int flags, int fd, long offset);

        int mincore(Pointer address, long length, byte[] pages);

        int munmap(Pointer address, long length);

        int close(int fd);
    }

    private static final LibC LIBC = Native.load("c", LibC.class);

    @TempDir
    Path directory;

    private static int residentPages(Path file) throws IOException {
        long length = Files.size(file);
        int fd = LIBC.open(file.toString(), 0);
        Pointer mapping = LIBC.mmap(Pointer.NULL, length, 1, 1, fd, 0);
        byte[] pages = new byte[(int) (length / 4096)];
        assertThat(LIBC.mincore(mapping, length, pages)).isZero();
        assertThat(LIBC.munmap(mapping, length)).isZero();
        assertThat(LIBC.close(fd)).isZero();
        int resident = 0;
        for (byte page : pages) {
            resident += page & 1;
        }
        return resident;
    }

    @Test
    void droppingKeepsTheContent() throws IOException {
        byte[] content = "some content".repeat(10_000).getBytes(StandardCharsets.US_ASCII);
        Path file = directory.resolve("segment");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            assertThat(channel.write(ByteBuffer.wrap(content))).isEqualTo(content.length);
            channel.force(true);
        }

        PageCache.drop(file);

        assertThat(Files.readAllBytes(file)).isEqualTo(content);
    }

    @Test
    void theKernelDropsTheCleanPages() throws Exception {
        Path file = directory.resolve("segment");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            assertThat(channel.write(ByteBuffer.allocate(1 << 20))).isEqualTo(1 << 20);
            channel.force(true);
        }
        assertThat(residentPages(file)).isPositive();

        PageCache.drop(file);

        // A file system in memory has nothing to drop.
        if (!Files.getFileStore(file).type().equals("tmpfs")) {
            assertThat(residentPages(file)).isZero();
        }
    }

    @Test
    void aMissingFileDoesNotMatter() {
        PageCache.drop(directory.resolve("absent"));

        assertThat(directory).isEmptyDirectory();
    }

    private static final int LARGE = 8 << 20;

    private Path largeFile() throws IOException {
        Path file = directory.resolve("relation");
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
            assertThat(channel.write(ByteBuffer.allocate(LARGE))).isEqualTo(LARGE);
            channel.force(true);
        }
        return file;
    }

    private static void readOnce(Path file) throws IOException {
        try (PageCache.Reading reading = PageCache.read(file, LARGE);
                FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer window = ByteBuffer.allocate(1 << 18);
            for (long position = 0; position < LARGE; position += window.capacity()) {
                reading.ahead(position);
                assertThat(channel.read(window.clear(), position)).isPositive();
            }
        }
    }

    @Test
    void aFileThatWasNotInMemoryIsNotAfterItWasReadOnce() throws IOException {
        Path file = largeFile();
        assumeFalse(Files.getFileStore(file).type().equals("tmpfs"), "a file system in memory has nothing to drop");
        PageCache.drop(file);
        assertThat(residentPages(file)).isZero();

        readOnce(file);

        assertThat(residentPages(file)).isZero();
    }

    @Test
    void aFileThatWasInMemoryStaysThere() throws IOException {
        Path file = largeFile();
        int before = residentPages(file);
        assertThat(before).isEqualTo(LARGE / 4096);

        readOnce(file);

        assertThat(residentPages(file)).isEqualTo(before);
    }

    @Test
    void readingAheadBringsTheNextPagesIn() throws IOException {
        Path file = largeFile();
        assumeFalse(Files.getFileStore(file).type().equals("tmpfs"), "a file system in memory has all of them");
        PageCache.drop(file);

        try (PageCache.Reading reading = PageCache.read(file, LARGE)) {
            reading.ahead(0);

            Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> residentPages(file) >= (1 << 20) / 4096);
        }
    }

    @Test
    void aFileThatCannotBeOpenedIsNoTrouble() {
        try (PageCache.Reading reading = PageCache.read(directory.resolve("absent"), LARGE)) {
            reading.ahead(0);
        }
        assertThat(directory).isEmptyDirectory();
    }
}
