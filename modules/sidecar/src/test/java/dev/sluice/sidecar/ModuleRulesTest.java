package dev.sluice.sidecar;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import dev.sluice.engine.run.Blocking;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Flux;
import reactor.core.publisher.Mono;

/// Which module knows which: arrows point one way.
class ModuleRulesTest {

    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
            .importPackages("dev.sluice");

    /// Package of each module, and the packages of the modules that it must not know.
    private static final Map<String, List<String>> FORBIDDEN = Map.of(
            "dev.sluice.vdi", List.of("mtf", "s3", "catalog", "engine", "simulator", "sidecar"),
            "dev.sluice.mtf", List.of("vdi", "s3", "catalog", "engine", "simulator", "sidecar"),
            "dev.sluice.s3", List.of("vdi", "mtf", "catalog", "engine", "simulator", "sidecar"),
            "dev.sluice.catalog", List.of("vdi", "engine", "simulator", "sidecar"),
            "dev.sluice.engine", List.of("simulator", "sidecar", "vdi.jna", "vdi.inprocess"),
            "dev.sluice.simulator", List.of("s3", "catalog", "engine", "sidecar", "vdi.reactor", "vdi.jna"));

    @Test
    void everyModuleIsLookedAt() {
        for (String module : FORBIDDEN.keySet()) {
            assertThat(CLASSES.stream().anyMatch(c -> c.getPackageName().startsWith(module)))
                    .as(module)
                    .isTrue();
        }
    }

    @Test
    void arrowsPointOneWay() {
        FORBIDDEN.forEach((module, others) -> others.forEach(other -> noClasses()
                .that()
                .resideInAPackage(module + "..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("dev.sluice." + other + "..")
                .check(CLASSES)));
    }

    /// Within the modules too: a package that is part of a cycle can be neither understood nor changed alone.
    @Test
    void packagesOfTheEngineAndOfTheProgramHaveNoCycles() {
        slices().matching("dev.sluice.engine.(*)..").should().beFreeOfCycles().check(CLASSES);
        slices().matching("dev.sluice.sidecar.(*)..").should().beFreeOfCycles().check(CLASSES);
        // The packages within a package, such as serve.http, each by itself.
        slices().matching("dev.sluice.sidecar.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    @Test
    void planningKnowsNeitherSqlServerNorTheBucket() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.engine.plan..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "dev.sluice.s3..", "dev.sluice.engine.sql..", "dev.sluice.engine.bucket..", "java.sql..")
                .check(CLASSES);
    }

    /// Blocking says of each wait whether a cancel of the run ends it; one elsewhere would say nothing.
    @Test
    void theEngineAndTheProgramBlockInOnePlace() {
        DescribedPredicate<JavaAccess<?>> waits = DescribedPredicate.describe(
                "waits for a Mono or a Flux",
                access -> access.getName().matches("block(Optional|First|Last)?|toIterable|toStream")
                        && (access.getTargetOwner().isAssignableTo(Mono.class)
                                || access.getTargetOwner().isAssignableTo(Flux.class)));
        assertThat(CLASSES.get(Blocking.class).getAccessesFromSelf())
                .as("the rule knows what it looks for")
                .anyMatch(waits);

        noClasses()
                .that()
                .resideInAnyPackage("dev.sluice.engine..", "dev.sluice.sidecar..")
                .and()
                .doNotBelongToAnyOf(Blocking.class)
                .should()
                .accessTargetWhere(waits)
                .check(CLASSES);
    }

    /// Error Prone refuses what takes the machine's language without a word (`DefaultLocale`); this refuses to
    /// ask for it.
    @Test
    void nothingAsksForTheMachinesLanguage() {
        noClasses().should().callMethod(Locale.class, "getDefault").check(CLASSES);
        noClasses()
                .should()
                .callMethod(Locale.class, "getDefault", Locale.Category.class)
                .check(CLASSES);
    }

    @Test
    void theVocabularyOfVdiKnowsNeitherTransportNorReactor() {
        noClasses()
                .that()
                .resideInAPackage("dev.sluice.vdi")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("dev.sluice.vdi.inprocess..", "dev.sluice.vdi.reactor..", "dev.sluice.vdi.jna..")
                .check(CLASSES);
    }
}
