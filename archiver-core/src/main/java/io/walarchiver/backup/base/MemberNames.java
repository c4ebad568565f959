package io.walarchiver.backup.base;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Paths as text, whatever the locale of this process: the JDK replaces characters its locale does not have, and such a
 * name would be another one in the archive.
 */
final class MemberNames {

    private static final Path ROOT = Path.of("/");

    private MemberNames() {}

    /** The last part of a path; empty when it is not UTF-8. */
    static Optional<String> nameOf(Path path) {
        return textOf(path.getFileName());
    }

    /** A path as it is; empty when it is not UTF-8. */
    static Optional<String> textOf(Path path) {
        String text = path.toString();
        if (isAscii(text)) {
            return Optional.of(text);
        }
        // Only the URI of a path shows its bytes. It must be absolute, and ends in a slash if that happens to be a
        // directory.
        String uri = ROOT.resolve(path).toUri().getRawPath();
        String encoded = uri.endsWith("/") ? uri.substring(0, uri.length() - 1) : uri;
        return utf8(path.isAbsolute() ? encoded : encoded.substring(1));
    }

    private static boolean isAscii(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) >= 0x80) {
                return false;
            }
        }
        return true;
    }

    private static Optional<String> utf8(String percentEncoded) {
        ByteBuffer bytes = ByteBuffer.allocate(percentEncoded.length());
        for (int i = 0; i < percentEncoded.length(); i++) {
            char c = percentEncoded.charAt(i);
            if (c == '%') {
                bytes.put((byte) Integer.parseInt(percentEncoded.substring(i + 1, i + 3), 16));
                i += 2;
            } else {
                bytes.put((byte) c);
            }
        }
        try {
            return Optional.of(
                    StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString());
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
    }
}
