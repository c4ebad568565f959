package io.walarchiver.backup.base;

import static io.walarchiver.backup.base.BackupFixture.PATIENCE;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.walarchiver.backup.base.ScriptedSession.Call;
import io.walarchiver.store.PutOptions;
import io.walarchiver.testing.FakeCluster;
import io.walarchiver.wal.SegmentSize;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.UnaryOperator;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import reactor.core.Disposable;

/** Backups that are not begun, each with the reason. None of them leaves a record. */
@Timeout(120)
class BackupRefusalTest {

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
        assertThat(fixture.store.keys()).isEmpty();
        fixture.close();
    }

    private void assertRefused(Class<? extends BackupException> type, String... words) {
        assertThatThrownBy(() -> fixture.take())
                .isInstanceOf(type)
                .message()
                .satisfies(message -> assertThat(message).contains(words));
        assertThat(fixture.session.calls).doesNotContain(Call.START);
    }

    @Test
    void anotherClustersServerIsRefused() {
        ServerFacts facts = fixture.session.facts();
        fixture.session.facts(with(facts, 42, facts.dataDirectory()));
        assertRefused(BackupException.WrongDataDirectory.class, "42", Long.toString(FakeCluster.SYSTEM_IDENTIFIER));
    }

    @Test
    void aServerOnACopyIsRefused() throws IOException {
        // A standby of the same cluster, on the same host.
        Path other = directory.resolve("other");
        FakeCluster unused = FakeCluster.create(other, SegmentSize.DEFAULT);
        ServerFacts facts = fixture.session.facts();
        fixture.session.facts(with(facts, facts.systemIdentifier(), other.toString()));
        assertRefused(BackupException.WrongDataDirectory.class, other.toString(), fixture.pgdata.toString());
    }

    @Test
    void aServerWhoseDirectoryIsNotHereIsRefused() {
        ServerFacts facts = fixture.session.facts();
        fixture.session.facts(with(facts, facts.systemIdentifier(), "/not/on/this/host"));
        assertRefused(BackupException.WrongDataDirectory.class, "/not/on/this/host");
    }

    @Test
    void theSameDirectoryByAnotherPathIsTheSame() throws IOException {
        Path link = Files.createSymbolicLink(directory.resolve("link"), fixture.pgdata);
        ServerFacts facts = fixture.session.facts();
        fixture.session.facts(with(facts, facts.systemIdentifier(), link.toString()));

        CompletedBackup backup = fixture.take();

        assertThat(fixture.objects(backup.id())).containsExactly("backup.info", "data.tar");
        fixture.store.keys().forEach(fixture.store::remove);
    }

    @Test
    void aDirectoryWithoutAClusterIsRefused() throws IOException {
        Files.delete(fixture.pgdata.resolve("global/pg_control"));
        assertRefused(BackupException.WrongDataDirectory.class, "pg_control");
    }

    @Test
    void missingConfigurationIsRefused() throws IOException {
        Files.delete(fixture.pgdata.resolve("pg_hba.conf"));
        assertRefused(BackupException.SourceUnusable.class, "pg_hba.conf");
    }

    @ParameterizedTest
    @ValueSource(strings = {"20310405T060708", "latest", "last-failed", "auto", "", "two\nlines", " blank"})
    void aNameThatCannotBeOneIsRefused(String name) {
        assertThatThrownBy(() -> fixture.backup().take(Optional.of(name)).block(PATIENCE))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("not a name for a backup");
        assertThat(fixture.session.calls).isEmpty();
    }

    @Test
    void aSecondBackupIsRefusedWhileOneIsTaken() {
        fixture.session.hang(Call.CONNECT);
        BaseBackup backup = fixture.backup();
        Disposable first = backup.take(Optional.empty()).subscribe();
        Awaitility.await().atMost(PATIENCE).until(() -> fixture.session.calls.contains(Call.CONNECT));

        assertThatThrownBy(() -> backup.take(Optional.empty()).block(PATIENCE))
                .isInstanceOf(BackupException.AlreadyRunning.class)
                .hasMessageContaining("scripted server");

        first.dispose();
        backup.idle().block(PATIENCE);
        fixture.session.script(Call.CONNECT, answer -> answer);
        assertThat(backup.take(Optional.empty()).block(PATIENCE)).isNotNull();
        fixture.store.keys().forEach(fixture.store::remove);
    }

    @Test
    void settingsThatMakeNoSenseAreRefused() {
        BackupSettings good = BackupSettings.of(BackupFixture.LAYOUT);
        assertThat(good.options()).isEqualTo(PutOptions.NONE);
        List<UnaryOperator<BackupSettings>> bad = List.of(
                settings -> settings.withJobs(0),
                settings -> settings.withJobs(65),
                settings -> settings.withMaxArchiveBytes(0),
                settings -> settings.withMaxArchiveBytes((1L << 40) + 1),
                settings -> settings.withMinPartBytes((5 << 20) - 1),
                settings -> settings.withBytesPerSecond(OptionalLong.of(0)),
                settings -> settings.withWalPatience(Duration.ofSeconds(-1)));
        assertThat(bad)
                .allSatisfy(change ->
                        assertThatThrownBy(() -> change.apply(good)).isInstanceOf(IllegalArgumentException.class));
    }

    private static ServerFacts with(ServerFacts facts, long systemIdentifier, String dataDirectory) {
        return new ServerFacts(
                facts.version(),
                systemIdentifier,
                facts.inRecovery(),
                facts.archiveMode(),
                dataDirectory,
                facts.segmentSize(),
                facts.blockSize(),
                facts.relationSegmentBlocks(),
                facts.configFile(),
                facts.hbaFile(),
                facts.identFile(),
                facts.includedFiles(),
                facts.tablespaces(),
                facts.clusterSizeBytes());
    }
}
