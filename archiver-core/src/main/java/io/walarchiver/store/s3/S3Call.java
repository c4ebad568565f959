package io.walarchiver.store.s3;

import io.walarchiver.store.Content;
import java.util.Optional;

/**
 * What a request is about.
 *
 * @param operation the S3 operation
 * @param subject   the key or prefix, for messages
 * @param content   what is sent, for its size and to be told when its buffers may still be in use
 */
record S3Call(Operation operation, String subject, Optional<Content> content) {

    static S3Call of(Operation operation, Object subject) {
        return new S3Call(operation, subject.toString(), Optional.empty());
    }

    static S3Call sending(Operation operation, Object subject, Content content) {
        return new S3Call(operation, subject.toString(), Optional.of(content));
    }

    long bytes() {
        return content.map(Content::length).orElse(0L);
    }
}
