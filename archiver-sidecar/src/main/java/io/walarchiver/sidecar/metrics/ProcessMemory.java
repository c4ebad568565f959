package io.walarchiver.sidecar.metrics;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** The resident set of this process, from {@code /proc/self/status} (proc(5)). */
public final class ProcessMemory {

    private static final Path STATUS = Path.of("/proc/self/status");
    private static final String RESIDENT = "VmRSS:";

    private ProcessMemory() {}

    /** Resident bytes; 0 where the system does not tell. */
    public static long residentBytes() {
        try {
            for (String line : Files.readAllLines(STATUS, StandardCharsets.US_ASCII)) {
                if (line.startsWith(RESIDENT)) {
                    // "VmRSS:	  123456 kB"
                    return Long.parseLong(
                                    line.substring(RESIDENT.length()).trim().split(" ", 2)[0])
                            * 1024;
                }
            }
        } catch (IOException | NumberFormatException notTold) {
            return 0;
        }
        return 0;
    }
}
