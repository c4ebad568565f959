package io.walarchiver.codec;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorInputStream;
import org.apache.commons.compress.compressors.bzip2.BZip2CompressorOutputStream;

/** bzip2: writes one stream, reads several. The level is the block size in units of 100,000 bytes. */
final class Bzip2Codec extends StreamCodec {

    private final int level;

    Bzip2Codec(int level) {
        this.level = level;
    }

    @Override
    public Compression compression() {
        return Compression.BZIP2;
    }

    /** The bound in the manual of libbzip2 (section "BZ2_bzBuffToBuffCompress"): one percent and 600 bytes. */
    @Override
    public int maxEncodedLength(int sourceBytes) {
        return Math.toIntExact(sourceBytes + sourceBytes / 100L + 601);
    }

    @Override
    InputStream openDecoder(InputStream in) throws IOException {
        return new BZip2CompressorInputStream(in, true);
    }

    @Override
    OutputStream openEncoder(OutputStream out, long sourceBytes) throws IOException {
        return new BZip2CompressorOutputStream(out, level);
    }
}
