package io.walarchiver.bench.s3;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * One HTTP request.
 *
 * @param method  in upper case
 * @param key     the key behind the bucket; empty for the bucket itself
 * @param query   decoded parameters; a parameter without value has an empty one
 * @param headers names in lower case; the trailers of a chunked upload included
 * @param body    the content, without transfer framing
 * @param wireBytes length of the body on the wire
 */
record SinkRequest(
        String method,
        String key,
        Map<String, String> query,
        Map<String, String> headers,
        byte[] body,
        long wireBytes) {

    /** Reads a request; empty at the end of the connection. */
    static Optional<SinkRequest> read(InputStream in, OutputStream out) throws IOException {
        String requestLine = line(in);
        if (requestLine == null || requestLine.isEmpty()) {
            return Optional.empty();
        }
        String[] words = requestLine.split(" ");
        Map<String, String> headers = new HashMap<>();
        readHeaders(in, headers);
        if ("100-continue".equalsIgnoreCase(headers.get("expect"))) {
            out.write("HTTP/1.1 100 Continue\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
            out.flush();
        }
        long wireBytes = Long.parseLong(headers.getOrDefault("content-length", "0"));
        byte[] body;
        if ("chunked".equalsIgnoreCase(headers.get("transfer-encoding"))) {
            body = chunks(in, headers, false);
            wireBytes = body.length;
        } else if (headers.getOrDefault("x-amz-content-sha256", "").startsWith("STREAMING-")) {
            body = chunks(in, headers, true);
        } else {
            body = exactly(in, Math.toIntExact(wireBytes));
        }
        String target = words[1];
        int question = target.indexOf('?');
        String path = question < 0 ? target : target.substring(0, question);
        int slash = path.indexOf('/', 1);
        // A plus is a plus in a path; only queries use it for a blank.
        String key = slash < 0
                ? ""
                : URLDecoder.decode(path.substring(slash + 1).replace("+", "%2B"), StandardCharsets.UTF_8);
        return Optional.of(new SinkRequest(
                words[0],
                key,
                question < 0 ? Map.of() : query(target.substring(question + 1)),
                headers,
                body,
                wireBytes));
    }

    /** The name statistics count it under. */
    String kind() {
        return method.equals("GET") && key.isEmpty() ? "list" : method.toLowerCase(Locale.ROOT);
    }

    private static Map<String, String> query(String text) {
        Map<String, String> query = new LinkedHashMap<>();
        for (String pair : text.split("&")) {
            int equals = pair.indexOf('=');
            String name = equals < 0 ? pair : pair.substring(0, equals);
            String value = equals < 0 ? "" : pair.substring(equals + 1);
            query.put(
                    URLDecoder.decode(name, StandardCharsets.UTF_8), URLDecoder.decode(value, StandardCharsets.UTF_8));
        }
        return query;
    }

    private static void readHeaders(InputStream in, Map<String, String> headers) throws IOException {
        for (String line = line(in); line != null && !line.isEmpty(); line = line(in)) {
            int colon = line.indexOf(':');
            if (colon > 0) {
                headers.put(
                        line.substring(0, colon).trim().toLowerCase(Locale.ROOT),
                        line.substring(colon + 1).trim());
            }
        }
    }

    /** Chunks of hexadecimal length, as in HTTP/1.1 and, with signatures behind a semicolon, in aws-chunked. */
    private static byte[] chunks(InputStream in, Map<String, String> headers, boolean aws) throws IOException {
        ByteArrayOutputStream content = new ByteArrayOutputStream(
                Integer.parseInt(headers.getOrDefault("x-amz-decoded-content-length", "65536")));
        while (true) {
            String line = line(in);
            if (line == null) {
                throw new EOFException("the body ended within its chunks");
            }
            int semicolon = line.indexOf(';');
            int length = Integer.parseInt(semicolon < 0 ? line : line.substring(0, semicolon), 16);
            if (length == 0) {
                readHeaders(in, headers);
                byte[] bytes = content.toByteArray();
                boolean awsInside =
                        !aws && headers.getOrDefault("x-amz-content-sha256", "").startsWith("STREAMING-");
                return awsInside ? chunks(new ByteArrayInputStream(bytes), headers, true) : bytes;
            }
            content.write(exactly(in, length));
            line(in);
        }
    }

    private static byte[] exactly(InputStream in, int length) throws IOException {
        byte[] bytes = in.readNBytes(length);
        if (bytes.length < length) {
            throw new EOFException("the body ended after " + bytes.length + " of " + length + " bytes");
        }
        return bytes;
    }

    private static @Nullable String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c >= 0; c = in.read()) {
            if (c == '\n') {
                int length = line.length();
                return length > 0 && line.charAt(length - 1) == '\r' ? line.substring(0, length - 1) : line.toString();
            }
            line.append((char) c);
        }
        return line.length() == 0 ? null : line.toString();
    }
}
