package io.walarchiver.bridge.objectstore;

import com.fasterxml.jackson.databind.JsonNode;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SchemaValidatorsConfig;
import com.networknt.schema.SpecVersion;
import com.networknt.schema.ValidationMessage;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Everything that would be said about an ObjectStore: by the schema, by its rules, and by the plugin. */
public final class ManifestCheck {

    static final JsonSchema SCHEMA = JsonSchemaFactory.getInstance(SpecVersion.VersionFlag.V202012)
            .getSchema(
                    ResourceSchema.strict(),
                    SchemaValidatorsConfig.builder()
                            .formatAssertionsEnabled(true)
                            .build());

    private ManifestCheck() {}

    /** Problems and warnings; Secrets are taken to hold what is asked of them, but for certificates. */
    public static List<String> problems(JsonNode manifest) {
        List<String> problems = new ArrayList<>(SCHEMA.validate(manifest).stream()
                .map(ValidationMessage::getMessage)
                .toList());
        problems.addAll(ResourceRulesTest.check(manifest.path("spec")));
        Map<String, SecretText> entries = new HashMap<>();
        manifest.findValuesAsText("key").forEach(key -> entries.put(key, new SecretText("value")));
        try {
            StoreConfiguration store =
                    ObjectStoreResource.read(manifest).resolve(name -> Optional.of(new SecretData(name, entries)));
            store.warnings().forEach(warning -> problems.add(warning.toString()));
        } catch (InvalidStoreException e) {
            e.problems().stream()
                    .filter(problem -> !problem.path().endsWith(".endpointCA"))
                    .forEach(problem -> problems.add(problem.toString()));
        }
        return problems;
    }
}
