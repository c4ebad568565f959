package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * An ObjectStore as it is written, on Kubernetes or in a file.
 *
 * @param namespace {@code metadata.namespace}; empty in a file that does not name one
 * @param name      {@code metadata.name}
 * @param spec      {@code spec}
 */
public record ObjectStoreResource(Optional<String> namespace, String name, ObjectStoreSpec spec) {

    /** API group of the resource. */
    public static final String GROUP = "barmancloud.cnpg.io";

    /** {@code apiVersion} of the resource. */
    public static final String API_VERSION = GROUP + "/v1";

    /** {@code kind} of the resource. */
    public static final String KIND = "ObjectStore";

    /**
     * Reads an object of the Kubernetes API. Fields unknown to this version are passed over, as Kubernetes does.
     *
     * @throws InvalidStoreException with every field of the wrong type
     */
    public static ObjectStoreResource read(JsonNode object) {
        Problems problems = new Problems();
        ObjectStoreResource resource = read(object, problems, false);
        problems.throwIfAny(resource.title());
        return resource;
    }

    static ObjectStoreResource read(JsonNode object, Problems problems, boolean unknownFieldsAreProblems) {
        FieldReader document = new FieldReader(object, "", problems);
        FieldReader metadata = document.objectOrEmpty("metadata");
        Optional<String> namespace = metadata.text("namespace");
        String name = metadata.requiredText("name");
        ObjectStoreSpec spec = new ObjectStoreReader(problems, unknownFieldsAreProblems).spec(document);
        if (unknownFieldsAreProblems) {
            document.allow("apiVersion", "kind", "status");
            document.rejectUnknownFields();
        }
        return new ObjectStoreResource(namespace, name, spec);
    }

    /** The names of all Secrets the resource refers to: what a reader of it must be allowed to get. */
    public SortedSet<String> secretNames() {
        ObjectStoreSpec.Configuration configuration = spec.configuration();
        SortedSet<String> names = new TreeSet<>();
        Stream.of(
                        configuration.endpointCA().stream(),
                        configuration.s3Credentials().stream()
                                .flatMap(s3 -> Stream.of(
                                        s3.accessKeyId(), s3.secretAccessKey(), s3.region(), s3.sessionToken()))
                                .flatMap(Optional::stream),
                        configuration.azureCredentials().stream()
                                .flatMap(azure -> Stream.of(
                                        azure.connectionString(),
                                        azure.storageAccount(),
                                        azure.storageKey(),
                                        azure.storageSasToken()))
                                .flatMap(Optional::stream),
                        configuration.googleCredentials().stream()
                                .flatMap(google -> google.applicationCredentials().stream()))
                .flatMap(Function.identity())
                .forEach(key -> names.add(key.name()));
        return names;
    }

    /**
     * What the resource means.
     *
     * @param secrets finds a Secret of the resource's namespace by its name
     * @throws InvalidStoreException with every broken rule and every missing Secret
     */
    public StoreConfiguration resolve(Function<String, Optional<SecretData>> secrets) {
        Problems problems = new Problems();
        String where = namespace.map(ns -> "in the namespace " + ns).orElse("in the namespace");
        return resolve(new SecretResolver(secrets, where, problems), problems, title());
    }

    StoreConfiguration resolve(SecretResolver secrets, Problems problems, String source) {
        return new StoreResolver(name, spec, secrets, problems).resolve(source);
    }

    private String title() {
        return KIND + " " + namespace.map(ns -> ns + "/").orElse("") + name;
    }
}
