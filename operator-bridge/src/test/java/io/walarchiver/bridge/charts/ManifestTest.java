package io.walarchiver.bridge.charts;

import static org.assertj.core.api.Assertions.assertThat;

import io.walarchiver.bridge.Repository;
import io.walarchiver.bridge.objectstore.ResourceSchema;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Files below {@code charts} that are made of others. */
@Timeout(120)
final class ManifestTest {

    private static final String HEAD = """
            # wal-archiver without Helm: kubectl apply --server-side -f manifest.yaml
            #
            # Made by charts/derive from the chart's defaults; change the chart, not this file. Belongs into the namespace of
            # the CloudNativePG operator, needs cert-manager, and the image in a registry: see docs/kubernetes.md.
            """;

    @BeforeEach
    void helm() {
        Chart.assumeHelm();
    }

    @Test
    void definitionInTheChartIsTheOneOfTheProgram() {
        Repository.assertDerived(
                Chart.PLUGIN.directory().resolve("files/objectstores.barmancloud.cnpg.io.yaml"), ResourceSchema.text());
    }

    @Test
    void plainManifestIsTheChartWithItsDefaults() {
        // The manifest holds the definition: first things first.
        definitionInTheChartIsTheOneOfTheProgram();
        String rendered = Chart.PLUGIN
                .text("wal-archiver", "cnpg-system", "")
                // Nobody upgrades a plain manifest with Helm.
                .replaceAll("(?m)^ *helm\\.sh/chart: .*\n", "")
                .replace("app.kubernetes.io/managed-by: Helm", "app.kubernetes.io/managed-by: kubectl");

        assertThat(Chart.parse(rendered)).hasSizeGreaterThan(10);
        Repository.assertDerived(Repository.path("charts/manifest.yaml"), HEAD + rendered);
    }
}
