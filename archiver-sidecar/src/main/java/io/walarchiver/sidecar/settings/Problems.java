package io.walarchiver.sidecar.settings;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/** Collects what is wrong with the settings, so that a person can repair it all in one go. For one thread. */
public final class Problems {

    private final List<String> found = new ArrayList<>();

    /** Notes a problem. */
    public void add(String problem) {
        found.add(problem);
    }

    /** Notes several problems. */
    public void addAll(Collection<String> problems) {
        found.addAll(problems);
    }

    /** The value, or a noted problem when making it fails with {@link IllegalArgumentException}. */
    public <T> Optional<T> check(String setting, Supplier<T> value) {
        try {
            return Optional.of(value.get());
        } catch (SettingsException several) {
            several.problems().forEach(problem -> found.add(setting + ": " + problem));
        } catch (IllegalArgumentException e) {
            found.add(setting + ": " + e.getMessage());
        }
        return Optional.empty();
    }

    /** @throws SettingsException when a problem was noted */
    public void throwIfAny() {
        if (!found.isEmpty()) {
            throw new SettingsException(found);
        }
    }
}
