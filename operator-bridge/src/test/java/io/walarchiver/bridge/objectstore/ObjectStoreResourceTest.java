package io.walarchiver.bridge.objectstore;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

final class ObjectStoreResourceTest {

    private static final String STORE = """
            {"apiVersion": "barmancloud.cnpg.io/v1", "kind": "ObjectStore",
             "metadata": {"name": "store", "namespace": "ns", "managedFields": [{}]},
             "spec": {"futureField": 1, "configuration": {
               "destinationPath": "s3://bucket//a/b//", "future": {"x": []},
               "s3Credentials": {"accessKeyId": {"name": "aws", "key": "id"},
                                 "secretAccessKey": {"name": "aws", "key": "secret"}},
               "wal": {"compression": "", "encryption": "", "maxParallel": null}}},
             "status": {"serverRecoveryWindow": {}}}
            """;

    @Test
    void fieldsOfALaterVersionArePassedOver() {
        ObjectStoreResource resource = ObjectStoreResource.read(json(STORE));

        StoreConfiguration store = resource.resolve(name ->
                Optional.of(new SecretData(name, Map.of("id", new SecretText("i"), "secret", new SecretText("s")))));

        assertThat(store.provider())
                .isInstanceOfSatisfying(
                        StoreProvider.S3.class, s3 -> assertThat(s3.prefix()).isEqualTo("a/b"));
        assertThat(store.warnings()).isEmpty();
    }

    @Test
    void missingSecretNamesTheNamespace() {
        ObjectStoreResource resource = ObjectStoreResource.read(json(STORE));

        assertThatThrownBy(() -> resource.resolve(name -> Optional.empty()))
                .isInstanceOf(InvalidStoreException.class)
                .hasMessage(
                        "ObjectStore ns/store:"
                                + "\n  spec.configuration.s3Credentials.accessKeyId: no Secret \"aws\" in the namespace ns"
                                + "\n  spec.configuration.s3Credentials.secretAccessKey: no Secret \"aws\" in the namespace ns");
    }

    @Test
    void checksumSwitchOfTheAwsToolsIsUnderstood() {
        String env = "\"spec\": {\"instanceSidecarConfiguration\": {\"env\": [{\"name\":"
                + " \"AWS_REQUEST_CHECKSUM_CALCULATION\", \"value\": \"when_required\"}]},";
        ObjectStoreResource resource = ObjectStoreResource.read(json(STORE.replace("\"spec\": {", env)));

        StoreConfiguration store = resource.resolve(name ->
                Optional.of(new SecretData(name, Map.of("id", new SecretText("i"), "secret", new SecretText("s")))));

        assertThat(((StoreProvider.S3) store.provider()).checksumMode()).isEqualTo(ChecksumMode.OFF);
    }

    @Test
    void wrongTypesAreRefusedOnKubernetesToo() {
        assertThatThrownBy(() -> ObjectStoreResource.read(json(STORE.replace("\"aws\", \"key\": \"id\"", "7"))))
                .isInstanceOf(InvalidStoreException.class)
                .hasMessageContainingAll("accessKeyId.name: must be text", "accessKeyId.key: is required");
    }

    private static JsonNode json(String text) {
        try {
            return new ObjectMapper().readTree(text);
        } catch (JsonProcessingException e) {
            throw new IllegalArgumentException(e);
        }
    }
}
