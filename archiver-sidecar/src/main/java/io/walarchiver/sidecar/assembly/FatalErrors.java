package io.walarchiver.sidecar.assembly;

import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import reactor.core.publisher.Hooks;
import reactor.core.scheduler.Schedulers;

/**
 * Ends the process on errors after which nothing can be trusted. Reactor does not signal them: the pipeline that met one
 * would stay silent for ever, and PostgreSQL would wait for an answer that never comes.
 */
public final class FatalErrors {

    private static final Logger LOG = LoggerFactory.getLogger(FatalErrors.class);
    private static final int EXIT_CODE = 4;

    private FatalErrors() {}

    /** For the whole process; called once, where it starts. */
    public static void install() {
        Schedulers.onHandleError((thread, failure) -> consider(failure));
        Thread.setDefaultUncaughtExceptionHandler((thread, failure) -> {
            LOG.error("uncaught on {}", thread.getName(), failure);
            consider(failure);
        });
        // A call that was cancelled can fail afterwards; nobody is left to hear of it.
        Hooks.onErrorDropped(failure -> LOG.debug("dropped", failure));
    }

    private static void consider(Throwable failure) {
        if (failure instanceof VirtualMachineError || failure instanceof LinkageError) {
            LOG.error("the process ends: {}", failure.toString(), failure);
            Runtime.getRuntime().halt(EXIT_CODE);
        }
    }
}
