/** What tests of several packages share: S3 servers, a cluster's files without a server, WAL-like data, properties. */
@NullMarked
package io.walarchiver.testing;

import org.jspecify.annotations.NullMarked;
