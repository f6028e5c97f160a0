package dev.sluice.engine.restore;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.DatabaseFile;
import dev.sluice.engine.restore.Placement.Arrival;
import dev.sluice.engine.sql.RestoreFacts;
import dev.sluice.engine.stream.DatabaseFiles;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Where files go, without a server.
class PlacementTest {

    private static final String FOLDER = "C:\\Program Files\\Microsoft SQL Server\\MSSQL16.MSSQLSERVER\\MSSQL\\DATA\\";

    private static RestoreFacts server() {
        return new RestoreFacts(16, FOLDER, FOLDER, Optional.empty(), List.of());
    }

    private static DatabaseFile file(String logical, String path) {
        return new DatabaseFile(logical, path, 1 << 20, path.endsWith(".ldf"));
    }

    private static Placement copy(String database, List<Arrival> arrivals) {
        return Placement.of(
                arrivals, new Placement.Rules(database, false, Map.of(), false), server(), Directories.of(server()));
    }

    // "a" and "b" with a character outside the BMP in front, so that a cut could fall into it.
    @ParameterizedTest
    @ValueSource(strings = {"x", "\u5e33", "\ud842\udfb7", "a\ud842\udfb7"})
    void theLongestNamesGetPathsThatSqlServerAndLinuxTake(String letter) {
        String name = letter.repeat(128).substring(0, 128);
        String one = name.substring(0, 126) + "_1";
        String two = name.substring(0, 126) + "_2";

        Placement placement = copy(
                name,
                List.of(new Arrival(
                        "id", List.of(file(one, "/d/1.mdf"), file(two, "/d/2.ndf"), file("log", "/d/3.ldf")))));

        assertThat(placement.destinations())
                .extracting(Destination::path)
                .doesNotHaveDuplicates()
                .hasSize(3)
                .allSatisfy(path -> {
                    assertThat(path).hasSizeLessThanOrEqualTo(260).startsWith(FOLDER);
                    byte[] bytes = path.substring(FOLDER.length()).getBytes(StandardCharsets.UTF_8);
                    assertThat(bytes).hasSizeLessThanOrEqualTo(255);
                    assertThat(new String(bytes, StandardCharsets.UTF_8))
                            .as("no half characters")
                            .isEqualTo(path.substring(FOLDER.length()));
                });
    }

    @Test
    void ordinaryNamesAreNotCut() {
        assertThat(copy("Copy", List.of(new Arrival("id", List.of(file("Sales", "/d/1.mdf")))))
                        .destinations())
                .containsExactly(new Destination("Sales", FOLDER + "Copy_Sales.mdf", "/d/1.mdf", 1 << 20));
    }

    @Test
    void aFileArrivesOnceUnderWhateverNameAndNotWhereItIsAlready() {
        Map<String, DatabaseFiles> backups = new LinkedHashMap<>();
        backups.put("full", new DatabaseFiles(List.of(file("Sales", "/d/1.mdf"), file("Second", "/d/2.ndf"))));
        backups.put("log", new DatabaseFiles(List.of(file("Sales", "/d/1.mdf"), file("Renamed", "/d/2.ndf"))));
        backups.put("next", new DatabaseFiles(List.of(file("Sales", "/d/1.mdf"), file("Third", "/d/3.ndf"))));

        assertThat(Arrival.of(backups, Map.of("Sales", "/elsewhere/1.mdf")))
                .containsExactly(
                        new Arrival("full", List.of(file("Second", "/d/2.ndf"))),
                        new Arrival("log", List.of()),
                        new Arrival("next", List.of(file("Third", "/d/3.ndf"))));
    }
}
