package io.walarchiver.sidecar.assembly;

/** A signal ended what was being done, in an orderly way. */
public final class InterruptedRunException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    InterruptedRunException() {
        super("broken off by a signal", null, false, false);
    }
}
