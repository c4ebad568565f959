package io.walarchiver.bridge.kubernetes;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;

/** Fields of a tree that are made when they are not there, or are not what they have to be. */
final class Trees {

    private Trees() {}

    static ObjectNode object(ObjectNode parent, String field) {
        return parent.get(field) instanceof ObjectNode known ? known : parent.putObject(field);
    }

    static ArrayNode array(ObjectNode parent, String field) {
        return parent.get(field) instanceof ArrayNode known ? known : parent.putArray(field);
    }

    /** The node that reading the number back would give; others are not equal to it. */
    static void put(ObjectNode parent, String field, long number) {
        if (number == (int) number) {
            parent.put(field, (int) number);
        } else {
            parent.put(field, number);
        }
    }
}
