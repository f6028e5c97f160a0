package dev.sluice.engine;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.CatalogKey;
import dev.sluice.catalog.ServerIdentity;
import dev.sluice.catalog.SummaryDocument;
import dev.sluice.catalog.SummaryDocument.Condition;
import dev.sluice.engine.fleet.FleetCheck;
import dev.sluice.engine.fleet.FleetDifference;
import dev.sluice.engine.fleet.FleetReader;
import dev.sluice.engine.fleet.FleetServer;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.Window;
import dev.sluice.engine.run.Environment;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a summary says, held against the entries of real backups.
@Timeout(120)
class FleetCheckIT {

    @TempDir
    Path directory;

    private RestoreBench bench;
    private Environment env;
    private Window window;

    @BeforeEach
    void start() throws Exception {
        bench = RestoreBench.start(directory, 512 << 10);
        env = bench.engine().environment();
        for (BackupType type : new BackupType[] {BackupType.FULL, BackupType.LOG}) {
            bench.later(Duration.ofMinutes(1));
            bench.work("Sales", 2, 1);
            bench.backUp(type, 1);
        }
        window = new Planner(bench.engine()
                        .inventory("Sales", null)
                        .block(Installation.SOON)
                        .backups())
                .report()
                .newest()
                .orElseThrow();
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    private List<FleetDifference> check(String database, @Nullable Instant earliest, @Nullable Instant latest) {
        Catalog catalog = env.catalog();
        catalog.summaries()
                .write(new SummaryDocument(
                        "1.0",
                        env.identity(),
                        new ServerIdentity("SQL1", null, null, List.of()),
                        Instant.EPOCH,
                        Duration.ofMinutes(5),
                        List.of(),
                        List.of(new SummaryDocument.Database(
                                database, Condition.WELL, List.of(), earliest, latest, 0, List.of(), null)),
                        0,
                        false))
                .block(Installation.SOON);
        return new FleetCheck(env.store()).differences(server(), Instant.now());
    }

    private FleetServer server() {
        return new FleetReader(env.store())
                .read(env.identity()::equals)
                .servers()
                .getFirst();
    }

    @Test
    void whatTheEntriesGiveIsRight() {
        assertThat(check("Sales", window.earliest(), window.latest())).isEmpty();
    }

    @Test
    void aClaimBeyondTheEntriesIsAnError() {
        assertThat(check("Sales", window.earliest(), window.latest().plusMillis(1)))
                .singleElement()
                .satisfies(one -> assertThat(one.wrong()).isTrue())
                .extracting(FleetDifference::text)
                .asString()
                .contains("claims a newer recovery point than the entries give");
        assertThat(check("Ware", window.earliest(), window.latest()))
                .extracting(FleetDifference::database, FleetDifference::wrong)
                .first()
                .isEqualTo(org.assertj.core.groups.Tuple.tuple("Ware", true));
    }

    /// As in the minutes between a backup and the next summary.
    @Test
    void entriesThatGoFurtherAreNoError() {
        assertThat(check("Sales", window.earliest(), window.earliest()))
                .singleElement()
                .satisfies(one -> assertThat(one.wrong()).isFalse());
        assertThat(check("Sales", null, null))
                .singleElement()
                .satisfies(one -> assertThat(one.wrong()).isFalse());
    }

    /// What cannot be read may be what the claim rests on, or what would contradict it.
    @Test
    void entriesThatCannotBeReadAreNoVerdictAboutTheClaim() {
        CatalogKey full = env.catalog().list().blockFirst(Installation.SOON);
        env.store().put(full.key(), "{".getBytes(UTF_8)).block(Installation.SOON);

        for (Instant latest : new Instant[] {window.latest(), window.latest().plusSeconds(60)}) {
            assertThat(check("Sales", window.earliest(), latest))
                    .singleElement()
                    .satisfies(one -> assertThat(one.wrong()).isTrue())
                    .extracting(FleetDifference::text)
                    .asString()
                    .startsWith("it could not be checked, because 1 of its 2 entries cannot be read: ");
        }
    }

    /// As after `sluice delete` between the two looks.
    @Test
    void aSummaryThatHasChangedMeanwhileIsComparedOnceMore() {
        check("Sales", window.earliest(), window.latest().plusSeconds(60));
        FleetServer before = server();
        check("Sales", window.earliest(), window.latest());

        assertThat(new FleetCheck(env.store()).differences(before, Instant.now()))
                .isEmpty();
    }

    @Test
    void aServerWithoutASummaryWasNotChecked() {
        assertThat(new FleetCheck(env.store()).differences(server(), Instant.now()))
                .singleElement()
                .extracting(FleetDifference::text)
                .asString()
                .contains("not checked");
    }
}
