package io.walarchiver.sidecar.doctor;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.provider.Arguments;

/** Causes that lie in a Cluster, its instances, its store or its backups. */
final class ClusterCauses {

    private ClusterCauses() {}

    static Stream<Arguments> all() {
        return Stream.of(clusters(), sidecars(), stores(), archives(), backups())
                .flatMap(each -> each);
    }

    private static Stream<Arguments> clusters() {
        return Stream.of(
                Causes.cause("no parameter barmanObjectName", "FAIL cluster", api -> {
                    ((ObjectNode) Parts.entry(api).path("parameters")).remove("barmanObjectName");
                    // Nothing is reported on an archive that is not named.
                }),
                Causes.cause(
                        "isWALArchiver is not set",
                        "WARN cluster",
                        api -> Parts.entry(api).put("isWALArchiver", false)),
                Causes.cause(
                        "switched off", "WARN cluster", api -> Parts.entry(api).put("enabled", false)),
                Causes.cause(
                        "no Cluster names the plugin",
                        "WARN cluster",
                        api -> ((ObjectNode) api.object("Cluster", "orders").path("spec")).remove("plugins")),
                Causes.cause(
                        "spec.backup.barmanObjectStore",
                        "FAIL cluster",
                        api -> ((ObjectNode) api.object("Cluster", "orders").path("spec"))
                                .putObject("backup")
                                .putObject("barmanObjectStore")),
                Causes.cause(
                        "spec.plugins of the Cluster is not a list",
                        "FAIL cluster",
                        api -> ((ObjectNode) api.object("Cluster", "unrelated").path("spec")).put("plugins", "all")),
                Causes.cause(
                        "does not list the plugin",
                        "FAIL discovered",
                        api -> ((ObjectNode) api.object("Cluster", "orders").path("status")).remove("pluginStatus")),
                Causes.cause(
                        "unknown plugin",
                        "FAIL discovered",
                        api -> ((ObjectNode) api.object("Cluster", "orders").path("status"))
                                .put(
                                        "phase",
                                        "Cluster cannot proceed to reconciliation due to an unknown plugin being required")));
    }

    private static Stream<Arguments> sidecars() {
        return Stream.of(
                Causes.cause(
                        "has no sidecar",
                        "FAIL sidecar",
                        api -> ((ArrayNode) api.object("Pod", "orders-1").at("/spec/initContainers")).remove(1)),
                Causes.cause(
                        "lost its restartPolicy",
                        "FAIL sidecar",
                        api -> Parts.sidecar(api).remove("restartPolicy")),
                Causes.cause(
                        "it runs old:1",
                        "WARN sidecar",
                        api -> Parts.sidecar(api).put("image", "old:1")),
                Causes.cause(
                        "calls itself other.io",
                        "FAIL sidecar",
                        api -> ((ObjectNode) Parts.sidecar(api).at("/env/0")).put("value", "other.io")),
                Causes.cause("CrashLoopBackOff; before that: OOMKilled", "FAIL sidecar", api -> {
                    Parts.status(api).putObject("state").putObject("waiting").put("reason", "CrashLoopBackOff");
                    Parts.status(api)
                            .putObject("lastState")
                            .putObject("terminated")
                            .put("reason", "OOMKilled");
                }),
                Causes.cause("restarted 3 times; last: OOMKilled", "WARN sidecar", api -> {
                    Parts.status(api).put("restartCount", 3);
                    Parts.status(api)
                            .putObject("lastState")
                            .putObject("terminated")
                            .put("reason", "OOMKilled");
                }),
                Causes.cause("has no instances", "WARN sidecar", api -> api.remove("Pod", "orders-1")),
                Causes.cause(
                        "ERROR Archive: the store said no",
                        "WARN sidecar log",
                        api -> api.log(
                                "orders-1",
                                "2026-08-10 11:57:00.100 INFO  Archive: fine\n2026-08-10 11:58:00.100 ERROR Archive: the store"
                                        + " said no\n2026-08-10 11:59:00.100 INFO  Archive: fine\n")),
                Causes.cause(
                        "\"formattedMessage\":\"gone\"",
                        "WARN sidecar log",
                        api -> api.log("orders-1", "{\"level\":\"ERROR\",\"formattedMessage\":\"gone\"}\n")));
    }

    private static Stream<Arguments> stores() {
        return Stream.of(
                Causes.cause(
                        "no such ObjectStore",
                        "FAIL store",
                        api -> api.rename("ObjectStore", "backups", "shop", "other")),
                Causes.cause(
                        "spec.configuration",
                        "FAIL store",
                        api -> Parts.store(api, "/spec").put("configuration", "s3")),
                Causes.cause(
                        "the scheme \"https\" is not supported",
                        "FAIL store",
                        api -> Parts.store(api, "/spec/configuration").put("destinationPath", "https://bucket")),
                Causes.cause("Azure Blob Storage is not supported", "FAIL store", api -> {
                    Parts.store(api, "/spec/configuration").remove("s3Credentials");
                    Parts.store(api, "/spec/configuration")
                            .putObject("azureCredentials")
                            .put("inheritFromAzureAD", true);
                }),
                Causes.cause(
                        "the keys are ignored",
                        "WARN store",
                        api -> Parts.store(api, "/spec/configuration/s3Credentials")
                                .put("inheritFromIAMRole", true)),
                Causes.cause("no Secret \"s3-keys\"", "FAIL store secret", api -> api.remove("Secret", "s3-keys")),
                Causes.cause(
                        "no text under the key \"id\"",
                        "FAIL store secret",
                        api -> Parts.data(api, "s3-keys").remove("id")),
                Causes.cause(
                        "Forbidden: no",
                        "FAIL store ready",
                        api -> Parts.condition(Parts.store(api, "/status"), 0)
                                .put("status", "False")
                                .put("reason", "Forbidden")
                                .put("message", "no")),
                Causes.cause(
                        "has not said yet",
                        "WARN store ready",
                        api -> Parts.store(api, "/status").remove("conditions")));
    }

    private static Stream<Arguments> archives() {
        return Stream.of(
                Causes.cause(
                        "ContinuousArchivingFailing: rpc error",
                        "FAIL archiving",
                        api -> Parts.archiving(api, "rpc error: code = Unavailable desc = no")),
                Causes.cause(
                        "Expected empty archive",
                        "FAIL archive owner",
                        api -> Parts.archiving(
                                api,
                                "rpc error: code = FailedPrecondition desc = Expected empty archive: s3://b holds WAL")),
                Causes.cause(
                        "nothing has been archived",
                        "WARN archiving",
                        api -> ((ObjectNode) api.object("Cluster", "orders").path("status")).remove("conditions")),
                Causes.cause(
                        "AccessDenied: 403",
                        "FAIL archive reachable",
                        api -> Parts.condition(Parts.server(api), 0)
                                .put("status", "False")
                                .put("reason", "AccessDenied")
                                .put("message", "403")),
                Causes.cause(
                        "the last report is of 2026-08-10T09:00:00Z",
                        "WARN archive reachable",
                        api -> Parts.server(api).put("reportedTime", "2026-08-10T09:00:00Z")),
                Causes.cause(
                        "no sidecar has reported",
                        "WARN archive reachable",
                        api -> Parts.store(api, "/status/servers").remove("orders")),
                Causes.cause(
                        "90 files wait, the oldest since 2026-08-10T11:00:00Z",
                        "FAIL waiting WAL",
                        api -> Parts.server(api)
                                .put("waitingFiles", 90)
                                .put("oldestWaitingTime", "2026-08-10T11:00:00Z")),
                Causes.cause(
                        "90 files wait",
                        "WARN waiting WAL",
                        api -> Parts.server(api).put("waitingFiles", 90)),
                Causes.cause(
                        "2 segments are missing",
                        "WARN waiting WAL",
                        api -> Parts.server(api).put("missingSegments", 2)),
                Causes.cause("all archive to s3://acme-backups/shop", "FAIL archive owner", api -> {
                    // A second, healthy Cluster that takes the same place in the archive.
                    ObjectNode twin = api.object("Cluster", "orders").deepCopy();
                    ((ObjectNode) twin.path("metadata")).put("name", "twin").put("uid", "7a21");
                    ((ObjectNode) twin.path("status")).remove("currentPrimary");
                    api.put(twin);
                    for (String kind : List.of("Pod", "Role", "RoleBinding", "Backup", "ScheduledBackup")) {
                        String name =
                                switch (kind) {
                                    case "Pod" -> "orders-1";
                                    case "Backup" -> "orders-20260810";
                                    case "ScheduledBackup" -> "orders-daily";
                                    default -> "orders-wal-archiver";
                                };
                        ObjectNode copy = api.object(kind, name).deepCopy();
                        ((ObjectNode) copy.path("metadata")).put("name", name.replace("orders", "twin"));
                        if (kind.equals("Pod")) {
                            ((ObjectNode) copy.at("/metadata/labels")).put("cnpg.io/cluster", "twin");
                        } else if (kind.equals("RoleBinding")) {
                            ((ObjectNode) copy.path("roleRef")).put("name", "twin-wal-archiver");
                            ((ObjectNode) copy.at("/subjects/0")).put("name", "twin");
                        } else if (!kind.equals("Role")) {
                            ((ObjectNode) copy.at("/spec/cluster")).put("name", "twin");
                        }
                        api.put(copy);
                    }
                }));
    }

    private static Stream<Arguments> backups() {
        return Stream.of(
                Causes.cause(
                        "the last backup failed: no room",
                        "FAIL backup",
                        api -> Parts.backup(api, "/status")
                                .put("phase", "failed")
                                .put("error", "no room")),
                Causes.cause("there is no Backup", "WARN backup", api -> {
                    api.remove("Backup", "orders-20260809");
                    api.remove("Backup", "orders-20260810");
                }),
                Causes.cause(
                        "by the method volumeSnapshot",
                        "WARN backup",
                        api -> Parts.backup(api, "/spec").put("method", "volumeSnapshot")),
                Causes.cause("has been started for more than a day", "WARN backup", api -> {
                    api.remove("Backup", "orders-20260810");
                    ((ObjectNode) api.object("Backup", "orders-20260809").path("status")).put("phase", "started");
                }),
                Causes.cause(
                        "its method is barmanObjectStore",
                        "FAIL schedule",
                        api -> ((ObjectNode) api.object("ScheduledBackup", "orders-daily")
                                        .path("spec"))
                                .remove("method")),
                Causes.cause(
                        "names the plugin other.io",
                        "FAIL schedule",
                        api -> ((ObjectNode) api.object("ScheduledBackup", "orders-daily")
                                        .at("/spec/pluginConfiguration"))
                                .put("name", "other.io")),
                Causes.cause(
                        "is suspended",
                        "WARN schedule",
                        api -> ((ObjectNode) api.object("ScheduledBackup", "orders-daily")
                                        .path("spec"))
                                .put("suspend", true)),
                Causes.cause(
                        "there is no ScheduledBackup",
                        "WARN schedule",
                        api -> api.remove("ScheduledBackup", "orders-daily")));
    }
}
