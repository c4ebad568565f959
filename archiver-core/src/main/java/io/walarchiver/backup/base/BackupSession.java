package io.walarchiver.backup.base;

import reactor.core.publisher.Mono;

/**
 * One database session that takes one base backup with the server's low-level functions (PostgreSQL manual, "Making a
 * Base Backup Using the Low Level API"). The server is in backup mode for this session only; when the session ends before
 * {@link #stop} has succeeded, the server forgets the backup.
 *
 * <p>Calls are made one after the other, in the order of the methods. Failures are {@link BackupException}s. Cancelling a
 * call gives up its answer; what the server does for it ends with {@link #close}. Signals arrive on threads of the
 * implementation, where subscribers must not block.
 */
public interface BackupSession {

    /**
     * Connects, makes sure that the server is of a supported version and that the role may do what a backup needs, and
     * asks what the server knows about itself.
     */
    Mono<ServerFacts> connect();

    /**
     * Begins backup mode. Takes as long as a checkpoint.
     *
     * @param label what {@code backup_label} will carry; one line
     * @param fast  true for a checkpoint at once, false for one that is spread over time and spares the server
     */
    Mono<BackupStart> start(String label, boolean fast);

    /**
     * Ends backup mode. On a server that archives for itself ({@link ServerFacts#stopWaitsForArchive}) it waits, without
     * limit, until all WAL the backup needs is archived.
     */
    Mono<BackupStop> stop();

    /** Writes a named restore point. Not possible on a standby. */
    Mono<Void> createRestorePoint(String name);

    /** Closes the current WAL segment, so that it is archived. Not possible on a standby. */
    Mono<Void> switchWal();

    /**
     * Cancels what is under way in the server and ends the session, so that the server leaves backup mode. Completes when
     * the session is gone or nothing more can be done about it; never fails. May be called at any time and again.
     */
    Mono<Void> close();
}
