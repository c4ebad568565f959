package io.walarchiver.store;

/** The requests a test can count and disturb. A listing and a batch delete count one request for each page. */
public enum StoreOperation {
    PUT_IF_ABSENT,
    PUT,
    HEAD,
    GET,
    LIST,
    LIST_PREFIXES,
    DELETE,
    DELETE_BATCH,
    START_MULTIPART,
    UPLOAD_PART,
    COMPLETE_MULTIPART,
    COMPLETE_MULTIPART_IF_ABSENT,
    ABORT_MULTIPART
}
