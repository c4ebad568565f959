package io.walarchiver.sidecar;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rules of the program's structure. Each says which mistake it prevents. */
@SuppressWarnings("ConstantNaming") // The name of a rule is a sentence, as that of a test: it is what the report shows.
@AnalyzeClasses(packages = "io.walarchiver", importOptions = ImportOption.DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule onlyTheGrpcPackageSpeaksGrpc = noClasses()
            .that()
            .resideOutsideOfPackages("io.walarchiver.sidecar.grpc..", "io.walarchiver.bridge..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.grpc..", "com.google.protobuf..", "io.walarchiver.bridge.cnpgi..")
            .because("the same calls come in over HTTP; a status code that leaks inwards would rule both");

    @ArchTest
    static final ArchRule onlyTheAssemblyKnowsTheStores = noClasses()
            .that()
            .resideOutsideOfPackages(
                    "io.walarchiver.sidecar.assembly..",
                    "io.walarchiver.store..",
                    // The library has the same rule; what is left of it here are its tests, in a jar of their own.
                    "io.walarchiver.backup..",
                    "io.walarchiver.interop..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.walarchiver.store.s3..", "io.walarchiver.store.file..")
            .because("everything else must work with any store");

    @ArchTest
    static final ArchRule libraryAndBridgeDoNotKnowTheProgram = noClasses()
            .that()
            .resideOutsideOfPackage("io.walarchiver.sidecar..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.walarchiver.sidecar..")
            .because("the program is assembled from them, not the other way round");

    @ArchTest
    static final ArchRule onlyTheCommandLineKnowsPicocli = noClasses()
            .that()
            .resideOutsideOfPackages("io.walarchiver.sidecar.cli..", "io.walarchiver.sidecar")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("picocli..")
            .because("settings also come from an environment without a command line");

    @ArchTest
    static final ArchRule packagesHaveNoCycles = slices().matching("io.walarchiver.sidecar.(*)..")
            .should()
            .beFreeOfCycles()
            .because("each package can then be read on its own");
}
