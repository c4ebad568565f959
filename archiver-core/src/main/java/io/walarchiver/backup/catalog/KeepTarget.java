package io.walarchiver.backup.catalog;

import java.util.Locale;

/** What a pinned backup keeps from being deleted besides itself (barman's keep annotation). */
public enum KeepTarget {
    /** All WAL from its start on, so that every later time stays recoverable. */
    FULL,
    /** Only the WAL it needs itself. */
    STANDALONE;

    /** The exact content of the annotation. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }
}
