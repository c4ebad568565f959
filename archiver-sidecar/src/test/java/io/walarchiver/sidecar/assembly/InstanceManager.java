package io.walarchiver.sidecar.assembly;

import com.google.protobuf.ByteString;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.walarchiver.bridge.cnpgi.wal.WALArchiveRequest;
import io.walarchiver.bridge.cnpgi.wal.WALGrpc;
import io.walarchiver.bridge.cnpgi.wal.WALRestoreRequest;
import io.walarchiver.sidecar.grpc.SocketClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Stands between a server and the plugin as the instance manager of CloudNativePG does: what {@code archive_command} and
 * {@code restore_command} ask becomes a call, one at a time, and its outcome their exit code. The commands and this thread
 * talk through files.
 */
final class InstanceManager implements AutoCloseable {

    private final Path desk;
    private final Path pgdata;
    private final String cluster;
    private final SocketClient client;
    private final Thread thread = new Thread(this::serve, "instance-manager");
    private volatile boolean ending;

    private InstanceManager(Path desk, Path pgdata, String cluster, Path socket) {
        this.desk = desk;
        this.pgdata = pgdata;
        this.cluster = cluster;
        this.client = new SocketClient(socket);
    }

    /** Begins to answer. {@code cluster} is the definition that every call carries. */
    static InstanceManager start(Path pgdata, String cluster, Path socket) throws IOException {
        Path desk = Files.createTempDirectory("im-");
        Path unused = Files.setPosixFilePermissions(desk, PosixFilePermissions.fromString("rwxrwxrwx"));
        InstanceManager manager = new InstanceManager(desk, pgdata, cluster, socket);
        manager.thread.setDaemon(true);
        manager.thread.start();
        return manager;
    }

    String archiveCommand() {
        return ask("archive");
    }

    String restoreCommand() {
        return ask("restore");
    }

    /** Asks by a file that appears whole, and waits for the answer. */
    private String ask(String what) {
        String question = desk + "/" + what + ".%f";
        return "echo %p > " + question + ".tmp && mv " + question + ".tmp " + question + ".ask && until [ -e "
                + question
                + ".yes ] || [ -e " + question + ".no ]; do sleep 0.02; done; mv " + question + ".yes " + question
                + ".done 2>/dev/null || ( rm -f " + question + ".no; false )";
    }

    private void serve() {
        while (!ending) {
            try (Stream<Path> files = Files.list(desk)) {
                for (Path question : files.filter(
                                file -> String.valueOf(file.getFileName()).endsWith(".ask"))
                        .toList()) {
                    answer(question);
                }
                TimeUnit.MILLISECONDS.sleep(10);
            } catch (IOException | InterruptedException e) {
                return;
            }
        }
    }

    private void answer(Path question) throws IOException {
        String name = String.valueOf(question.getFileName());
        String file = name.substring(name.indexOf('.') + 1, name.length() - ".ask".length());
        Path path = pgdata.resolve(Files.readString(question).strip());
        Files.delete(question);
        boolean done;
        try {
            if (name.startsWith("archive.")) {
                archive(path);
            } else {
                restore(file, path);
            }
            done = true;
        } catch (StatusRuntimeException refused) {
            done = false;
            if (refused.getStatus().getCode() != Status.Code.NOT_FOUND) {
                System.err.println("instance manager: " + name + ": " + refused.getStatus());
            }
        }
        String stem = question.toString().substring(0, question.toString().length() - ".ask".length());
        Path unused = Files.createFile(Path.of(stem + (done ? ".yes" : ".no")));
    }

    private void archive(Path path) {
        var unused = wal().archive(WALArchiveRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8(cluster))
                .setSourceFileName(path.toString())
                .build());
    }

    private void restore(String name, Path destination) {
        var unused = wal().restore(WALRestoreRequest.newBuilder()
                .setClusterDefinition(ByteString.copyFromUtf8(cluster))
                .setSourceWalName(name)
                .setDestinationFileName(destination.toString())
                .build());
    }

    private WALGrpc.WALBlockingStub wal() {
        return WALGrpc.newBlockingStub(client.channel()).withDeadlineAfter(60, TimeUnit.SECONDS);
    }

    /** What both commands are, as settings of a server. */
    List<String> settings() {
        return List.of("archive_mode", "on", "archive_command", archiveCommand(), "restore_command", restoreCommand());
    }

    @Override
    public void close() throws InterruptedException {
        ending = true;
        thread.join();
        client.close();
        Standalone.deleteTree(desk);
    }
}
