package io.walarchiver.sidecar.net;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.SocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;

/**
 * A GET over a Unix socket with nothing but the JDK, so that a probe starts fast. HTTP/1.0 (RFC 1945): the server closes
 * the connection behind the answer and does not use chunks.
 */
public final class UnixHttp {

    private static final int MAX_ANSWER_BYTES = 8 << 20;

    private UnixHttp() {}

    /**
     * An answer.
     *
     * @param status the HTTP status
     * @param body   the text
     */
    public record Answer(int status, String body) {}

    /** Asks, and waits for the whole answer; blocks the caller. */
    public static Answer get(Path socket, String path, String accept, Duration patience) throws IOException {
        return get(UnixDomainSocketAddress.of(socket), path, accept, patience);
    }

    /** As the other one, also over TCP; waits no longer than the system does for the connection itself. */
    public static Answer get(SocketAddress socket, String path, String accept, Duration patience) throws IOException {
        String request = "GET " + path + " HTTP/1.0\r\nHost: localhost\r\nAccept: " + accept + "\r\n\r\n";
        long deadline = System.nanoTime() + patience.toNanos();
        try (SocketChannel channel = SocketChannel.open(socket);
                Selector selector = Selector.open()) {
            ByteBuffer out = ByteBuffer.wrap(request.getBytes(StandardCharsets.US_ASCII));
            while (out.hasRemaining()) {
                channel.write(out);
            }
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            return parse(readAll(channel, selector, deadline, socket), socket);
        }
    }

    private static String readAll(SocketChannel channel, Selector selector, long deadline, SocketAddress socket)
            throws IOException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        ByteBuffer in = ByteBuffer.allocate(8192);
        while (true) {
            long leftMillis = (deadline - System.nanoTime()) / 1_000_000;
            if (leftMillis <= 0 || selector.select(leftMillis) == 0) {
                throw new IOException("no answer on " + socket + " in time; is the service overloaded?");
            }
            selector.selectedKeys().clear();
            int count = channel.read(in.clear());
            if (count < 0) {
                return all.toString(StandardCharsets.UTF_8);
            }
            all.write(in.array(), 0, count);
            if (all.size() > MAX_ANSWER_BYTES) {
                throw new IOException("the answer on " + socket + " is too long");
            }
        }
    }

    private static Answer parse(String answer, SocketAddress socket) throws IOException {
        int headerEnd = answer.indexOf("\r\n\r\n");
        String[] statusLine = answer.split(" ", 3);
        if (headerEnd < 0 || !answer.startsWith("HTTP/1.") || statusLine.length < 2) {
            throw new IOException("what listens on " + socket
                    + " does not speak HTTP; is it the socket PATH.http, or the port of the metrics?");
        }
        try {
            return new Answer(Integer.parseInt(statusLine[1].substring(0, 3)), answer.substring(headerEnd + 4));
        } catch (NumberFormatException | IndexOutOfBoundsException e) {
            throw new IOException("what listens on " + socket + " does not speak HTTP", e);
        }
    }
}
