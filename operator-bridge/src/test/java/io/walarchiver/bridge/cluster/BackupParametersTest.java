package io.walarchiver.bridge.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class BackupParametersTest {

    private static final String US = "walarchiver.io";
    private static final String OWN = plugins("\"isWALArchiver\": true,", "\"barmanObjectName\": \"own\"");

    @Test
    void backupWithoutParametersGoesToTheArchiveOfTheCluster() {
        BackupParameters asked = parse(OWN, "", Map.of());

        assertThat(asked.backupName()).isEqualTo("nightly-1");
        assertThat(asked.cluster().uid()).contains("1234-abcd");
        assertThat(asked.archive()).isEqualTo(new ArchiveReference("own", "pg"));
        assertThat(asked.walArchive()).contains(new ArchiveReference("own", "pg"));
        assertThat(asked.isBesideItsWal()).isTrue();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                // of the Backup; of the request; expected store; expected server
                "'\"barmanObjectName\": \"b\"'; ; b; entry",
                "'\"serverName\": \"s\"'; ; own; s",
                "'\"barmanObjectName\": \"b\", \"serverName\": \"s\"'; ; b; s",
                "'\"barmanObjectName\": \"\", \"serverName\": \"\"'; ; own; entry",
                "'\"barmanObjectName\": null, \"unknown\": \"x\"'; ; own; entry",
                "'\"barmanObjectName\": \"b\", \"serverName\": \"s\"'; r; r; s",
                "; r; r; entry"
            })
    void eachParameterFallsBackOnItsOwn(String ofBackup, String ofRequest, String store, String server) {
        String cluster = plugins("", "\"barmanObjectName\": \"own\", \"serverName\": \"entry\"");

        BackupParameters asked = parse(
                cluster,
                ofBackup == null ? "" : ofBackup,
                ofRequest == null ? Map.of() : Map.of("barmanObjectName", ofRequest));

        assertThat(asked.archive()).isEqualTo(new ArchiveReference(store, server));
    }

    @Test
    void backupElsewhereIsNotBesideItsWal() {
        BackupParameters asked = parse(OWN, "\"barmanObjectName\": \"other\"", Map.of());

        assertThat(asked.archive()).isEqualTo(new ArchiveReference("other", "pg"));
        assertThat(asked.isBesideItsWal()).isFalse();
    }

    @Test
    void clusterThatArchivesElsewhereHasNoWalBesideTheBackup() {
        BackupParameters asked = parse(plugins("", "\"barmanObjectName\": \"own\""), "", Map.of());

        assertThat(asked.archive()).isEqualTo(new ArchiveReference("own", "pg"));
        assertThat(asked.walArchive()).isEmpty();
        assertThat(asked.isBesideItsWal()).isFalse();
    }

    @Test
    void disabledEntryNeitherNamesAStoreNorAServer() {
        String cluster = plugins("\"enabled\": false,", "\"barmanObjectName\": \"own\", \"serverName\": \"entry\"");

        assertThatThrownBy(() -> parse(cluster, "", Map.of()))
                .isInstanceOf(NoArchiveException.class)
                .hasMessageContaining("switched off")
                .hasMessageContaining("nightly-1");
        assertThat(parse(cluster, "\"barmanObjectName\": \"b\"", Map.of()).archive())
                .isEqualTo(new ArchiveReference("b", "pg"));
    }

    @Test
    void nowhereToGoSaysWhatToSet() {
        assertThatThrownBy(() -> parse(plugins("", "\"serverName\": \"x\""), "", Map.of()))
                .isInstanceOfSatisfying(
                        NoArchiveException.class, e -> assertThat(e.kind()).isEqualTo("no_archive"))
                .hasMessageContaining("barmanObjectName");
        assertThatThrownBy(() -> parse("\"plugins\": []", "", Map.of()))
                .isInstanceOf(NoArchiveException.class)
                .hasMessageContaining("is not in spec.plugins of the Cluster pg");
    }

    @Test
    void definitionsOfAVendorsGroupWithFieldsOfTheFutureAreRead() {
        byte[] cluster =
                ("{\"apiVersion\": \"postgresql.vendor.example/v9\", \"kind\": \"Cluster\", \"metadata\": {\"name\":"
                                + " \"pg\"}, \"spec\": {" + OWN + ", \"future\": {\"deep\": [1]}}, \"more\": true}")
                        .getBytes(StandardCharsets.UTF_8);
        byte[] backup =
                ("{\"apiVersion\": \"postgresql.vendor.example/v9\", \"metadata\": {\"name\": \"b\"}, \"spec\": {},"
                                + " \"new\": 1}")
                        .getBytes(StandardCharsets.UTF_8);

        BackupParameters asked = BackupParameters.parse(cluster, backup, Map.of(), US);

        assertThat(asked.archive()).isEqualTo(new ArchiveReference("own", "pg"));
        assertThat(asked.cluster().apiVersion()).contains("postgresql.vendor.example/v9");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "{",
                "{\"metadata\": {}}",
                "{\"metadata\": {\"name\": \"\"}}",
                "{\"metadata\": {\"name\": 7}}",
                "{\"metadata\": {\"name\": \"b\"}, \"spec\": {\"cluster\": {\"name\": \"another\"}}}",
                "{\"metadata\": {\"name\": \"b\"}, \"spec\": {\"pluginConfiguration\": {\"parameters\":"
                        + " {\"barmanObjectName\": [\"secret-value\"]}}}}",
                "{\"metadata\": {\"name\": \"b\"}, \"spec\": {\"pluginConfiguration\": {\"parameters\":"
                        + " {\"serverName\": 1}}}}"
            })
    void backupThatCannotBeUnderstoodIsATypedError(String backup) {
        assertThatThrownBy(() ->
                        BackupParameters.parse(cluster(OWN), backup.getBytes(StandardCharsets.UTF_8), Map.of(), US))
                .isInstanceOfSatisfying(
                        InvalidBackupException.class, e -> assertThat(e.kind()).isEqualTo("invalid_backup"))
                .hasMessageContaining("Backup")
                .hasMessageNotContaining("secret-value");
    }

    @Test
    void clusterThatCannotBeUnderstoodIsATypedError() {
        byte[] backup = backup("");

        assertThatThrownBy(() -> BackupParameters.parse(new byte[] {'{', (byte) 0xff}, backup, Map.of(), US))
                .isInstanceOfSatisfying(
                        InvalidClusterException.class, e -> assertThat(e.kind()).isEqualTo("invalid_cluster"));
    }

    @Test
    void backupOfAnotherClusterIsNamedWithBoth() {
        byte[] backup = "{\"metadata\": {\"name\": \"b\"}, \"spec\": {\"cluster\": {\"name\": \"another\"}}}"
                .getBytes(StandardCharsets.UTF_8);

        assertThatThrownBy(() -> BackupParameters.parse(cluster(OWN), backup, Map.of(), US))
                .hasMessageContaining("another")
                .hasMessageContaining("pg");
    }

    @Test
    void requestWithHugeDefinitionsIsRead() {
        String padding = "\"padding\": \"" + "x".repeat(8 << 20) + "\", ";

        BackupParameters asked =
                BackupParameters.parse(cluster(padding + OWN), backup("\"serverName\": \"s\""), Map.of(), US);

        assertThat(Optional.of(asked.archive())).contains(new ArchiveReference("own", "s"));
    }

    private static BackupParameters parse(String spec, String ofBackup, Map<String, String> request) {
        return BackupParameters.parse(cluster(spec), backup(ofBackup), request, US);
    }

    private static byte[] cluster(String spec) {
        return ("{\"metadata\": {\"name\": \"pg\", \"uid\": \"1234-abcd\"}, \"spec\": {" + spec + "}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] backup(String parameters) {
        return ("{\"metadata\": {\"name\": \"nightly-1\"}, \"spec\": {\"cluster\": {\"name\": \"pg\"}, \"method\": \"plugin\","
                        + " \"pluginConfiguration\": {\"name\": \"" + US + "\", \"parameters\": {" + parameters
                        + "}}}, \"status\": {\"phase\": \"started\"}}")
                .getBytes(StandardCharsets.UTF_8);
    }

    private static String plugins(String flags, String parameters) {
        return "\"plugins\": [{\"name\": \"other\"}, {\"name\": \"" + US + "\", " + flags + " \"parameters\": {"
                + parameters + "}}]";
    }
}
