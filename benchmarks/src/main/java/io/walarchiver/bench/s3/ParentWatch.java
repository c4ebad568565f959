package io.walarchiver.bench.s3;

import java.io.IOException;

/** Ends this JVM when the parent's end of standard input closes, that is when the parent is gone. */
final class ParentWatch {

    private ParentWatch() {}

    static void start() {
        Thread watch = new Thread(
                () -> {
                    try {
                        while (System.in.read() >= 0) {
                            // Nobody writes; only the end matters.
                        }
                    } catch (IOException closed) {
                        // The same as the end.
                    }
                    Runtime.getRuntime().halt(0);
                },
                "parent-watch");
        watch.setDaemon(true);
        watch.start();
    }
}
