/**
 * The instance half of the CNPG-I contract on a Unix socket. The only package that speaks gRPC.
 */
@NullMarked
@CheckReturnValue
package io.walarchiver.sidecar.grpc;

import com.google.errorprone.annotations.CheckReturnValue;
import org.jspecify.annotations.NullMarked;
