package io.walarchiver.backup.base;

import io.walarchiver.codec.Codec;
import io.walarchiver.codec.Compression;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * A volume as a reader finds it.
 *
 * @param members in order
 */
record StoredTar(List<Member> members) {

    /**
     * A member of it.
     *
     * @param content empty for anything but a regular file
     */
    record Member(TarArchiveEntry entry, byte[] content) {
        String name() {
            return entry.getName();
        }

        int mode() {
            return entry.getMode() & 07777;
        }
    }

    static StoredTar of(byte[] object, Compression compression) {
        try (InputStream plain = Codec.of(compression).decodingStream(new ByteArrayInputStream(object));
                TarArchiveInputStream tar = new TarArchiveInputStream(plain)) {
            List<Member> members = new ArrayList<>();
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                members.add(new Member(entry, tar.readAllBytes()));
            }
            return new StoredTar(List.copyOf(members));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> names() {
        return members.stream().map(Member::name).toList();
    }

    /** The last member of that name. */
    Member member(String name) {
        return members.stream()
                .filter(member -> member.name().equals(name))
                .reduce((first, second) -> second)
                .orElseThrow(() -> new AssertionError("no member " + name + " among " + names()));
    }
}
