package io.walarchiver.sidecar.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.walarchiver.backup.retention.RetentionPlan;
import io.walarchiver.backup.retention.RetentionPolicy;
import io.walarchiver.bridge.objectstore.StoreConfiguration;
import io.walarchiver.sidecar.assembly.CatalogSession;
import io.walarchiver.sidecar.settings.Problems;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code wal-archiver backup-delete}. */
@Command(
        name = "backup-delete",
        description = "Deletes one base backup, or those a policy no longer needs, and the WAL that goes with them.",
        mixinStandardHelpOptions = true)
final class BackupDeleteCommand implements Callable<Integer> {

    /** One of the two. */
    static final class What {

        @Option(
                names = {"-b", "--backup-id"},
                required = true,
                paramLabel = "BACKUP",
                description = "delete this one: id, name, latest, oldest or last-failed")
        @Nullable
        String backup;

        @Option(
                names = {"-r", "--retention-policy"},
                required = true,
                paramLabel = "POLICY",
                description =
                        "delete what this policy no longer needs: 7d, 4w, 2m, RECOVERY WINDOW OF n DAYS|WEEKS|MONTHS"
                                + " or REDUNDANCY n")
        @Nullable
        String policy;
    }

    @Spec
    @SuppressWarnings("NullAway.Init") // set by picocli
    private CommandSpec spec;

    @Mixin
    private ArchiveOptions archive = new ArchiveOptions();

    @ArgGroup(exclusive = true, multiplicity = "1")
    private What what = new What();

    @Mixin
    private DeletionOptions deletion = new DeletionOptions();

    @Option(
            names = {"-m", "--minimum-redundancy"},
            paramLabel = "N",
            description = "keep at least so many backups whatever is asked; default ${DEFAULT-VALUE}")
    private int minimumRedundancy;

    @Option(
            names = "--batch-size",
            paramLabel = "N",
            description = "the most objects one request deletes; default ${DEFAULT-VALUE}")
    private int batchSize = CatalogSession.MAX_DELETES;

    @Override
    public Integer call() throws JsonProcessingException {
        LogOptions.quiet();
        Problems problems = new Problems();
        String asked = what.policy;
        Optional<RetentionPolicy> policy = asked == null
                ? Optional.empty()
                : problems.check("--retention-policy", () -> RetentionPolicy.parse(asked));
        DeletionOptions.checkRedundancy(minimumRedundancy, problems);
        StoreConfiguration store = archive.read(problems);
        int deletes = Math.max(1, Math.min(batchSize, CatalogSession.MAX_DELETES));
        try (CatalogSession session = CatalogSession.open(store, archive.server, deletes)) {
            String backup = what.backup;
            RetentionPlan plan = backup == null
                    ? session.plan(policy.orElseThrow(), minimumRedundancy)
                    : session.planDeletion(session.find(backup).id(), minimumRedundancy);
            return deletion.carryOut(
                    session,
                    plan,
                    policy.map(Object::toString).orElse(null),
                    spec.commandLine().getOut());
        }
    }
}
