package io.walarchiver.backup.base;

/** The server a backup is taken of. */
public interface BackupServer {

    /** A session that is not connected yet. Whoever asks for it must {@link BackupSession#close close} it. */
    BackupSession newSession();

    /** Where the server is and who asks, for messages: for example {@code /run/postgresql:5432 as postgres}. */
    String location();
}
