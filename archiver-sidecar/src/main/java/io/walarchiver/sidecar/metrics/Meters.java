package io.walarchiver.sidecar.metrics;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Timer;
import java.util.List;
import java.util.function.Supplier;

/** Every metric of this program, in one table. Nothing is registered that does not stand here. */
public enum Meters {
    ARCHIVE_STAGE(Type.TIMER, "archive.stage", "", "Duration of each stage of archiving a WAL file", "stage"),
    ARCHIVE_ANSWER(Type.TIMER, "archive.answer", "", "From question to answer", "from_journal"),
    ARCHIVED_FILES(Type.COUNTER, "archive.files", "", "WAL files that became durable", "outcome", "asked"),
    ARCHIVE_FAILURES(
            Type.COUNTER, "archive.failures", "", "Attempts to archive a WAL file that failed", "kind", "asked"),
    ARCHIVE_ORIGINAL_BYTES(Type.COUNTER, "archive.original", "bytes", "Bytes of archived WAL files before compression"),
    ARCHIVE_STORED_BYTES(Type.COUNTER, "archive.stored", "bytes", "Bytes of archived WAL files as stored"),
    ARCHIVE_RATIO(
            Type.GAUGE,
            "archive.compression.ratio",
            "",
            "Original bytes divided by stored bytes, over all files since the start; 0 before the first"),
    ARCHIVE_READY_FILES(Type.GAUGE, "archive.ready.files", "", "WAL files marked ready and not yet durable"),
    ARCHIVE_READY_BYTES(Type.GAUGE, "archive.ready", "bytes", "Their total length"),
    ARCHIVE_OLDEST_READY(
            Type.GAUGE, "archive.oldest.ready.age", "seconds", "Age of the oldest of them; 0 when there is none"),
    ARCHIVE_IN_FLIGHT(Type.GAUGE, "archive.in.flight.files", "", "WAL files in the pipeline"),
    ARCHIVE_LAST_TIME(
            Type.GAUGE,
            "archive.last.archived.timestamp",
            "seconds",
            "Unix time at which the last WAL file became durable; 0 before the first since the start"),
    ARCHIVE_LAST_INFO(Type.GAUGE, "archive.last.archived.info", "", "Always 1; names the WAL file", "name"),
    ARCHIVE_CONSECUTIVE_FAILURES(
            Type.GAUGE, "archive.consecutive.failures", "", "Asked files that failed since the last success"),
    BUFFERS_IN_USE(Type.GAUGE, "buffers.in.use", "", "Buffers of the memory budget that are taken"),
    BUFFERS(Type.GAUGE, "buffers", "", "Buffers the memory budget has"),
    BUFFER_WAITERS(Type.GAUGE, "buffers.waiting", "", "Requests waiting for buffers"),
    RESTORE_STAGE(Type.TIMER, "restore.stage", "", "Duration of each stage of restoring a WAL file", "stage", "source"),
    RESTORED_FILES(Type.COUNTER, "restore.files", "", "WAL files delivered", "source"),
    RESTORE_NOT_FOUND(Type.COUNTER, "restore.not.found", "", "Questions for WAL files that are not in the archive"),
    RESTORE_FAILURES(
            Type.COUNTER, "restore.failures", "", "Questions that failed although the file may be there", "kind"),
    RESTORE_RETRIES(Type.COUNTER, "restore.retries", "", "Questions put to the store again", "kind"),
    RESTORE_ORIGINAL_BYTES(Type.COUNTER, "restore.original", "bytes", "Bytes of delivered WAL files"),
    RESTORE_STORED_BYTES(Type.COUNTER, "restore.stored", "bytes", "Bytes of their objects"),
    RESTORE_CONSECUTIVE_MISSES(
            Type.GAUGE, "restore.consecutive.misses", "", "Questions in a row for files that are not in the archive"),
    RESTORE_LAST_TIME(
            Type.GAUGE,
            "restore.last.restored.timestamp",
            "seconds",
            "Unix time at which the last asked WAL file was delivered; 0 before the first since the start"),
    PREFETCH_HITS(Type.COUNTER_OF, "prefetch.hits", "", "Asked segments that were already prefetched"),
    PREFETCH_MISSES(Type.COUNTER_OF, "prefetch.misses", "", "Asked segments that had to be fetched when asked for"),
    PREFETCHED_FILES(Type.COUNTER, "prefetch.files", "", "WAL files fetched ahead"),
    PREFETCHED_BYTES(Type.COUNTER, "prefetch", "bytes", "Bytes of WAL files fetched ahead"),
    PREFETCH_FAILURES(Type.COUNTER, "prefetch.failures", "", "Files that could not be fetched ahead", "kind"),
    PREFETCH_DROPPED(Type.COUNTER, "prefetch.dropped.files", "", "Prefetched files deleted unused", "reason"),
    PREFETCH_SPOOLED_FILES(Type.GAUGE, "prefetch.spooled.files", "", "Prefetched files waiting to be asked for"),
    PREFETCH_SPOOLED_BYTES(Type.GAUGE, "prefetch.spooled", "bytes", "Their total length"),
    PREFETCH_DEPTH(Type.GAUGE, "prefetch.depth", "", "How many segments ahead of replay prefetch aims at"),
    STORE_REQUEST(
            Type.TIMER, "store.request", "", "Requests to the object store, one attempt each", "operation", "outcome"),
    STORE_RETRIES(Type.COUNTER, "store.retries", "", "Requests that were repeated", "operation", "kind"),
    BACKUPS(Type.COUNTER, "backup.runs", "", "Base backups that ended: done, or why they failed", "outcome"),
    BACKUP_CHECKSUM_FAILURES(
            Type.COUNTER, "backup.checksum.failures", "", "Pages with a wrong checksum met while taking base backups"),
    BACKUP_RUNNING(Type.GAUGE, "backup.running", "", "1 while a base backup is being taken"),
    BACKUP_PROGRESS(Type.GAUGE, "backup.progress.ratio", "", "How far it is, from 0 to 1; 0 when none is being taken"),
    BACKUP_DONE_BYTES(Type.GAUGE, "backup.progress.done", "bytes", "How much of it is copied"),
    BACKUP_TOTAL_BYTES(Type.GAUGE, "backup.progress.total", "bytes", "How much there is to copy, as estimated"),
    BACKUP_RATE(Type.GAUGE, "backup.progress.rate", "bytes", "Bytes copied per second, on the average of this backup"),
    BACKUP_LAST_DURATION(
            Type.GAUGE,
            "backup.last.duration",
            "seconds",
            "How long the last successful backup of this process took; 0 before the first"),
    BACKUP_LAST_BYTES(Type.GAUGE, "backup.last.original", "bytes", "Bytes of the files in it"),
    BACKUP_LAST_STORED_BYTES(Type.GAUGE, "backup.last.stored", "bytes", "Bytes of its objects"),
    BACKUP_LAST_SUCCESS(
            Type.GAUGE,
            "backup.last.success.timestamp",
            "seconds",
            "Unix time of the end of the newest backup that can be restored; 0 when there is none or not looked yet"),
    BACKUP_LAST_FAILURE(
            Type.GAUGE,
            "backup.last.failure.timestamp",
            "seconds",
            "Unix time of the newest failed backup; 0 likewise"),
    BACKUP_AGE(
            Type.GAUGE,
            "backup.age",
            "seconds",
            "Age of the newest backup that can be restored; 0 when there is none or not looked yet"),
    FIRST_RECOVERABILITY_POINT(
            Type.GAUGE,
            "recovery.first.point.timestamp",
            "seconds",
            "Unix time from which on the server can be recovered; 0 likewise"),
    CATALOG_BACKUPS(Type.GAUGE, "catalog.backups", "", "Backups in the archive", "state"),
    ARCHIVE_OBJECTS(Type.GAUGE, "archive.wal.objects", "", "Objects of WAL in the archive, as last listed"),
    ARCHIVE_BYTES(Type.GAUGE, "archive.wal", "bytes", "Their size"),
    ARCHIVE_GAPS(
            Type.GAUGE,
            "archive.gaps",
            "",
            "Ranges of missing segments; breaking ones keep a backup from being recovered as far as it should",
            "effect"),
    UNRECOVERABLE_BACKUPS(
            Type.GAUGE, "archive.unrecoverable.backups", "", "Backups that lack WAL they cannot be without"),
    RETENTION_BACKUPS(Type.COUNTER, "retention.deleted.backups", "", "Base backups deleted by retention"),
    RETENTION_FILES(Type.COUNTER, "retention.deleted.files", "", "WAL files deleted by retention"),
    RETENTION_REFUSED(Type.COUNTER, "retention.refused.objects", "", "Objects the store would not delete"),
    RETENTION_LAST(
            Type.GAUGE, "retention.last.timestamp", "seconds", "Unix time at which retention last ran; 0 before"),
    VERIFY_OBJECTS(Type.COUNTER, "verify.objects", "", "Objects read back"),
    VERIFY_BYTES(Type.COUNTER, "verify.read", "bytes", "Bytes of them"),
    VERIFY_DAMAGED(Type.COUNTER, "verify.damaged.objects", "", "Objects found damaged"),
    VERIFY_LAST_DAMAGED(Type.GAUGE, "verify.last.damaged.objects", "", "Objects found damaged when last read back"),
    VERIFY_LAST(
            Type.GAUGE,
            "verify.last.timestamp",
            "seconds",
            "Unix time at which the archive was last read back; 0 before"),
    MAINTENANCE_LAST(
            Type.GAUGE,
            "maintenance.last.success.timestamp",
            "seconds",
            "Unix time of the last round of maintenance without a failure; 0 before"),
    MAINTENANCE_FAILURES(Type.COUNTER, "maintenance.failures", "", "Steps of maintenance that failed", "step"),
    CALLS_RUNNING(Type.GAUGE, "calls.running", "", "Questions of PostgreSQL being answered"),
    RESIDENT_MEMORY(Type.GAUGE, "process.resident.memory", "bytes", "Resident set size of this process"),
    BUILD_INFO(Type.GAUGE, "build.info", "", "Always 1; names the version", "version");

    /** What all names start with. */
    public static final String PREFIX = "wal.archiver.";

    /** How a metric is read. */
    public enum Type {
        /** Grows when told. */
        COUNTER,
        /** Grows, and is read from elsewhere. */
        COUNTER_OF,
        /** Goes up and down, and is read from elsewhere. */
        GAUGE,
        /** Count, sum and histogram of durations. */
        TIMER
    }

    private final MeterDefinition definition;

    Meters(Type type, String suffix, String unit, String help, String... tags) {
        this.definition = new MeterDefinition(type, suffix, unit, help, List.of(tags));
    }

    /** The name with dots; Prometheus shows it with underscores, unit and, for counters, {@code _total}. */
    public String meterName() {
        return definition.meterName();
    }

    /** How it is read. */
    public Type type() {
        return definition.type();
    }

    /** The base unit; empty for counts and for durations, which are always seconds. */
    public String unit() {
        return definition.unit();
    }

    /** The names of its tags, in order. */
    public List<String> tags() {
        return definition.tags();
    }

    Counter counter(MeterRegistry registry, String... values) {
        return definition.counter(registry, values);
    }

    Timer timer(MeterRegistry registry, String... values) {
        return definition.timer(registry, values);
    }

    void gauge(MeterRegistry registry, Supplier<Number> value, String... values) {
        definition.gauge(registry, value, values);
    }

    /** One sentence. */
    public String help() {
        return definition.help();
    }

    void counterOf(MeterRegistry registry, Supplier<Number> value) {
        definition.counterOf(registry, value);
    }

    String[] keyValues(String... values) {
        return definition.keyValues(values);
    }
}
