package io.walarchiver.bridge;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;

/** What the bridge must not know. */
final class ArrowsTest {

    /** Without the generated stubs, which are many and know only protobuf and gRPC. */
    private static final JavaClasses BRIDGE = new ClassFileImporter()
            .withImportOption(new DoNotIncludeTests())
            .withImportOption(location -> !location.contains("/bridge/cnpgi/"))
            .importPackages("io.walarchiver.bridge");

    @Test
    void bridgeNeverTouchesBytesOfWal() {
        assertThat(BRIDGE).isNotEmpty();
        noClasses()
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "io.walarchiver.wal..",
                        "io.walarchiver.store..",
                        "io.walarchiver.codec..",
                        "io.walarchiver.archive..",
                        "io.walarchiver.restore..",
                        "io.walarchiver.backup..",
                        "software.amazon..")
                .because("the bridge describes and decides; the core does the work")
                .check(BRIDGE);
        noClasses()
                .that()
                .resideInAnyPackage("io.walarchiver.bridge.cluster..", "io.walarchiver.bridge.objectstore..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "reactor..", "io.walarchiver.bridge.kubernetes..", "io.walarchiver.bridge.operator..")
                .because("documents are understood at once, without asking anybody")
                .check(BRIDGE);
    }

    @Test
    void onlyTheConnectionKnowsTheClientLibrary() {
        noClasses()
                .that()
                .haveNameNotMatching(
                        "io\\.walarchiver\\.bridge\\.kubernetes\\.(ApiConnection|ClusterSight|HttpExchanges)(\\$.*)?")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.fabric8.kubernetes..", "java.net.http..")
                .because("the client may have to be replaced by a smaller one")
                .check(BRIDGE);
    }

    @Test
    void nobodySubscribesOrWaits() {
        Set<String> startingOrWaiting = Set.of(
                "subscribe", "subscribeWith", "connect", "block", "blockFirst", "blockLast", "toFuture", "toStream");
        noClasses()
                .should()
                .accessTargetWhere(describe(
                        "subscribes to a publisher or waits for it",
                        (JavaAccess<?> access) -> startingOrWaiting.contains(access.getName())
                                && access.getTargetOwner().isAssignableTo(Publisher.class)))
                .because("a subscription below the edge escapes cancellation, and a wait holds a thread")
                .check(BRIDGE);
    }

    @Test
    void readingAClusterNeedsNoStoreAndNoStub() {
        noClasses()
                .that()
                .resideInAPackage("io.walarchiver.bridge.cluster..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.walarchiver.bridge.cnpgi..", "io.walarchiver.bridge.objectstore..", "io.grpc..")
                .because("a Cluster is a document, however it arrives")
                .check(BRIDGE);
        noClasses()
                .that()
                .resideInAPackage("io.walarchiver.bridge.objectstore..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("io.walarchiver.bridge.cnpgi..", "io.walarchiver.bridge.cluster..", "io.grpc..")
                .because("a store can be described without a Cluster")
                .check(BRIDGE);
    }
}
