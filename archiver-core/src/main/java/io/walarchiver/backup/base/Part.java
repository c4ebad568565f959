package io.walarchiver.backup.base;

import io.walarchiver.codec.PooledBuffer;
import io.walarchiver.store.Content;
import java.nio.ByteBuffer;
import java.util.function.Consumer;

/** One part of a multipart upload in the making: a pooled buffer, filled from its start, then sent. */
final class Part {

    private final PooledBuffer buffer;
    private final PooledBuffer permit;
    private final Consumer<Part> gone;
    private Content content = Content.of();

    Part(PooledBuffer buffer, PooledBuffer permit, Consumer<Part> gone) {
        this.buffer = buffer;
        this.permit = permit;
        this.gone = gone;
    }

    /** The memory. May allocate, which takes milliseconds. */
    ByteBuffer memory() {
        return buffer.buffer();
    }

    /** True when nothing has been put into the memory. */
    boolean isEmpty() {
        return memory().position() == 0;
    }

    /** What has been put into the memory is to be sent now. */
    Content seal() {
        ByteBuffer filled = memory();
        content = Content.of(filled.duplicate().flip());
        return content;
    }

    /** Gives the buffer back, unless a transport may still read it. */
    void release() {
        if (content.isAbandoned()) {
            discard();
        } else {
            buffer.release();
            leave();
        }
    }

    /** Gives back the place in the budget and leaves the memory to the garbage collector. */
    void discard() {
        buffer.discard();
        leave();
    }

    private void leave() {
        gone.accept(this);
        permit.release();
    }
}
