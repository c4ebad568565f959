package io.walarchiver.archive;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.codec.ContentDigest;
import io.walarchiver.wal.WalFileName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ArchiveJournalTest {

    private static final WalFileName FIRST = WalFileName.parse("000000010000000000000001");
    private static final WalFileName SECOND = WalFileName.parse("000000010000000000000002");
    private static final FileIdentity IDENTITY = new FileIdentity(1 << 20, 123_456_789, 42);
    private static final ContentDigest DIGEST = ContentDigest.parse("crc64nvme:00112233aabbccdd");

    @TempDir
    Path directory;

    private Path file() {
        return directory.resolve("state/archived.journal");
    }

    private ArchiveJournal open() {
        return ArchiveJournal.open(file(), "s3://bucket server 7");
    }

    @Test
    void remembersAcrossReopening() {
        try (ArchiveJournal journal = open()) {
            journal.add(FIRST, IDENTITY, DIGEST);
        }

        try (ArchiveJournal journal = open()) {
            assertThat(journal.find(FIRST, IDENTITY)).contains(DIGEST);
            assertThat(journal.find(SECOND, IDENTITY)).isEmpty();
        }
    }

    @Test
    void believesOnlyTheSameFile() {
        try (ArchiveJournal journal = open()) {
            journal.add(FIRST, IDENTITY, DIGEST);

            assertThat(journal.find(FIRST, new FileIdentity(1 << 20, 123_456_789, 43)))
                    .isEmpty();
            assertThat(journal.find(FIRST, new FileIdentity(1 << 20, 123_456_788, 42)))
                    .isEmpty();
            assertThat(journal.find(FIRST, new FileIdentity((1 << 20) - 1, 123_456_789, 42)))
                    .isEmpty();
        }
    }

    @Test
    void aJournalOfAnotherArchiveIsDropped() {
        try (ArchiveJournal journal = open()) {
            journal.add(FIRST, IDENTITY, DIGEST);
        }

        try (ArchiveJournal journal = ArchiveJournal.open(file(), "s3://elsewhere server 7")) {
            assertThat(journal.names()).isEmpty();
        }
    }

    @Test
    void aTornLastLineIsIgnoredAtEveryLength() throws IOException {
        try (ArchiveJournal journal = open()) {
            journal.add(FIRST, IDENTITY, DIGEST);
            journal.add(SECOND, IDENTITY, DIGEST);
        }
        String whole = Files.readString(file());
        int lastLine = whole.indexOf('\n', whole.indexOf(FIRST.toString())) + 1;
        for (int length = lastLine; length < whole.length(); length++) {
            Files.writeString(file(), whole.substring(0, length), StandardOpenOption.TRUNCATE_EXISTING);
            try (ArchiveJournal journal = open()) {
                assertThat(journal.names()).as("cut at %s", length).hasSize(1);
            }
        }
    }

    @Test
    void damagedLinesAreIgnored() throws IOException {
        try (ArchiveJournal journal = open()) {
            journal.add(FIRST, IDENTITY, DIGEST);
        }
        Files.writeString(file(), "nonsense\n" + SECOND + " a b c d\n\u0000\n", StandardOpenOption.APPEND);

        try (ArchiveJournal journal = open()) {
            assertThat(journal.names()).containsExactly(FIRST);
        }
    }

    @Test
    void forgetsWhatPostgresWillNotAskForAgain() {
        try (ArchiveJournal journal = open()) {
            journal.add(FIRST, IDENTITY, DIGEST);
            Set<WalFileName> before = journal.names();
            journal.add(SECOND, IDENTITY, DIGEST);

            journal.forget(before, Set.of());

            assertThat(journal.names()).containsExactly(SECOND);
        }
    }

    @Test
    void stopsGrowing() throws IOException {
        try (ArchiveJournal journal = open()) {
            for (int i = 0; i < 40_000; i++) {
                WalFileName name = WalFileName.parse(String.format("0000000100000000%08X", i % 4096));
                journal.add(name, IDENTITY, DIGEST);
                if (i % 100 == 0) {
                    journal.forget(journal.names(), Set.of());
                }
            }

            assertThat(Files.size(file())).isLessThan(2 << 20);
        }
    }

    @Test
    void aLongListIsNotRewrittenWithEveryAddition() throws IOException {
        try (ArchiveJournal journal = open()) {
            int rewrites = 0;
            long inode = FileIdentity.of(file()).orElseThrow().inode();
            for (int i = 0; i < 20_000; i++) {
                journal.add(WalFileName.parse(String.format("00000001%08X%08X", i / 4096, i % 4096)), IDENTITY, DIGEST);
                long now = FileIdentity.of(file()).orElseThrow().inode();
                rewrites += now == inode ? 0 : 1;
                inode = now;
            }

            assertThat(rewrites).isLessThan(3);
        }
    }

    @Test
    void aPlaceThatCanBeWrittenAgainIsWrittenAgain() throws IOException {
        Path blocked = directory.resolve("state");
        Files.writeString(blocked, "a file where the directory should be");
        try (ArchiveJournal journal = open()) {
            journal.add(FIRST, IDENTITY, DIGEST);
            assertThat(journal.isWritable()).isFalse();
            Files.delete(blocked);

            for (int i = 0; i < ArchiveJournal.RETRY_ADDITIONS; i++) {
                journal.add(SECOND, IDENTITY, DIGEST);
            }

            assertThat(journal.isWritable()).isTrue();
        }
        try (ArchiveJournal journal = open()) {
            assertThat(journal.names()).containsExactlyInAnyOrder(FIRST, SECOND);
        }
    }

    @Test
    void askingWhetherItIsWrittenDoesNotWaitForTheDisk() throws Exception {
        try (ArchiveJournal journal = open()) {
            synchronized (journal) {
                assertThat(CompletableFuture.supplyAsync(journal::isWritable).get(10, TimeUnit.SECONDS))
                        .isTrue();
            }
        }
    }

    @Test
    void aPlaceThatCannotBeWrittenCostsTheMemoryOnly() throws IOException {
        Files.writeString(directory.resolve("state"), "a file where the directory should be");

        try (ArchiveJournal journal = open()) {
            journal.add(FIRST, IDENTITY, DIGEST);

            assertThat(journal.isWritable()).isFalse();
            assertThat(journal.find(FIRST, IDENTITY)).contains(DIGEST);
        }
    }
}
