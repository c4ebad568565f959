package io.walarchiver.bridge.operator;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * One thing that a Role allows.
 *
 * @param verb     such as {@code get}
 * @param group    empty for the core group
 * @param resource the plural, with the subresource behind a slash
 * @param name     of the object; empty for all of them
 */
public record Right(String verb, String group, String resource, String name) implements Comparable<Right> {

    private static final String ALL = "*";

    /**
     * What the rules of a Role or ClusterRole say, each right once for every name.
     *
     * @param role the tree; one without rules gives nothing
     */
    public static List<Right> of(JsonNode role) {
        List<Right> rights = new ArrayList<>();
        for (JsonNode rule : role.path("rules")) {
            List<String> names = texts(rule.path("resourceNames"));
            for (String group : texts(rule.path("apiGroups"))) {
                for (String resource : texts(rule.path("resources"))) {
                    for (String verb : texts(rule.path("verbs"))) {
                        (names.isEmpty() ? List.of("") : names)
                                .forEach(name -> rights.add(new Right(verb, group, resource, name)));
                    }
                }
            }
        }
        return rights;
    }

    /** Whether who holds one of the others holds this one, too; {@code *} stands for everything. */
    public boolean isHeldBy(List<Right> others) {
        return others.stream()
                .anyMatch(other -> fits(other.verb, verb)
                        && fits(other.group, group)
                        && fitsResource(other.resource)
                        && (other.name.isEmpty() || other.name.equals(name)));
    }

    @Override
    public int compareTo(Right other) {
        return toString().compareTo(other.toString());
    }

    /** For people: {@code get secrets "keys"}. */
    @Override
    public String toString() {
        return verb + " " + resource + (group.isEmpty() ? "" : "." + group)
                + (name.isEmpty() ? "" : " \"" + name + "\"");
    }

    private boolean fitsResource(String other) {
        int slash = resource.indexOf('/');
        return fits(other, resource) || (slash > 0 && other.equals(ALL + resource.substring(slash)));
    }

    private static boolean fits(String allowed, String wanted) {
        return allowed.equals(ALL) || allowed.equals(wanted);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(element -> texts.add(element.asText()));
        return texts;
    }
}
