package io.walarchiver.bench.service;

import io.walarchiver.bench.s3.S3ServerProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/** The file for {@code --store}: an ObjectStore document and the Secret it names. */
public final class StoreFile {

    /** The part of the bucket that is used. */
    public static final String PREFIX = "lab";

    private StoreFile() {}

    /** Writes the file, readable for its owner only. */
    public static Path write(Path file, S3ServerProcess server) throws IOException {
        StringBuilder secret = new StringBuilder()
                .append("  ACCESS_KEY_ID: ")
                .append(server.credentials().accessKeyId())
                .append("\n  ACCESS_SECRET_KEY: ")
                .append(server.credentials().secretAccessKey())
                .append('\n');
        StringBuilder authority = new StringBuilder();
        if (server.certificate().isPresent()) {
            authority.append("    endpointCA:\n      name: store\n      key: ca.crt\n");
            secret.append("  ca.crt: |\n");
            for (String line : Files.readAllLines(server.certificate().get().pem())) {
                secret.append("    ").append(line).append('\n');
            }
        }
        String text = "apiVersion: barmancloud.cnpg.io/v1\n"
                + "kind: ObjectStore\n"
                + "metadata:\n"
                + "  name: store\n"
                + "spec:\n"
                + "  configuration:\n"
                + "    destinationPath: s3://" + S3ServerProcess.BUCKET + "/" + PREFIX + "\n"
                + "    endpointURL: " + server.endpoint() + "\n"
                + authority
                + "    s3Credentials:\n"
                + "      accessKeyId:\n"
                + "        name: store\n"
                + "        key: ACCESS_KEY_ID\n"
                + "      secretAccessKey:\n"
                + "        name: store\n"
                + "        key: ACCESS_SECRET_KEY\n"
                + "    wal:\n"
                + "      compression: zstd\n"
                + "---\n"
                + "apiVersion: v1\n"
                + "kind: Secret\n"
                + "metadata:\n"
                + "  name: store\n"
                + "stringData:\n"
                + secret;
        Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        Files.writeString(file, text);
        return file;
    }
}
