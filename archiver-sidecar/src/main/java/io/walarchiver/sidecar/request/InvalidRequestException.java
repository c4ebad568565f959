package io.walarchiver.sidecar.request;

/** A caller asked for something that makes no sense: not a WAL file name, a path outside the data directory. */
public final class InvalidRequestException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    public InvalidRequestException(String message) {
        // An answer to a caller, not an incident.
        super(message, null, true, false);
    }
}
