package io.walarchiver.bench.demo;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * What the demo can be told.
 *
 * @param load         how long to write at full speed
 * @param connections  by how many sessions
 * @param seed         of the load and of the moment the service is killed
 * @param keep         leaves the working directory in place
 * @param distribution the service to use; otherwise the one built in this repository
 */
public record DemoSettings(Duration load, int connections, long seed, boolean keep, Optional<Path> distribution) {

    public DemoSettings {
        if (load.compareTo(Duration.ofSeconds(5)) < 0 || load.compareTo(Duration.ofHours(1)) > 0) {
            throw new IllegalArgumentException(
                    "the load lasts from 5 seconds to an hour, not " + load.toSeconds() + " s");
        }
        if (connections < 1 || connections > 50) {
            throw new IllegalArgumentException("1 to 50 connections, not " + connections);
        }
    }
}
