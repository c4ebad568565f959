package io.walarchiver.backup.recovery;

import static io.walarchiver.backup.recovery.RecoveryFixture.end;
import static io.walarchiver.backup.recovery.RecoveryFixture.noise;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.walarchiver.backup.tar.TarBytes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarConstants;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Owners, which only root can give away. */
class OwnersTest {

    @TempDir
    Path directory;

    @BeforeEach
    void onlyForRoot() throws IOException {
        assumeThat(Files.getAttribute(Path.of("/proc/self"), "unix:uid"))
                .as("owners are restored when running as root")
                .isEqualTo(0);
    }

    private static List<Object> owner(Path path) throws IOException {
        return List.of(
                Files.getAttribute(path, "unix:uid", LinkOption.NOFOLLOW_LINKS),
                Files.getAttribute(path, "unix:gid", LinkOption.NOFOLLOW_LINKS));
    }

    private RecoveryFixture fixture() {
        RecoveryFixture fixture = new RecoveryFixture(directory);
        fixture.withTablespaces("");
        TarBytes tar = new TarBytes()
                .owner(4711, 4712)
                .directory(".", 0700)
                .file("PG_VERSION", "17\n")
                .directory("global", 0700)
                .symbolicLink("link", "PG_VERSION")
                .add("named", TarConstants.LF_NORMAL, noise(3), entry -> {
                    entry.setUserName("nobody");
                    entry.setGroupName("no such group, surely");
                })
                .owner(0, 4712);
        fixture.place("data.tar", end(tar).bytes());
        return fixture;
    }

    @Test
    void rootGivesFilesToTheirOwners() throws IOException {
        RecoveryFixture fixture = fixture();

        fixture.done();

        List<Object> expected = List.of(4711, 4712);
        for (String name :
                List.of("", "PG_VERSION", "global", "link", "pg_wal", "pg_tblspc", "pg_tblspc/16384", "backup_label")) {
            assertThat(owner(fixture.pgdata.resolve(name))).as(name).isEqualTo(expected);
        }
        assertThat(owner(directory.resolve("restored/space0"))).isEqualTo(expected);
        Object nobody = Files.getAttribute(fixture.pgdata.resolve("named"), "unix:uid");
        assertThat(nobody).isNotEqualTo(4711);
        assertThat(owner(fixture.pgdata.resolve("named")).get(1)).isEqualTo(4712);
        fixture.assertNothingHeld();
    }

    @Test
    void whoDoesNotWantThemKeepsEverything() throws IOException {
        RecoveryFixture fixture = fixture();
        fixture.settings = fixture.settings.withOwnership(BackupRestoreSettings.Ownership.IGNORE);

        fixture.done();

        for (String name : List.of("", "PG_VERSION", "link", "named", "backup_label")) {
            assertThat(owner(fixture.pgdata.resolve(name))).as(name).isEqualTo(List.of(0, 0));
        }
        fixture.assertNothingHeld();
    }
}
