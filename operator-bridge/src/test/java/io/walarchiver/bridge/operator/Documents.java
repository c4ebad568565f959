package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.walarchiver.bridge.objectstore.ObjectStoreResource;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Objects;

/** Documents as the operator sends them, and settings to go with them. */
final class Documents {

    static final OperatorSettings SETTINGS = new OperatorSettings(
            "walarchiver.io",
            "1.2.3",
            "registry.example/wal-archiver:1.2.3",
            List.of("/opt/wal-archiver/bin/wal-archiver"),
            9189,
            (ObjectNode) tree("{\"requests\": {\"memory\": \"192Mi\"}}"));

    private static final ObjectMapper JSON = new ObjectMapper();

    private Documents() {}

    static ObjectNode read(String name) {
        try (InputStream file = Documents.class.getResourceAsStream("/operator/" + name)) {
            return (ObjectNode) JSON.readTree(Objects.requireNonNull(file).readAllBytes());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static JsonNode tree(String json) {
        try {
            return new ObjectMapper().readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A store of the namespace with these settings of the sidecar. */
    static ObjectStoreResource store(String name, String sidecar) {
        return ObjectStoreResource.read(tree("{\"metadata\": {\"name\": \"" + name
                + "\", \"namespace\": \"shop\"}, \"spec\": {\"configuration\": {\"destinationPath\": \"s3://b\","
                + " \"endpointCA\": {\"name\": \"" + name + "-ca\", \"key\": \"pem\"}, \"s3Credentials\":"
                + " {\"accessKeyId\": {\"name\": \"" + name
                + "-keys\", \"key\": \"id\"}, \"secretAccessKey\": {\"name\": \""
                + name + "-keys\", \"key\": \"secret\"}}}"
                + (sidecar.isEmpty() ? "" : ", \"instanceSidecarConfiguration\": " + sidecar)
                + "}}"));
    }
}
