package io.walarchiver.bench.s3;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * What has reached the sink so far.
 *
 * @param requests number of requests by kind: put, get, head, list, delete, post
 * @param bytesIn  bytes of request bodies as they were on the wire, without TLS
 * @param bytesOut bytes of response bodies
 */
public record SinkStatistics(Map<String, Long> requests, long bytesIn, long bytesOut) {

    public SinkStatistics {
        requests = Map.copyOf(requests);
    }

    /** In front of a prefix: remove all objects below it before answering. */
    static final String FORGET = "forget ";

    /** Asks a running sink. */
    static SinkStatistics fetch(int port) throws IOException {
        return ask(port, "");
    }

    /** Makes a running sink forget all objects whose keys start with {@code prefix}. */
    static SinkStatistics forget(int port, String prefix) throws IOException {
        return ask(port, FORGET + prefix);
    }

    private static SinkStatistics ask(int port, String question) throws IOException {
        try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.getOutputStream().write(question.getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return parse(new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        }
    }

    private static SinkStatistics parse(String text) {
        Map<String, Long> requests = new TreeMap<>();
        for (String word : text.strip().split(" ")) {
            int equals = word.indexOf('=');
            requests.put(word.substring(0, equals), Long.parseLong(word.substring(equals + 1)));
        }
        long in = requests.remove("bytesIn");
        long out = requests.remove("bytesOut");
        return new SinkStatistics(requests, in, out);
    }

    String print() {
        StringBuilder text = new StringBuilder();
        requests.forEach(
                (kind, count) -> text.append(kind).append('=').append(count).append(' '));
        return text.append("bytesIn=")
                .append(bytesIn)
                .append(" bytesOut=")
                .append(bytesOut)
                .toString();
    }

    /** What has been added since {@code earlier}. */
    public SinkStatistics since(SinkStatistics earlier) {
        Map<String, Long> difference = new TreeMap<>();
        requests.forEach((kind, count) -> {
            long added = count - earlier.requests.getOrDefault(kind, 0L);
            if (added > 0) {
                difference.put(kind, added);
            }
        });
        return new SinkStatistics(difference, bytesIn - earlier.bytesIn, bytesOut - earlier.bytesOut);
    }
}
