package io.walarchiver.sidecar.tls;

import java.nio.file.Path;

/**
 * Where a server has its material, all in PEM.
 *
 * @param certificate     its own certificate, and those between it and what its callers trust
 * @param key             the private key of it
 * @param trustedCallers  every certificate in here is trusted: that of a caller itself, or who issued it
 */
public record TlsFiles(Path certificate, Path key, Path trustedCallers) {}
