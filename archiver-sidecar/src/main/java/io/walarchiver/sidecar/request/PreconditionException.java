package io.walarchiver.sidecar.request;

/**
 * What was asked makes sense, but not as things are: another backup runs, no such store is known. Asking again is useless
 * before that has changed.
 */
public final class PreconditionException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public PreconditionException(String message) {
        super(message, null, true, false);
    }
}
