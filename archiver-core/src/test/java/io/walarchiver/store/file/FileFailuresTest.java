package io.walarchiver.store.file;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.walarchiver.store.StoreException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileFailuresTest {

    @TempDir
    private Path root;

    private Throwable map(Throwable failure) {
        return new FileFailures(root).map("put of key", failure);
    }

    @Test
    void fullDiskIsUnavailableAndNamed() {
        // The device that answers every write as a full disk does.
        Throwable full = catchThrowable(() -> {
            try (FileChannel channel = FileChannel.open(Path.of("/dev/full"), StandardOpenOption.WRITE)) {
                assertThat(channel.write(ByteBuffer.allocate(10))).isPositive();
            }
        });

        assertThat(map(full))
                .isInstanceOf(StoreException.Unavailable.class)
                .hasMessageContaining("put of key")
                .hasMessageContaining("no space left for %s", root)
                .hasCause(full);
    }

    @Test
    void missingRightIsAccessDenied() {
        assertThat(map(new AccessDeniedException(root + "/server")))
                .isInstanceOf(StoreException.AccessDenied.class)
                .hasMessageContaining("%s/server", root)
                .hasMessageContaining(System.getProperty("user.name"));
    }

    @Test
    void anyOtherFailureOfTheDiskIsUnavailable() {
        assertThat(map(new IOException("Input/output error")))
                .isInstanceOf(StoreException.Unavailable.class)
                .hasMessageContaining("Input/output error");
    }

    @Test
    void missingHardLinksAreExplained() {
        assertThat(map(new UnsupportedOperationException()))
                .isInstanceOf(StoreException.Rejected.class)
                .hasMessageContaining("hard links");
    }

    @Test
    void failuresOfThePortAndOfTheProgramAreKept() {
        StoreException.NotFound notFound = new StoreException.NotFound("x", StoreException.Detail.NONE);
        IllegalStateException bug = new IllegalStateException("bug");

        assertThat(map(notFound)).isSameAs(notFound);
        assertThat(map(bug)).isSameAs(bug);
    }
}
