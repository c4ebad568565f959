package io.walarchiver.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.tukaani.xz.LZMA2Options;
import org.tukaani.xz.LZMAInputStream;
import org.tukaani.xz.XZ;
import org.tukaani.xz.XZInputStream;
import org.tukaani.xz.XZOutputStream;

/**
 * xz: writes one stream of one block with CRC64; reads several streams and, as barman does, content in the older
 * {@code .lzma} format. The level is a preset of LZMA2.
 */
final class XzCodec extends StreamCodec {

    private static final byte[] MAGIC = {(byte) 0xFD, '7', 'z', 'X', 'Z', 0};

    /** Preset 9, the largest there is, takes 65 MiB to read. More is a damaged header or an attack. */
    private static final int MEMORY_LIMIT_KIB = 96 * 1024;

    private static final int LZMA_HEADER_BYTES = 13;
    private static final long LZMA_MAX_CONTENT_BYTES = 1L << 38;

    private final int level;

    XzCodec(int level) {
        this.level = level;
    }

    @Override
    public Compression compression() {
        return Compression.XZ;
    }

    /** LZMA2 stores what it cannot compress in chunks of at most 64 KiB with three bytes of header each. */
    @Override
    public int maxEncodedLength(int sourceBytes) {
        return Math.toIntExact(sourceBytes + sourceBytes / 1024L + 256);
    }

    @Override
    InputStream openDecoder(InputStream in) throws IOException {
        in.mark(LZMA_HEADER_BYTES);
        byte[] header = in.readNBytes(LZMA_HEADER_BYTES);
        in.reset();
        return isLzma(header) ? new LZMAInputStream(in, MEMORY_LIMIT_KIB) : new XZInputStream(in, MEMORY_LIMIT_KIB);
    }

    /**
     * The {@code .lzma} format has no magic number, so its header is taken for one only when every field is plausible,
     * with the same limits as the xz command line tool: dictionary of 2^n or 2^n + 2^(n-1) bytes, content below 256 GiB.
     */
    private static boolean isLzma(byte[] header) {
        if (header.length < LZMA_HEADER_BYTES || startsLikeXz(header)) {
            return false;
        }
        boolean knownProperties = (header[0] & 0xFF) < 9 * 5 * 5;
        long dictionaryBytes = littleEndian(header, 1, 4);
        long contentBytes = littleEndian(header, 5, 8);
        boolean plausibleDictionary = dictionaryBytes == 0xFFFF_FFFFL
                || Long.bitCount(dictionaryBytes) == 1
                || (Long.bitCount(dictionaryBytes) == 2 && Long.bitCount(dictionaryBytes & dictionaryBytes >>> 1) == 1);
        boolean plausibleContent = contentBytes == -1 || (contentBytes >= 0 && contentBytes < LZMA_MAX_CONTENT_BYTES);
        return knownProperties && plausibleDictionary && plausibleContent;
    }

    private static boolean startsLikeXz(byte[] header) {
        for (int i = 0; i < MAGIC.length; i++) {
            if (header[i] != MAGIC[i]) {
                return false;
            }
        }
        return true;
    }

    private static long littleEndian(byte[] bytes, int from, int count) {
        long value = 0;
        for (int i = from + count - 1; i >= from; i--) {
            value = (value << 8) | (bytes[i] & 0xFF);
        }
        return value;
    }

    @Override
    OutputStream openEncoder(OutputStream out, long sourceBytes) throws IOException {
        return new XZOutputStream(out, new LZMA2Options(level), XZ.CHECK_CRC64);
    }
}
