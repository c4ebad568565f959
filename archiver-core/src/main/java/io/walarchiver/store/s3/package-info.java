/**
 * The object store port over S3 and what is compatible with it, on the AWS SDK's asynchronous client with the Common
 * Runtime (CRT). The only package that sees the AWS SDK.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.store.s3;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
