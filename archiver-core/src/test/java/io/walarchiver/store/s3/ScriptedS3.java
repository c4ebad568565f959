package io.walarchiver.store.s3;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Function;
import javax.net.ServerSocketFactory;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP server on loopback that does what a test tells it to, request by request, and remembers what it was asked.
 * It speaks just enough HTTP/1.1 for an S3 client, and as badly as wanted.
 */
final class ScriptedS3 implements AutoCloseable {

    private final ServerSocket listener;
    private final String scheme;
    private final Deque<Answer> script = new ArrayDeque<>();
    private final List<Request> requests = new CopyOnWriteArrayList<>();
    private final Set<Socket> open = ConcurrentHashMap.newKeySet();
    private volatile Answer otherwise = status(500);

    ScriptedS3() throws IOException {
        this(ServerSocketFactory.getDefault(), "http");
    }

    ScriptedS3(ServerSocketFactory sockets, String scheme) throws IOException {
        this.listener = sockets.createServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.scheme = scheme;
        daemon(this::accept);
    }

    URI endpoint() {
        return URI.create(scheme + "://127.0.0.1:" + listener.getLocalPort());
    }

    int port() {
        return listener.getLocalPort();
    }

    /** Answers to the next requests, in order of arrival. */
    @CanIgnoreReturnValue
    ScriptedS3 then(Answer... answers) {
        synchronized (script) {
            script.addAll(List.of(answers));
        }
        return this;
    }

    /** The answer once the script has run out. */
    @CanIgnoreReturnValue
    ScriptedS3 otherwise(Answer answer) {
        otherwise = answer;
        return this;
    }

    List<Request> requests() {
        return List.copyOf(requests);
    }

    Request onlyRequest() {
        if (requests.size() != 1) {
            throw new AssertionError("expected one request, saw " + requests);
        }
        return requests.get(0);
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : open) {
            socket.close();
        }
    }

    // ---- what a test can ask for

    /** What to do with one request. */
    @FunctionalInterface
    interface Answer {
        void to(Request request, Wire wire) throws IOException;
    }

    static Answer status(int status, String... headers) {
        return with(status, "", headers);
    }

    static Answer with(int status, String body, String... headers) {
        return (request, wire) -> wire.respond(request, status, body.getBytes(StandardCharsets.UTF_8), headers);
    }

    static Answer with(int status, byte[] body, String... headers) {
        return (request, wire) -> wire.respond(request, status, body, headers);
    }

    static Answer error(int status, String code) {
        return with(
                status,
                "<?xml version=\"1.0\" encoding=\"UTF-8\"?><Error><Code>" + code + "</Code><Message>scripted</Message>"
                        + "<RequestId>req-7</RequestId></Error>",
                "Content-Type: application/xml",
                "x-amz-request-id: req-7");
    }

    /** Drops the connection after the whole request has been read. */
    static Answer reset() {
        return (request, wire) -> wire.reset();
    }

    /** Reads the request and stays silent. */
    static Answer silence() {
        return (request, wire) -> wire.stall();
    }

    /** Announces {@code body} and sends only its first bytes, then closes. */
    static Answer truncated(byte[] body, int sent, String... headers) {
        return (request, wire) -> {
            wire.head(200, body.length, headers);
            wire.raw(body, 0, sent);
            wire.reset();
        };
    }

    /** Announces {@code body}, sends its first bytes and then nothing more. */
    static Answer stalled(byte[] body, int sent, String... headers) {
        return (request, wire) -> {
            wire.head(200, body.length, headers);
            wire.raw(body, 0, sent);
            wire.stall();
        };
    }

    static Answer choose(Function<Request, Answer> rule) {
        return (request, wire) -> rule.apply(request).to(request, wire);
    }

    /** A request as it came over the wire; header names in lower case. */
    record Request(String method, String target, Map<String, String> headers, byte[] body) {

        @Nullable
        String header(String name) {
            return headers.get(name.toLowerCase(Locale.ROOT));
        }

        @Override
        public String toString() {
            return method + " " + target + " " + headers + " +" + body.length;
        }
    }

    /** One connection, for answers. */
    static final class Wire {
        private final Socket socket;
        private final OutputStream out;

        Wire(Socket socket) throws IOException {
            this.socket = socket;
            this.out = socket.getOutputStream();
        }

        void respond(Request request, int status, byte[] body, String... headers) throws IOException {
            head(status, body.length, headers);
            if (!request.method().equals("HEAD")) {
                raw(body, 0, body.length);
            }
        }

        void head(int status, long length, String... headers) throws IOException {
            StringBuilder head = new StringBuilder("HTTP/1.1 ").append(status).append(" Scripted\r\n");
            boolean measured = false;
            for (String header : headers) {
                head.append(header).append("\r\n");
                measured |= header.toLowerCase(Locale.ROOT).startsWith("content-length:");
            }
            if (!measured) {
                head.append("Content-Length: ").append(length).append("\r\n");
            }
            byte[] bytes = head.append("\r\n").toString().getBytes(StandardCharsets.UTF_8);
            raw(bytes, 0, bytes.length);
        }

        void raw(byte[] bytes, int from, int count) throws IOException {
            out.write(bytes, from, count);
            out.flush();
        }

        void reset() throws IOException {
            socket.setSoLinger(true, 0);
            socket.close();
        }

        void stall() throws IOException {
            try {
                int ignored = socket.getInputStream().read();
            } finally {
                socket.close();
            }
        }
    }

    // ---- the server itself

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                open.add(socket);
                daemon(() -> serve(socket));
            } catch (IOException e) {
                // A failed handshake or the end of the test.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            InputStream in = new BufferedInputStream(socket.getInputStream());
            Wire wire = new Wire(socket);
            while (!socket.isClosed()) {
                Request request = read(in, wire);
                requests.add(request);
                next().to(request, wire);
            }
        } catch (IOException | UncheckedIOException e) {
            // The peer went away.
        } finally {
            open.remove(socket);
        }
    }

    private Answer next() {
        synchronized (script) {
            Answer answer = script.poll();
            return answer == null ? otherwise : answer;
        }
    }

    private static Request read(InputStream in, Wire wire) throws IOException {
        String[] start = line(in).split(" ", 3);
        Map<String, String> headers = new TreeMap<>();
        for (String line = line(in); !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            headers.put(
                    line.substring(0, colon).toLowerCase(Locale.ROOT),
                    line.substring(colon + 1).trim());
        }
        if ("100-continue".equalsIgnoreCase(headers.get("expect"))) {
            byte[] go = "HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
            wire.raw(go, 0, go.length);
        }
        int length = Integer.parseInt(headers.getOrDefault("content-length", "0"));
        byte[] body = in.readNBytes(length);
        if (body.length < length) {
            throw new EOFException();
        }
        return new Request(start[0], start[1], headers, body);
    }

    private static String line(InputStream in) throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        for (int c = in.read(); c != '\n'; c = in.read()) {
            if (c < 0) {
                throw new EOFException();
            }
            if (c != '\r') {
                line.write(c);
            }
        }
        return line.toString(StandardCharsets.UTF_8);
    }

    private static void daemon(Runnable work) {
        Thread thread = new Thread(work, "scripted-s3");
        thread.setDaemon(true);
        thread.start();
    }
}
