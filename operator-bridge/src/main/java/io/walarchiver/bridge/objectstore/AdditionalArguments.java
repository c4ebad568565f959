package io.walarchiver.bridge.objectstore;

import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One of the four lists of extra options for the barman-cloud tools, read for what they mean. No tool is run here; an
 * option that means nothing to us is a warning, never silence.
 */
final class AdditionalArguments {

    /** The list of options, named by the barman-cloud tool it was made for. */
    enum Tool {
        WAL_ARCHIVE,
        WAL_RESTORE,
        BACKUP,
        RESTORE
    }

    /** The options that have a meaning here. */
    enum Option {
        READ_TIMEOUT("--read-timeout"),
        ADDRESSING_STYLE("--addressing-style"),
        PROFILE("--aws-profile", "--profile", "-P"),
        KMS_KEY_ID(EnumSet.of(Tool.WAL_ARCHIVE, Tool.BACKUP), true, "--sse-kms-key-id"),
        COMPRESSION_LEVEL(EnumSet.of(Tool.WAL_ARCHIVE, Tool.BACKUP), true, "--compression-level"),
        NO_PARTIAL(EnumSet.of(Tool.WAL_RESTORE), false, "--no-partial"),
        MIN_CHUNK_SIZE(EnumSet.of(Tool.BACKUP), true, "--min-chunk-size"),
        MAX_ARCHIVE_SIZE(EnumSet.of(Tool.BACKUP), true, "--max-archive-size", "-S"),
        MAX_BANDWIDTH(EnumSet.of(Tool.BACKUP), true, "--max-bandwidth");

        @SuppressWarnings("ImmutableEnumChecker") // a copy that refuses change
        private final Set<Tool> tools;

        private final boolean takesValue;

        @SuppressWarnings("ImmutableEnumChecker") // a copy that refuses change
        private final List<String> names;

        Option(String... names) {
            this(EnumSet.allOf(Tool.class), true, names);
        }

        Option(Set<Tool> tools, boolean takesValue, String... names) {
            this.tools = Set.copyOf(tools);
            this.takesValue = takesValue;
            this.names = List.of(names);
        }
    }

    /**
     * An option as it was given.
     *
     * @param value empty for an option that takes none
     * @param path  where it stands
     */
    record Argument(String value, String path) {}

    private static final Map<String, Option> BY_NAME = byName();

    /** Options that would only repeat a field of the resource, and the field. */
    private static final Map<String, String> FIELDS = Map.ofEntries(
            Map.entry("--endpoint-url", "endpointURL"),
            Map.entry("--cloud-provider", "the credentials object"),
            Map.entry("--encryption", "encryption"),
            Map.entry("-e", "encryption"),
            Map.entry("--gzip", "compression"),
            Map.entry("-z", "compression"),
            Map.entry("--bzip2", "compression"),
            Map.entry("-j", "compression"),
            Map.entry("--snappy", "compression"),
            Map.entry("--lz4", "compression"),
            Map.entry("--xz", "compression"),
            Map.entry("--zstd", "compression"),
            Map.entry("--jobs", "jobs"),
            Map.entry("-J", "jobs"),
            Map.entry("--immediate-checkpoint", "immediateCheckpoint"),
            Map.entry("--tags", "tags"),
            Map.entry("--tag", "tags"),
            Map.entry("--history-tags", "historyTags"));

    private static final Set<String> VERBOSITY = Set.of("-v", "-vv", "--verbose", "-q", "-qq", "--quiet");

    private final Map<Option, Argument> arguments = new EnumMap<>(Option.class);

    private AdditionalArguments() {}

    /** Reads a list; of an option given twice the first counts, as in the original. */
    static AdditionalArguments parse(List<String> list, String path, Tool tool, Problems problems) {
        AdditionalArguments result = new AdditionalArguments();
        int next = 0;
        while (next < list.size()) {
            String at = path + "[" + next + "]";
            String entry = list.get(next++);
            if (!entry.startsWith("-")) {
                problems.warn(at, "\"" + entry + "\" is not an option; it is ignored");
                continue;
            }
            int equals = entry.indexOf('=');
            String name = equals < 0 ? entry : entry.substring(0, equals);
            Option option = BY_NAME.get(name);
            boolean takesNext = equals < 0
                    && (option == null || option.takesValue)
                    && !VERBOSITY.contains(name)
                    && next < list.size()
                    && isValue(list.get(next));
            String value = equals >= 0 ? entry.substring(equals + 1) : takesNext ? list.get(next++) : "";
            if (option == null || !option.tools.contains(tool)) {
                problems.warn(at, whyIgnored(name, option));
            } else if (option.takesValue && value.isEmpty()) {
                problems.add(at, name + " needs a value, as in " + name + "=VALUE");
            } else if (result.arguments.putIfAbsent(option, new Argument(value, at)) != null) {
                problems.warn(at, name + " was given before; this one is ignored");
            }
        }
        return result;
    }

    Optional<Argument> get(Option option) {
        return Optional.ofNullable(arguments.get(option));
    }

    private static boolean isValue(String entry) {
        boolean negativeNumber =
                entry.length() > 1 && entry.substring(1).chars().allMatch(Character::isDigit);
        return !entry.startsWith("-") || negativeNumber;
    }

    private static String whyIgnored(String name, @Nullable Option option) {
        if (option != null) {
            return name + " has no meaning in this list; it is ignored";
        }
        if (VERBOSITY.contains(name)) {
            return name + " is ignored: set logLevel of instanceSidecarConfiguration instead";
        }
        String field = FIELDS.get(name);
        if (field != null) {
            return name + " is ignored: set " + field + " of the resource instead";
        }
        return name + " is not known; it is ignored";
    }

    private static Map<String, Option> byName() {
        Map<String, Option> byName = new HashMap<>();
        for (Option option : Option.values()) {
            option.names.forEach(name -> byName.put(name, option));
        }
        return byName;
    }
}
