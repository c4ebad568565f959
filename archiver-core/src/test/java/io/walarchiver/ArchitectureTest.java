package io.walarchiver;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.assignableTo;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.google.errorprone.annotations.CheckReturnValue;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.annotation.Annotation;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.reactivestreams.Publisher;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;
import reactor.core.scheduler.Schedulers;

/** The rules of the library's structure. Each says which mistake it prevents. */
@SuppressWarnings("ConstantNaming") // The name of a rule is a sentence, as that of a test: it is what the report shows.
@AnalyzeClasses(packages = "io.walarchiver", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    private static final Set<String> WAITING_OR_STARTING = Set.of(
            "subscribe",
            "subscribeWith",
            "connect",
            "block",
            "blockFirst",
            "blockLast",
            "blockOptional",
            "toFuture",
            "toIterable",
            "toStream");

    @ArchTest
    static final ArchRule walIsPureValues = classes()
            .that()
            .resideInAPackage("io.walarchiver.wal..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("io.walarchiver.wal..", "java..", "org.jspecify.annotations..")
            .because("names and positions are used everywhere; a library that came with them would be everywhere too");

    @ArchTest
    static final ArchRule walDoesNoInputOrOutput = noClasses()
            .that()
            .resideInAPackage("io.walarchiver.wal..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.io..", "java.net..", "java.nio.file..", "java.nio.channels..")
            .because("a parser that opens files blocks whoever calls it, and cannot be tested on bytes");

    @ArchTest
    static final ArchRule onlyTheS3StoreSeesTheSdk = noClasses()
            .that()
            .resideOutsideOfPackage("io.walarchiver.store.s3..")
            .should()
            .dependOnClassesThat(resideInAPackage("software.amazon..")
                    .and(not(resideInAPackage("software.amazon.awssdk.crt.checksums.."))))
            .because(
                    "types and exceptions of the SDK above the store would tie every pipeline to one cloud and one client");

    @ArchTest
    static final ArchRule onlyCodecUsesTheNativeChecksums = noClasses()
            .that()
            .resideOutsideOfPackages("io.walarchiver.codec..", "io.walarchiver.store.s3..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("software.amazon.awssdk.crt.checksums..")
            .because("one content digest, computed in one place, is what archive, restore and verification compare");

    @ArchTest
    static final ArchRule onlyCodecSeesCompressionLibraries = noClasses()
            .that()
            .resideOutsideOfPackage("io.walarchiver.codec..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "com.github.luben..",
                    "net.jpountz..",
                    "org.xerial.snappy..",
                    "org.apache.commons.compress.compressors..",
                    "org.tukaani..")
            .because(
                    "native contexts leak and damaged streams surface as foreign exceptions when used from everywhere");

    @ArchTest
    static final ArchRule onlyTarSeesTheTarLibrary = noClasses()
            .that()
            .resideOutsideOfPackage("io.walarchiver.backup.tar..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.commons.compress.archivers..")
            .because("what a member may be called and where it may point to is checked in one place");

    @ArchTest
    static final ArchRule onlyPostgresSeesJdbc = noClasses()
            .that()
            .resideOutsideOfPackage("io.walarchiver.backup.postgres..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("java.sql..", "javax.sql..", "org.postgresql..")
            .because("JDBC blocks; its calls belong on one bounded scheduler, behind a port that tests can script");

    @ArchTest
    static final ArchRule nobodyNamesTheS3Store = noClasses()
            .that()
            .resideOutsideOfPackage("io.walarchiver.store.s3..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.walarchiver.store.s3..")
            .because(
                    "pipelines that know the implementation stop working with the other one, and with the fakes of the tests");

    @ArchTest
    static final ArchRule nobodyNamesTheFileStore = noClasses()
            .that()
            .resideOutsideOfPackage("io.walarchiver.store.file..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.walarchiver.store.file..")
            .because(
                    "pipelines that know the implementation stop working with the other one, and with the fakes of the tests");

    @ArchTest
    static final ArchRule noCycles = slices().matching("io.walarchiver.(**)")
            .should()
            .beFreeOfCycles()
            .because("packages in a cycle can only be understood, tested and changed together");

    // Restore is optional only in that a layer without classes is no error: it may have no more than its description
    // yet.
    @ArchTest
    static final ArchRule dependenciesPointOneWay = layeredArchitecture()
            .consideringOnlyDependenciesInAnyPackage("io.walarchiver..")
            .layer("wal")
            .definedBy("io.walarchiver.wal..")
            .layer("store")
            .definedBy("io.walarchiver.store..")
            .layer("codec")
            .definedBy("io.walarchiver.codec..")
            .layer("archive")
            .definedBy("io.walarchiver.archive..")
            .optionalLayer("restore")
            .definedBy("io.walarchiver.restore..")
            .layer("backup")
            .definedBy("io.walarchiver.backup..")
            .whereLayer("wal")
            .mayNotAccessAnyLayer()
            .whereLayer("store")
            .mayOnlyAccessLayers("wal")
            .whereLayer("codec")
            .mayOnlyAccessLayers("wal")
            .whereLayer("archive")
            .mayOnlyAccessLayers("wal", "store", "codec")
            .whereLayer("restore")
            .mayOnlyAccessLayers("wal", "store", "codec", "archive")
            .whereLayer("backup")
            .mayOnlyAccessLayers("wal", "store", "codec", "archive", "restore")
            .because(
                    "a store or codec that knows what is archived cannot serve backups, and archiving must not wait for"
                            + " restore");

    @ArchTest
    static final ArchRule nobodySubscribesOrBlocks = noClasses()
            .should()
            .accessTargetWhere(
                    describe("subscribes to a publisher or waits for it", ArchitectureTest::startsOrAwaitsAPublisher))
            .because("a subscription inside the library escapes cancellation and its demand; a wait holds a thread that"
                    + " others need to finish. Both belong to the edge");

    @ArchTest
    static final ArchRule everyPackageIsNullMarked = classes()
            .should(resideInAPackageAnnotatedWith(NullMarked.class))
            .because("in a package without it the compiler checks nothing, and null arrives at run time");

    @ArchTest
    static final ArchRule publishersMustNotBeForgotten = methods()
            .that()
            .haveRawReturnType(assignableTo(Publisher.class))
            .should()
            .beDeclaredInClassesThat(are(describe(
                    "in a package annotated with @CheckReturnValue",
                    (JavaClass type) -> type.getPackage().isAnnotatedWith(CheckReturnValue.class))))
            .because("a publisher nobody subscribes to does nothing; the compiler then says so at the call");

    @Test
    void aPlantedSubscriptionOrWaitIsFound() {
        List<Class<?>> planted = List.of(Blocks.class, BlocksByReference.class, Subscribes.class, Iterates.class);
        for (Class<?> type : planted) {
            assertThat(nobodySubscribesOrBlocks
                            .evaluate(new ClassFileImporter().importClasses(type))
                            .hasViolation())
                    .as(type.getSimpleName())
                    .isTrue();
        }
        assertThat(nobodySubscribesOrBlocks
                        .evaluate(new ClassFileImporter().importClasses(SubscribesOn.class))
                        .hasViolation())
                .isFalse();
    }

    private static boolean startsOrAwaitsAPublisher(JavaAccess<?> access) {
        return WAITING_OR_STARTING.contains(access.getTarget().getName())
                && access.getTargetOwner().isAssignableTo(Publisher.class);
    }

    private static ArchCondition<JavaClass> resideInAPackageAnnotatedWith(Class<? extends Annotation> annotation) {
        return new ArchCondition<>("reside in a package annotated with @" + annotation.getSimpleName()) {
            @Override
            public void check(JavaClass type, ConditionEvents events) {
                events.add(new SimpleConditionEvent(
                        type,
                        type.getPackage().isAnnotatedWith(annotation),
                        type.getPackageName() + ", the package of " + type.getSimpleName() + ", has @"
                                + annotation.getSimpleName() + ": "
                                + type.getPackage().isAnnotatedWith(annotation)));
            }
        };
    }

    static final class Blocks {
        static Mono<Boolean> planted() {
            return Mono.just(1).filter(one -> Mono.just(one).block() != null).hasElement();
        }
    }

    static final class BlocksByReference {
        static Function<Mono<Integer>, @Nullable Integer> planted() {
            return Mono::block;
        }
    }

    static final class Subscribes {
        static void planted() {
            Flux.just(1).subscribe().dispose();
        }
    }

    static final class Iterates {
        @SuppressWarnings("FluxImplicitBlock") // What the compiler refuses, this rule has to find too.
        static Iterable<Integer> planted() {
            return Flux.just(1).toIterable();
        }
    }

    static final class SubscribesOn {
        static Mono<Integer> allowed() {
            return Mono.just(1).subscribeOn(Schedulers.immediate());
        }
    }
}
