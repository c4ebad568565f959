package io.walarchiver.sidecar.request;

/** Not now: something that is needed does not answer. Asking again later may help. */
public final class UnavailableException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public UnavailableException(String message) {
        super(message, null, true, false);
    }
}
