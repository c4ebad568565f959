package io.walarchiver.bridge.objectstore;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.cel.common.CelValidationException;
import dev.cel.common.types.SimpleType;
import dev.cel.compiler.CelCompiler;
import dev.cel.compiler.CelCompilerFactory;
import dev.cel.parser.CelStandardMacro;
import dev.cel.runtime.CelEvaluationException;
import dev.cel.runtime.CelRuntime;
import dev.cel.runtime.CelRuntimeFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules of the resource, evaluated by Google's CEL for Java on what people write. */
final class ResourceRulesTest {

    private static final ObjectMapper JSON = new ObjectMapper();
    private static final CelCompiler COMPILER = CelCompilerFactory.standardCelCompilerBuilder()
            .setStandardMacros(CelStandardMacro.STANDARD_MACROS)
            .addVar("self", SimpleType.DYN)
            .setResultType(SimpleType.BOOL)
            .build();
    private static final CelRuntime RUNTIME =
            CelRuntimeFactory.standardCelRuntimeBuilder().build();

    /** A rule and what it says when it is broken: the path of the schema node, and within it the path of a field. */
    private record Rule(String field, String message, CelRuntime.Program program) {

        Optional<String> broken(String path, JsonNode value) {
            try {
                Object self = JSON.convertValue(value, Object.class);
                boolean holds = (Boolean) program.eval(Map.of("self", widened(self)));
                return holds ? Optional.empty() : Optional.of(path + field + ": " + message);
            } catch (CelEvaluationException e) {
                throw new AssertionError(path + ": " + message, e);
            }
        }
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void ruleRefusesOrPasses(String name, JsonNode spec, Optional<String> refused) {
        List<String> broken = check(spec);

        if (refused.isEmpty()) {
            assertThat(broken).isEmpty();
        } else {
            assertThat(broken).anyMatch(problem -> problem.startsWith(refused.orElseThrow()), refused.orElseThrow());
        }
    }

    /** The rules must not promise what the plugin does not keep, and not refuse what it could do. */
    @ParameterizedTest(name = "{0}")
    @MethodSource("cases")
    void pluginAgreesWithTheRules(String name, JsonNode spec, Optional<String> refused) {
        ObjectNode manifest = JsonNodeFactory.instance.objectNode();
        manifest.putObject("metadata").put("name", "store");
        manifest.set("spec", spec);
        boolean otherPlugin = spec.at("/configuration/azureCredentials").isObject()
                || spec.at("/configuration/googleCredentials").isObject();

        assertThat(usable(manifest)).isEqualTo(refused.isEmpty() && !otherPlugin);
    }

    static Stream<Arguments> cases() {
        return ResourceSchema.resource("rules.yaml").get(0).valueStream().map(one -> {
            ObjectNode spec = JsonNodeFactory.instance.objectNode();
            spec.set("configuration", one.get("configuration"));
            if (one.has("sidecar")) {
                spec.set("instanceSidecarConfiguration", one.get("sidecar"));
            }
            return Arguments.of(
                    one.path("name").asText(),
                    spec,
                    Optional.ofNullable(one.get("refused")).map(JsonNode::asText));
        });
    }

    @Test
    void manifestsOfTheReferenceBreakNoRule() {
        assertThat(ResourceSchema.resource("reference-manifests.yaml"))
                .hasSizeGreaterThan(7)
                .allSatisfy(manifest -> assertThat(check(manifest.path("spec"))).isEmpty());
        assertThat(check(ResourceSchema.resource("every-field.yaml").get(0).path("spec")))
                .isEmpty();
    }

    @Test
    void everyRuleIsBrokenByACaseAndNoRuleStandsAtTheRoot() {
        List<String> messages = new ArrayList<>();
        ResourceSchema.forEachNode(ResourceSchema.schema(), (path, node) -> {
            for (Rule rule : rules(node)) {
                assertThat(path).isNotIn("", "spec");
                messages.add(path + rule.field() + ": " + rule.message());
            }
        });

        assertThat(messages).hasSizeGreaterThan(9);
        assertThat(cases().flatMap(one -> check((JsonNode) one.get()[1]).stream()))
                .containsAll(messages);
    }

    private static boolean usable(ObjectNode manifest) {
        try {
            ObjectStoreResource resource = ObjectStoreResource.read(manifest);
            resource.resolve(name -> Optional.of(new SecretData(
                    name,
                    Map.of(
                            "id", new SecretText("i"),
                            "key", new SecretText("k"),
                            "r", new SecretText("r")))));
            return true;
        } catch (InvalidStoreException e) {
            return false;
        }
    }

    static List<String> check(JsonNode spec) {
        List<String> broken = new ArrayList<>();
        check("spec", ResourceSchema.schema().at("/properties/spec"), spec, broken);
        return broken;
    }

    private static void check(String path, JsonNode schema, JsonNode value, List<String> broken) {
        rules(schema).forEach(rule -> rule.broken(path, value).ifPresent(broken::add));
        schema.path("properties").properties().forEach(property -> {
            if (value.has(property.getKey())) {
                check(path + "." + property.getKey(), property.getValue(), value.get(property.getKey()), broken);
            }
        });
        assertThat(schema.at("/items/x-kubernetes-validations").isMissingNode())
                .as("rules within lists would be passed over here")
                .isTrue();
    }

    private static List<Rule> rules(JsonNode schema) {
        return schema.path("x-kubernetes-validations")
                .valueStream()
                .map(rule -> {
                    try {
                        return new Rule(
                                rule.path("fieldPath").asText(),
                                rule.path("message").asText(),
                                RUNTIME.createProgram(
                                        COMPILER.compile(rule.path("rule").asText())
                                                .getAst()));
                    } catch (CelValidationException | CelEvaluationException e) {
                        throw new AssertionError(rule.path("rule").asText(), e);
                    }
                })
                .toList();
    }

    /** CEL has no 32 bit numbers. */
    private static Object widened(Object value) {
        if (value instanceof Integer number) {
            return number.longValue();
        }
        if (value instanceof Map<?, ?> map) {
            return map.entrySet().stream()
                    .collect(Collectors.toUnmodifiableMap(Map.Entry::getKey, entry -> widened(entry.getValue())));
        }
        if (value instanceof List<?> list) {
            return list.stream().map(ResourceRulesTest::widened).toList();
        }
        return value;
    }
}
