package io.walarchiver.backup.verify;

/**
 * Segments that are not in the archive although later ones of the same way are.
 *
 * @param missing what is not there
 * @param effect  what that means for recovery
 */
public record Gap(SegmentRange missing, Effect effect) {

    /** What a gap means for recovery. */
    public enum Effect {
        /** A backup cannot be recovered to the newest position it should reach. */
        BREAKS_RECOVERY,
        /** Only recovery to a timeline that was left meanwhile is affected. */
        ABANDONED_TIMELINE,
        /** No backup needs these segments: they precede every backup, or lie behind a pinned standalone one. */
        HARMLESS,
        /** There is no usable backup that could tell. */
        UNKNOWN
    }
}
