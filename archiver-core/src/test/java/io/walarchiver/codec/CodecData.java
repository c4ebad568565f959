package io.walarchiver.codec;

import io.walarchiver.testing.WalLikeData;
import io.walarchiver.wal.SegmentSize;
import io.walarchiver.wal.WalSegmentName;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.SplittableRandom;

/** Content to compress, and the block and stream forms over byte arrays. */
final class CodecData {

    static final int[] SIZES = {0, 1, 2, 65_535, 65_536, 65_537, 99_991, 1 << 20, 16 << 20};

    private static final byte[] WAL = WalLikeData.segment(
            20, WalSegmentName.parse("000000010000000000000003"), SegmentSize.DEFAULT, 7_312_345_678_901_234_567L);

    private CodecData() {}

    enum Kind {
        ZEROS {
            @Override
            byte[] bytes(int size) {
                return new byte[size];
            }
        },
        RANDOM {
            @Override
            byte[] bytes(int size) {
                byte[] bytes = new byte[size];
                new SplittableRandom(size).nextBytes(bytes);
                return bytes;
            }
        },
        WAL_LIKE {
            @Override
            byte[] bytes(int size) {
                return Arrays.copyOf(WAL, size);
            }
        };

        abstract byte[] bytes(int size);
    }

    static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(bytes).flip();
    }

    static byte[] rest(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.duplicate().get(bytes);
        return bytes;
    }

    static byte[] encode(Codec codec, byte[] content) {
        ByteBuffer target = ByteBuffer.allocateDirect(codec.maxEncodedLength(content.length));
        try (BlockEncoder encoder = codec.newBlockEncoder()) {
            encoder.encode(direct(content), target);
        }
        return rest(target.flip());
    }

    static byte[] decode(Codec codec, byte[] object, int room) throws CorruptObjectException {
        ByteBuffer target = ByteBuffer.allocateDirect(room);
        codec.decode(direct(object), target);
        return rest(target.flip());
    }

    static byte[] decodeStream(Codec codec, byte[] object) throws IOException {
        try (InputStream in = codec.decodingStream(new ByteArrayInputStream(object))) {
            return in.readAllBytes();
        }
    }

    static byte[] encodeStream(Codec codec, byte[] content, boolean announce) throws IOException {
        ByteArrayOutputStream object = new ByteArrayOutputStream();
        try (OutputStream out = codec.encodingStream(object, announce ? content.length : -1)) {
            // Uneven pieces, single bytes included, as a tar writer makes them.
            int piece = 1;
            for (int from = 0; from < content.length; ) {
                int length = Math.min(piece, content.length - from);
                if (length == 1) {
                    out.write(content[from]);
                } else {
                    out.write(content, from, length);
                }
                from += length;
                piece = piece * 3 % 200_003 + 1;
            }
        }
        return object.toByteArray();
    }

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
