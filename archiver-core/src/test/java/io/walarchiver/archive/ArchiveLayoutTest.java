package io.walarchiver.archive;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import io.walarchiver.codec.Compression;
import io.walarchiver.store.ObjectKey;
import io.walarchiver.wal.WalFileName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ArchiveLayoutTest {

    private final ArchiveLayout layout = new ArchiveLayout("pg/main", "orders-db");

    @ParameterizedTest
    @CsvSource({
        "0000000A000000020000003F, pg/main/orders-db/wals/0000000A00000002/0000000A000000020000003F",
        "0000000A000000020000003F.partial, pg/main/orders-db/wals/0000000A00000002/0000000A000000020000003F.partial",
        "0000000A000000020000003F.00000028.backup,"
                + " pg/main/orders-db/wals/0000000A00000002/0000000A000000020000003F.00000028.backup",
        "0000000B.history, pg/main/orders-db/wals/0000000B.history"
    })
    void everyKindHasItsPlace(String name, String key) {
        assertThat(layout.walKey(WalFileName.parse(name), Compression.NONE)).hasToString(key);
        assertThat(layout.walKey(WalFileName.parse(name), Compression.ZSTD)).hasToString(key + ".zst");
    }

    @ParameterizedTest
    @EnumSource(Compression.class)
    void aKeyTellsItsFile(Compression compression) {
        WalFileName name = WalFileName.parse("0000000A000000020000003F.partial");

        assertThat(layout.walFileOf(layout.walKey(name, compression))).contains(name);
    }

    @ParameterizedTest
    @CsvSource({
        "pg/main/orders-db/wals/0000000A00000002/readme.txt",
        "pg/main/orders-db/wals/0000000A00000002/0000000A000000020000003F.tmp",
        "pg/main/orders-db/wals/0000000A00000002/0000000A000000020000003F.gz.gz",
        "pg/main/orders-db/base/20260101T000000/backup.info",
        "pg/main/other-db/wals/0000000B.history"
    })
    void otherKeysAreNoWal(String key) {
        assertThat(layout.walFileOf(new ObjectKey(key))).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({"'', srv/wals/", "/x, x/srv/wals/", "x/, x/srv/wals/", "//x/y//, x/y/srv/wals/"})
    void slashesAroundThePrefixDoNotMatter(String prefix, String walPrefix) {
        assertThat(new ArchiveLayout(prefix, "srv").walPrefix()).isEqualTo(walPrefix);
    }

    @Test
    void aServerNameIsOnePartOfTheKey() {
        assertThatIllegalArgumentException().isThrownBy(() -> new ArchiveLayout("x", "a/b"));
        assertThatIllegalArgumentException().isThrownBy(() -> new ArchiveLayout("x", " "));
    }
}
