package io.walarchiver.codec;

import java.io.BufferedInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Puts one face on the decoders of the libraries: whatever they throw because of the bytes becomes a
 * {@link CorruptObjectException}, whatever the source throws stays what it is.
 *
 * <p>The decoder is opened by the first read, because some decoders read the header when made. A failure is final: every
 * later read fails again.
 */
final class DecodingInputStream extends InputStream {

    private static final int BUFFER_BYTES = 64 * 1024;

    /** Makes the decoder of an algorithm. */
    interface Opener {
        /** Makes a decoder of {@code in}, which supports mark and reset for a few bytes. */
        InputStream open(InputStream in) throws IOException;
    }

    private final String algorithm;
    private final Opener opener;
    private final Source source;
    private final InputStream buffered;
    private @Nullable InputStream decoder;
    private @Nullable IOException failure;
    private boolean ended;

    DecodingInputStream(String algorithm, InputStream in, Opener opener) {
        this.algorithm = algorithm;
        this.opener = opener;
        this.source = new Source(in);
        this.buffered = new BufferedInputStream(source, BUFFER_BYTES);
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] bytes, int offset, int length) throws IOException {
        if (failure != null) {
            throw failure;
        }
        if (ended) {
            return -1;
        }
        if (length == 0) {
            return 0;
        }
        try {
            int count = readMapped(bytes, offset, length);
            ended = count < 0;
            return count;
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    private int readMapped(byte[] bytes, int offset, int length) throws IOException {
        try {
            InputStream content = decoder;
            if (content == null) {
                requireNotEmpty();
                content = opener.open(buffered);
                decoder = content;
            }
            int count;
            do {
                count = content.read(bytes, offset, length);
            } while (count == 0);
            if (count < 0 && buffered.read() >= 0) {
                throw new CorruptObjectException("more bytes follow the end of the " + algorithm + " data");
            }
            return count;
        } catch (CorruptObjectException e) {
            throw e;
        } catch (IOException | RuntimeException e) {
            source.rethrowFailure();
            throw corrupt(algorithm, e);
        }
    }

    private void requireNotEmpty() throws IOException {
        buffered.mark(1);
        if (buffered.read() < 0) {
            throw empty(algorithm);
        }
        buffered.reset();
    }

    static CorruptObjectException empty(String algorithm) {
        return new CorruptObjectException("the object is empty, not " + algorithm + " data");
    }

    static CorruptObjectException corrupt(String algorithm, Exception cause) {
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new CorruptObjectException("damaged or truncated " + algorithm + " data: " + reason, cause);
    }

    @Override
    public void close() throws IOException {
        failure = new IOException("the stream is closed");
        InputStream open = decoder;
        if (open != null) {
            open.close();
        }
        buffered.close();
    }

    /** Remembers what the real source threw, which says nothing about the bytes. */
    private static final class Source extends FilterInputStream {

        private @Nullable Exception failure;

        Source(InputStream in) {
            super(in);
        }

        @Override
        public int read() throws IOException {
            try {
                return in.read();
            } catch (IOException | RuntimeException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public int read(byte[] bytes, int offset, int length) throws IOException {
            try {
                return in.read(bytes, offset, length);
            } catch (IOException | RuntimeException e) {
                failure = e;
                throw e;
            }
        }

        @Override
        public long skip(long count) throws IOException {
            try {
                return in.skip(count);
            } catch (IOException | RuntimeException e) {
                failure = e;
                throw e;
            }
        }

        void rethrowFailure() throws IOException {
            Exception thrown = failure;
            if (thrown instanceof IOException io) {
                throw io;
            }
            if (thrown instanceof RuntimeException runtime) {
                throw runtime;
            }
        }
    }
}
