package io.walarchiver.backup.base;

import static io.walarchiver.backup.base.BackupFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class BaseBackupTest {

    @TempDir
    Path directory;

    private BackupFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new BackupFixture(directory);
    }

    @AfterEach
    void close() {
        fixture.assertNothingHeld();
        fixture.close();
    }

    @Test
    void aBackupIsATarAndARecord() throws IOException {
        fixture.noise("base/1/16384", 100_000);

        CompletedBackup backup = fixture.backup().take(Optional.of("nightly")).block(PATIENCE);

        assertThat(backup).isNotNull();
        assertThat(fixture.objects(backup.id())).containsExactly("backup.info", "data.tar");
        StoredTar tar = fixture.tar(backup.id(), "data.tar");
        assertThat(tar.names())
                .containsExactly(
                        "./",
                        "./PG_VERSION",
                        "./pg_hba.conf",
                        "./pg_ident.conf",
                        "./postgresql.conf",
                        "base/",
                        "base/1/",
                        "base/1/16384",
                        "global/",
                        "pg_notify/",
                        "pg_stat_tmp/",
                        "pg_tblspc/",
                        "pg_wal/",
                        "global/pg_control",
                        "backup_label");
    }
}
