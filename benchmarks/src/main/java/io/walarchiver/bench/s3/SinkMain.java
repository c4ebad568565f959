package io.walarchiver.bench.s3;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * The process of {@link S3ServerProcess#sink}: speaks as much S3 as archivers use, checks nothing, keeps objects in
 * memory or a directory and counts. Arguments: that directory, or {@link #MEMORY}; for TLS the key store.
 */
public final class SinkMain {

    /** Instead of a directory: keeps everything in memory. */
    static final String MEMORY = "memory";

    private SinkMain() {}

    public static void main(String[] args) throws Exception {
        ParentWatch.start();
        SinkObjects objects =
                new SinkObjects(args[0].equals(MEMORY) ? Optional.empty() : Optional.of(Path.of(args[0])));
        ExecutorService threads = Executors.newCachedThreadPool();
        InetAddress loopback = InetAddress.getByName("127.0.0.1");
        try (ServerSocket statistics = new ServerSocket(0, 16, loopback);
                ServerSocket server = args.length > 1
                        ? ServerCertificate.serverContext(Path.of(args[1]))
                                .getServerSocketFactory()
                                .createServerSocket(0, 128, loopback)
                        : new ServerSocket(0, 128, loopback)) {
            threads.execute(() -> answerStatistics(statistics, objects));
            System.out.println("statistics on port " + statistics.getLocalPort());
            System.out.println("listening on port " + server.getLocalPort());
            while (true) {
                Socket socket = server.accept();
                threads.execute(() -> serve(socket, objects));
            }
        }
    }

    private static void answerStatistics(ServerSocket server, SinkObjects objects) {
        while (!server.isClosed()) {
            try (Socket socket = server.accept()) {
                String asked = new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
                if (asked.startsWith(SinkStatistics.FORGET)) {
                    objects.removeAll(asked.substring(SinkStatistics.FORGET.length()));
                }
                socket.getOutputStream().write(objects.statistics().print().getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                System.out.println("a question for statistics was not answered: " + e);
            }
        }
    }

    private static void serve(Socket socket, SinkObjects objects) {
        try (socket) {
            socket.setTcpNoDelay(true);
            new SinkConnection(socket.getInputStream(), socket.getOutputStream(), objects).serve();
        } catch (IOException e) {
            // Clients close idle connections as they like; without TLS's farewell that is an exception here.
            System.out.println("connection ended: " + e.getMessage());
        }
    }
}
