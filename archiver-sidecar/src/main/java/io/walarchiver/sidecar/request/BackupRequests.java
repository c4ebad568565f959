package io.walarchiver.sidecar.request;

import io.walarchiver.backup.base.CompletedBackup;
import io.walarchiver.bridge.cluster.ArchiveReference;
import io.walarchiver.bridge.cluster.BackupParameters;
import io.walarchiver.bridge.cluster.ClusterView;
import io.walarchiver.bridge.cluster.NoArchiveException;
import io.walarchiver.bridge.cluster.PluginEntry;
import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import reactor.core.publisher.Mono;

/**
 * Base backups that are asked for from outside, one at a time. They are not counted by the {@link CallGate}: a process
 * that is to end does not wait for hours.
 */
public final class BackupRequests {

    // CloudNativePG names its backups so, and looks them up by this name.
    private static final DateTimeFormatter NAME =
            DateTimeFormatter.ofPattern("'backup-'uuuuMMddHHmmss", Locale.ROOT).withZone(ZoneOffset.UTC);

    /** Stands for a Backup that a request does not carry. */
    private static final byte[] UNNAMED = "{\"metadata\": {\"name\": \"unnamed\"}}".getBytes(StandardCharsets.UTF_8);

    private final String pluginName;
    private final String instance;
    private final Optional<ArchiveReference> usual;
    private final BackupTaking taking;
    private final Clock clock;
    private final AtomicReference<@Nullable Running> running = new AtomicReference<>();

    /**
     * @param pluginName what the Cluster calls us
     * @param instance   name of the pod or host
     * @param usual      where backups go when neither the request nor the Cluster says; empty when one of them must
     */
    public BackupRequests(
            String pluginName, String instance, Optional<ArchiveReference> usual, BackupTaking taking, Clock clock) {
        this.pluginName = pluginName;
        this.instance = instance;
        this.usual = usual;
        this.taking = taking;
        this.clock = clock;
    }

    /**
     * A backup as it is reported to who asked for it.
     *
     * @param name       the name it was given
     * @param backup     what it is
     * @param archive    where it went
     * @param clusterUid of the Cluster in the request; empty when it has none
     * @param instance   where it was taken
     */
    public record Report(
            String name, CompletedBackup backup, ArchiveReference archive, String clusterUid, String instance) {}

    /** A backup that is being taken. */
    private record Running(String name, Instant since) {}

    /**
     * Takes a backup. Fails with {@link PreconditionException} when one is being taken, or when nothing says where it
     * goes.
     *
     * @param cluster    the Cluster as JSON; empty for none
     * @param backup     the Backup as JSON; empty for none
     * @param parameters of the request; they win over those of the Backup
     */
    public Mono<Report> backup(byte[] cluster, byte[] backup, Map<String, String> parameters) {
        return Mono.defer(() -> {
            Instant now = clock.instant();
            Wanted wanted = wanted(cluster, backup, parameters);
            BackupOrder order = new BackupOrder(wanted.archive, NAME.format(now), wanted.cluster, wanted.walArchive);
            return alone(order, now)
                    .map(taken -> new Report(
                            order.name(),
                            taken,
                            order.archive(),
                            wanted.cluster.flatMap(ClusterView::uid).orElse(""),
                            instance));
        });
    }

    private record Wanted(
            ArchiveReference archive, Optional<ClusterView> cluster, Optional<ArchiveReference> walArchive) {}

    private Wanted wanted(byte[] cluster, byte[] backup, Map<String, String> parameters) {
        try {
            if (cluster.length > 0) {
                BackupParameters asked =
                        BackupParameters.parse(cluster, backup.length == 0 ? UNNAMED : backup, parameters, pluginName);
                return new Wanted(asked.archive(), Optional.of(asked.cluster()), asked.walArchive());
            }
        } catch (NoArchiveException e) {
            if (usual.isEmpty()) {
                throw e;
            }
        }
        return new Wanted(
                usual.map(archive -> overridden(archive, parameters))
                        .orElseThrow(() -> new InvalidRequestException(
                                "the request has no Cluster, and so does not say" + " where the backup goes")),
                Optional.empty(),
                Optional.empty());
    }

    private static ArchiveReference overridden(ArchiveReference archive, Map<String, String> parameters) {
        return new ArchiveReference(
                value(parameters, PluginEntry.STORE_PARAMETER).orElse(archive.storeName()),
                value(parameters, PluginEntry.SERVER_PARAMETER).orElse(archive.serverName()));
    }

    private static Optional<String> value(Map<String, String> parameters, String key) {
        return Optional.ofNullable(parameters.get(key)).filter(text -> !text.isEmpty());
    }

    private Mono<CompletedBackup> alone(BackupOrder order, Instant now) {
        Running mine = new Running(order.name(), now);
        Running other = running.compareAndExchange(null, mine);
        if (other != null) {
            return Mono.error(new PreconditionException("the backup " + other.name + " has been running since "
                    + other.since + "; ask again when it has ended"));
        }
        // Free again before the caller hears of the end, and may ask anew.
        return Mono.using(() -> mine, taken -> taking.take(order), taken -> running.set(null), true);
    }
}
