package io.walarchiver.sidecar.assembly;

import io.walarchiver.sidecar.assembly.OpenArchives.WalKind;

/**
 * Something several calls use, closed with the last of them once it is out of date. Safe for many threads.
 *
 * @param <T> what it is
 */
final class Shared<T extends AutoCloseable> {

    private final WalKind kind;
    private final T part;
    private int users;
    private boolean retired;
    private boolean closed;

    Shared(WalKind kind, T part) {
        this.kind = kind;
        this.part = part;
    }

    WalKind kind() {
        return kind;
    }

    T part() {
        return part;
    }

    /** To be paired with {@link #giveBack}. */
    synchronized void take() {
        users++;
    }

    synchronized void giveBack() {
        users--;
        closeIfUnused();
    }

    /** Nobody will take it any more. */
    synchronized void retire() {
        retired = true;
        closeIfUnused();
    }

    private void closeIfUnused() {
        if (!retired || users > 0 || closed) {
            return;
        }
        closed = true;
        try {
            part.close();
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
