package io.walarchiver.bench.s3;

import io.walarchiver.bench.s3.SinkObjects.Stored;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/** Answers the requests of one connection, one after the other. */
final class SinkConnection {

    private static final String DATE = "Thu, 01 Jan 2026 00:00:00 GMT";

    private static final SinkContent NOTHING = new SinkContent.Bytes(new byte[0]);

    private final InputStream in;
    private final OutputStream out;
    private final SinkObjects objects;

    SinkConnection(InputStream in, OutputStream out, SinkObjects objects) {
        this.in = new BufferedInputStream(in, 1 << 16);
        this.out = new BufferedOutputStream(out, 1 << 16);
        this.objects = objects;
    }

    void serve() throws IOException {
        for (Optional<SinkRequest> next = SinkRequest.read(in, out);
                next.isPresent();
                next = SinkRequest.read(in, out)) {
            SinkRequest request = next.get();
            objects.count(request.kind(), request.wireBytes());
            answer(request);
            out.flush();
        }
    }

    private void answer(SinkRequest request) throws IOException {
        switch (request.method()) {
            case "PUT" -> put(request);
            case "GET", "HEAD" -> get(request);
            case "DELETE" -> {
                objects.remove(request.key());
                respond("204 No Content", Map.of(), NOTHING, 0, 0, false);
            }
            case "POST" -> post(request);
            default -> error(request, "405 Method Not Allowed", "MethodNotAllowed");
        }
    }

    private void put(SinkRequest request) throws IOException {
        if (request.query().containsKey("partNumber")) {
            String id = request.query().getOrDefault("uploadId", "");
            objects.putPart(id, Integer.parseInt(request.query().get("partNumber")), request.body());
            respond("200 OK", Map.of("ETag", "\"part\""), NOTHING, 0, 0, false);
        } else if (request.key().isEmpty()) {
            respond("200 OK", Map.of(), NOTHING, 0, 0, false);
        } else {
            boolean absentOnly = "*".equals(request.headers().get("if-none-match"));
            Stored stored = objects.stored(request.headers(), request.body());
            if (objects.put(request.key(), stored, absentOnly)) {
                respond("200 OK", Map.of("ETag", stored.etag()), NOTHING, 0, 0, false);
            } else {
                error(request, "412 Precondition Failed", "PreconditionFailed");
            }
        }
    }

    private void get(SinkRequest request) throws IOException {
        boolean head = request.method().equals("HEAD");
        if (request.key().isEmpty()) {
            SinkContent page = head ? NOTHING : text(SinkListing.page(objects.snapshot(), request.query()));
            respond("200 OK", Map.of("Content-Type", "application/xml"), page, 0, page.length(), head);
            return;
        }
        Stored stored = objects.get(request.key());
        if (stored == null) {
            error(request, "404 Not Found", "NoSuchKey");
            return;
        }
        Map<String, String> headers = new LinkedHashMap<>(stored.metadata());
        headers.put("ETag", stored.etag());
        headers.put("Last-Modified", DATE);
        headers.put("Accept-Ranges", "bytes");
        if ("ENABLED".equalsIgnoreCase(request.headers().get("x-amz-checksum-mode"))) {
            headers.putAll(stored.checksums());
        }
        long length = stored.content().length();
        String range = request.headers().getOrDefault("range", "");
        if (!range.startsWith("bytes=")) {
            respond("200 OK", headers, stored.content(), 0, length, head);
            return;
        }
        String[] bounds = range.substring("bytes=".length()).split("-", 2);
        long from = Long.parseLong(bounds[0]);
        long to = bounds[1].isEmpty() ? length : Math.min(length, Long.parseLong(bounds[1]) + 1);
        if (from >= length) {
            error(request, "416 Range Not Satisfiable", "InvalidRange");
            return;
        }
        headers.put("Content-Range", "bytes " + from + "-" + (to - 1) + "/" + length);
        respond("206 Partial Content", headers, stored.content(), from, to - from, head);
    }

    private void post(SinkRequest request) throws IOException {
        String body;
        if (request.query().containsKey("uploads")) {
            body = "<InitiateMultipartUploadResult><UploadId>" + objects.startUpload(request.headers())
                    + "</UploadId></InitiateMultipartUploadResult>";
        } else if (request.query().containsKey("uploadId")) {
            objects.completeUpload(request.key(), request.query().getOrDefault("uploadId", ""));
            body = "<CompleteMultipartUploadResult><ETag>\"whole\"</ETag></CompleteMultipartUploadResult>";
        } else {
            String keys = new String(request.body(), StandardCharsets.UTF_8);
            for (String part : keys.split("<Key>", -1)) {
                int end = part.indexOf("</Key>");
                if (end >= 0) {
                    objects.remove(part.substring(0, end));
                }
            }
            body = "<DeleteResult/>";
        }
        SinkContent answer = text(body);
        respond("200 OK", Map.of("Content-Type", "application/xml"), answer, 0, answer.length(), false);
    }

    private static SinkContent text(String text) {
        return new SinkContent.Bytes(text.getBytes(StandardCharsets.UTF_8));
    }

    private void error(SinkRequest request, String status, String code) throws IOException {
        SinkContent body = text("<Error><Code>" + code + "</Code><Message>" + status + "</Message></Error>");
        boolean head = request.method().equals("HEAD");
        respond(status, Map.of("Content-Type", "application/xml"), body, 0, body.length(), head);
    }

    private void respond(
            String status, Map<String, String> headers, SinkContent body, long offset, long length, boolean headOnly)
            throws IOException {
        StringBuilder text = new StringBuilder("HTTP/1.1 ").append(status).append("\r\n");
        headers.forEach(
                (name, value) -> text.append(name).append(": ").append(value).append("\r\n"));
        text.append("x-amz-request-id: sink\r\nDate: ").append(DATE);
        if (!status.startsWith("204")) {
            text.append("\r\nContent-Length: ").append(length);
        }
        text.append("\r\n\r\n");
        out.write(text.toString().getBytes(StandardCharsets.ISO_8859_1));
        if (!headOnly) {
            body.writeTo(out, offset, length);
            objects.countOut(length);
        }
    }
}
