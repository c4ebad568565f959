/** Real PostgreSQL servers of every supported major version, for integration tests of any module. */
@NullMarked
package io.walarchiver.testing.postgres;

import org.jspecify.annotations.NullMarked;
