package io.walarchiver.sidecar.request;

/** The service is shutting down and takes no new calls. Asking again, later or elsewhere, may help. */
public final class RefusedException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public RefusedException(String message) {
        super(message, null, true, false);
    }
}
