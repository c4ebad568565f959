package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.walarchiver.backup.retention.RetentionPlan;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.assembly.CatalogSession;
import io.walarchiver.sidecar.settings.Problems;
import io.walarchiver.sidecar.settings.SettingsException;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wal-archiver retention}. */
@Command(
        name = "retention",
        description =
                "Deletes the base backups and the WAL that the retention policy of the store no longer needs, as a"
                        + " running service does from time to time.",
        mixinStandardHelpOptions = true)
final class RetentionCommand implements Callable<Integer> {

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @Mixin
    private DeletionOptions deletion = new DeletionOptions();

    @Option(
            names = {"-r", "--policy", "--retention-policy"},
            paramLabel = "POLICY",
            description =
                    "instead of retentionPolicy of the store: 7d, 4w, 2m, RECOVERY WINDOW OF n DAYS|WEEKS|MONTHS or"
                            + " REDUNDANCY n")
    private @Nullable String policy;

    @Option(
            names = {"-m", "--minimum-redundancy"},
            paramLabel = "N",
            description = "keep at least so many backups whatever the policy says; default ${DEFAULT-VALUE}")
    private int minimumRedundancy = 1;

    @Override
    public Integer call() throws JsonProcessingException {
        LogOptions.quiet();
        Problems problems = new Problems();
        String asked = policy;
        Optional<RetentionPolicy> own =
                asked == null ? Optional.empty() : problems.check("--policy", () -> RetentionPolicy.parse(asked));
        DeletionOptions.checkRedundancy(minimumRedundancy, problems);
        StoreConfiguration store = archive.read(problems);
        RetentionPolicy effective = own.or(() -> CatalogSession.policyOf(store))
                .orElseThrow(() -> new SettingsException(List.of("--policy: the ObjectStore " + store.name()
                        + " has no retentionPolicy; set one, or say it here")));
        try (CatalogSession session = CatalogSession.open(store, archive.server)) {
            RetentionPlan plan = session.plan(effective, minimumRedundancy);
            return deletion.carryOut(
                    session, plan, effective.toString(), spec.commandLine().getOut());
        }
    }
}
