package io.walarchiver.codec;

/**
 * Decompresses one block of the lz4 block format whose matches may reach back into earlier output. The library only
 * decompresses blocks that stand alone, and the blocks barman writes are linked.
 *
 * <p>Source: "LZ4 Block Format Description" of the lz4 project.
 */
final class Lz4Block {

    private static final int MIN_MATCH_BYTES = 4;
    private static final int EXTENDED = 15;
    private static final int SHORT_COPY_BYTES = 16;

    private Lz4Block() {}

    /**
     * Decompresses one block.
     *
     * @param source   the block from index 0 to {@code length}
     * @param target   where the content goes; from {@code history} to {@code from} stands what matches may refer to
     * @param limit    the end of the room in {@code target}
     * @return the index behind the last byte written
     */
    static int decode(byte[] source, int length, byte[] target, int history, int from, int limit)
            throws CorruptObjectException {
        int in = 0;
        int out = from;
        while (in < length) {
            int token = source[in++] & 0xFF;
            int literals = token >>> 4;
            if (literals == EXTENDED) {
                int more;
                do {
                    if (in == length) {
                        throw corrupt("a literal length is cut off");
                    }
                    more = source[in++] & 0xFF;
                    literals += more;
                } while (more == 255);
            }
            if (literals > length - in || literals > limit - out) {
                throw corrupt("literals reach beyond the end");
            }
            if (literals <= SHORT_COPY_BYTES && length - in >= SHORT_COPY_BYTES && limit - out >= SHORT_COPY_BYTES) {
                // A copy of constant length is much faster; what is too much is overwritten by the next sequence.
                System.arraycopy(source, in, target, out, SHORT_COPY_BYTES);
            } else {
                System.arraycopy(source, in, target, out, literals);
            }
            in += literals;
            out += literals;
            if (in == length) {
                // The last sequence is literals only.
                return out;
            }
            if (length - in < 2) {
                throw corrupt("a match offset is cut off");
            }
            int offset = (source[in] & 0xFF) | ((source[in + 1] & 0xFF) << 8);
            in += 2;
            if (offset == 0 || offset > out - history) {
                throw corrupt("a match refers to nothing");
            }
            int match = token & EXTENDED;
            if (match == EXTENDED) {
                int more;
                do {
                    if (in == length) {
                        throw corrupt("a match length is cut off");
                    }
                    more = source[in++] & 0xFF;
                    match += more;
                } while (more == 255);
            }
            match += MIN_MATCH_BYTES;
            if (match > limit - out) {
                throw corrupt("a match reaches beyond the end");
            }
            copyMatch(target, out, offset, match, limit);
            out += match;
        }
        throw corrupt("it does not end with literals");
    }

    private static void copyMatch(byte[] target, int out, int offset, int match, int limit) {
        if (match <= SHORT_COPY_BYTES && offset >= SHORT_COPY_BYTES && limit - out >= SHORT_COPY_BYTES) {
            System.arraycopy(target, out - offset, target, out, SHORT_COPY_BYTES);
            return;
        }
        // A match that overlaps itself repeats its first bytes, so each round may copy all that is there already.
        int copied = 0;
        while (copied < match) {
            int count = Math.min(offset + copied, match - copied);
            System.arraycopy(target, out - offset, target, out + copied, count);
            copied += count;
        }
    }

    private static CorruptObjectException corrupt(String what) {
        return new CorruptObjectException("damaged lz4 block: " + what);
    }
}
