package io.walarchiver.sidecar.settings;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** What the container in a Pod of the Cluster {@code orders} in the namespace {@code shop} is given, for tests. */
public final class InstanceEnvironment {

    private InstanceEnvironment() {}

    /** What the plugin puts into the environment. */
    public static Map<String, String> of(Path pgdata, String pod, Path spool) {
        return Map.of(
                "PGDATA",
                pgdata.toString(),
                "POD_NAME",
                pod,
                "NAMESPACE",
                "shop",
                "CLUSTER_NAME",
                "orders",
                "SPOOL_DIRECTORY",
                spool.toString());
    }

    /** What has to be said besides where there are no Pods: a socket elsewhere, and a free port on loopback. */
    public static InstanceSettings.Written written(Path socket, int drainSeconds) {
        return new InstanceSettings.Written(
                Optional.empty(),
                Optional.of(socket),
                Optional.empty(),
                Optional.of("127.0.0.1:0"),
                Optional.empty(),
                Optional.empty(),
                drainSeconds,
                DatabaseAddress.UNSAID);
    }
}
