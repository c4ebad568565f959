package io.walarchiver.codec;

class PlainCodecTest implements CodecContract {

    @Override
    public Codec codec() {
        return Codec.of(Compression.NONE);
    }

    @Override
    public boolean hasStructure() {
        return false;
    }
}
