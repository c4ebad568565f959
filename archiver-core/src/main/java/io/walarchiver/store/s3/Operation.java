package io.walarchiver.store.s3;

import java.util.Locale;

/** The S3 operations in use. Their names in lower case are the {@code operation} of the metrics. */
enum Operation {
    PUT_OBJECT("store", true),
    GET_OBJECT("read", false),
    HEAD_OBJECT("look at", false),
    LIST_OBJECTS("list", false),
    DELETE_OBJECT("delete", false),
    DELETE_OBJECTS("delete", false),
    CREATE_MULTIPART_UPLOAD("start the upload of", false),
    UPLOAD_PART("upload a part of", false),
    COMPLETE_MULTIPART_UPLOAD("complete the upload of", true),
    ABORT_MULTIPART_UPLOAD("abort the upload of", false);

    private final String verb;
    private final boolean changesObject;

    Operation(String verb, boolean changesObject) {
        this.verb = verb;
        this.changesObject = changesObject;
    }

    String metric() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** What failed, as it follows "cannot". */
    String verb() {
        return verb;
    }

    /** True when an unanswered request leaves open what is stored under the key. */
    boolean changesObject() {
        return changesObject;
    }
}
