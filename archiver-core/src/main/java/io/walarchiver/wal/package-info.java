/**
 * What PostgreSQL calls things: log positions, timelines, segment and history files, page headers and the control file.
 *
 * <p>Values only. Nothing here has a lifetime, touches the network or knows Reactor; if a value exists, it is valid.
 */
@NullMarked
package io.walarchiver.wal;

import org.jspecify.annotations.NullMarked;
