/** Test data and fakes that the tests of every module share. */
@NullMarked
package io.walarchiver.testing;

import org.jspecify.annotations.NullMarked;
