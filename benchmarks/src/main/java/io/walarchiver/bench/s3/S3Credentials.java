package io.walarchiver.bench.s3;

import java.security.SecureRandom;
import java.util.HexFormat;

/** A made-up access key for one run; never printed. */
public record S3Credentials(String accessKeyId, String secretAccessKey) {

    /** A new random pair. */
    public static S3Credentials random() {
        SecureRandom random = new SecureRandom();
        byte[] id = new byte[10];
        byte[] secret = new byte[20];
        random.nextBytes(id);
        random.nextBytes(secret);
        return new S3Credentials(
                HexFormat.of().withUpperCase().formatHex(id), HexFormat.of().formatHex(secret));
    }

    @Override
    public String toString() {
        return "S3Credentials[" + accessKeyId + ", ...]";
    }
}
