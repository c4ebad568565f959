package io.walarchiver.backup.retention;

/**
 * What becomes of a WAL file, and why.
 *
 * @param isDeletion  true when it is to be deleted
 * @param explanation for people; the same text for all files with the same fate for the same reason
 */
public record WalVerdict(boolean isDeletion, String explanation) {

    static WalVerdict keep(String explanation) {
        return new WalVerdict(false, explanation);
    }

    static WalVerdict delete(String explanation) {
        return new WalVerdict(true, explanation);
    }
}
