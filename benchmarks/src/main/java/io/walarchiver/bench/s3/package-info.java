/**
 * Object stores to measure against, each a process of its own on loopback: S3Proxy, which is strict and keeps objects in
 * a directory, and a sink, which costs next to nothing and counts what reaches it.
 */
@NullMarked
package io.walarchiver.bench.s3;

import org.jspecify.annotations.NullMarked;
