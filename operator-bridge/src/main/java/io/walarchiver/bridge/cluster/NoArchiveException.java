package io.walarchiver.bridge.cluster;

/** The documents are well formed and name no archive for what is asked. The message says what to set and where. */
public final class NoArchiveException extends DefinitionException {

    private static final long serialVersionUID = 1L;

    NoArchiveException(String message) {
        super(message);
    }

    @Override
    public String kind() {
        return "no_archive";
    }
}
