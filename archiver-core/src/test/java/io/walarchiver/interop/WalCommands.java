package io.walarchiver.interop;

import io.walarchiver.archive.ArchivePipeline;
import io.walarchiver.restore.RestoreException;
import io.walarchiver.restore.RestorePipeline;
import io.walarchiver.testing.postgres.PostgresBinaries;
import io.walarchiver.wal.WalFileName;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import reactor.core.Disposable;
import reactor.core.Disposables;

/**
 * Answers the {@code archive_command} and the {@code restore_command} of one server in this process: the commands connect
 * to a port, say what they want, and wait for a word.
 */
final class WalCommands implements AutoCloseable {

    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final String DONE = "done";
    private static final String NOT_DONE = "not-done";

    private final Path dataDirectory;
    private final Optional<ArchivePipeline> archive;
    private final RestorePipeline restore;
    private final Disposable running;
    private final ServerSocket listener;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Throwable> failures = new CopyOnWriteArrayList<>();

    WalCommands(Path dataDirectory, Optional<ArchivePipeline> archive, RestorePipeline restore) {
        this.dataDirectory = dataDirectory;
        this.archive = archive;
        this.restore = restore;
        try {
            this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        this.running = archive.map(pipeline -> pipeline.run().subscribe()).orElseGet(Disposables::disposed);
        threads.execute(this::accept);
    }

    /** For {@code archive_command}. */
    String archiveCommand() {
        return command("archive %f");
    }

    /** For {@code restore_command}. */
    String restoreCommand() {
        return command("restore %f %p");
    }

    /** Bash speaks TCP by itself. */
    private String command(String question) {
        return "bash -c 'exec 3<>/dev/tcp/127.0.0.1/" + listener.getLocalPort() + " && echo " + question
                + " >&3 && read -r answer <&3 && test \"$answer\" = " + DONE + "'";
    }

    /** What went wrong, but for files that are not in the archive. */
    List<Throwable> failures() {
        return List.copyOf(failures);
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket caller = listener.accept();
                threads.execute(() -> answer(caller));
            } catch (IOException closed) {
                return;
            }
        }
    }

    private void answer(Socket caller) {
        try (caller;
                BufferedReader in =
                        new BufferedReader(new InputStreamReader(caller.getInputStream(), StandardCharsets.UTF_8))) {
            String[] words = String.valueOf(in.readLine()).split(" ", 3);
            String answer = answer(words) ? DONE : NOT_DONE;
            caller.getOutputStream().write((answer + "\n").getBytes(StandardCharsets.UTF_8));
        } catch (IOException | RuntimeException e) {
            failures.add(e);
        }
    }

    private boolean answer(String[] words) {
        WalFileName name = WalFileName.parse(words[1]);
        if (words[0].equals("archive")) {
            archive.orElseThrow().archive(name, false).block(PATIENCE);
            return true;
        }
        Path destination = dataDirectory.resolve(words[2]);
        try {
            boolean there = restore.restore(name, destination).block(PATIENCE) != null;
            PostgresBinaries.handOver(destination);
            return there;
        } catch (RestoreException.NotArchived absent) {
            return false;
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        threads.shutdownNow();
        running.dispose();
        archive.ifPresent(ArchivePipeline::close);
    }
}
