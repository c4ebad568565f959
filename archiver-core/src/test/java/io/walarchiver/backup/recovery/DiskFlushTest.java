package io.walarchiver.backup.recovery;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
final class DiskFlushTest {

    @TempDir
    Path directory;

    @Test
    void aTreeIsFlushedWhateverIsInItAndNoThreadStays() throws IOException {
        for (int i = 0; i < 300; i++) {
            Path nested = Files.createDirectories(directory.resolve("base/" + i % 7));
            Files.writeString(nested.resolve(Integer.toString(i)), "content " + i);
        }
        Files.createSymbolicLink(directory.resolve("nowhere"), Path.of("/does/not/exist"));
        Files.createDirectory(directory.resolve("empty"));

        DiskFlush.tree(directory);

        assertThat(directory.resolve("base/3/3")).hasContent("content 3");
        await().atMost(Duration.ofSeconds(20))
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith(RestoreRun.THREADS + "flush")));
    }

    /** The kernel offers files that cannot be flushed: what it makes up when it is asked. */
    @Test
    void aFileThatCannotBeFlushedIsAFailure() {
        assertThatThrownBy(() -> DiskFlush.tree(Path.of("/proc/sys/kernel/random")))
                .isInstanceOf(IOException.class);
    }

    @Test
    void aTreeThatIsGoneIsAFailure() {
        assertThatThrownBy(() -> DiskFlush.tree(directory.resolve("gone"))).isInstanceOf(IOException.class);
    }
}
