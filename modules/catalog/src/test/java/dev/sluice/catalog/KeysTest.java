package dev.sluice.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class KeysTest {
    private static final String ID = "01JD8Z7QK4V3M9T2X5R6W8Y0ZA";

    @Test
    void followTheLayout() {
        Keys keys = new Keys("sql-prod-1");

        assertThat(keys.owner()).isEqualTo("sql-prod-1/owner.json");
        assertThat(keys.pending(ID)).isEqualTo("sql-prod-1/pending/" + ID + ".json");
        assertThat(keys.data("Sales", ID, 1, 1))
                .matches("sql-prod-1/data/sales-[0-9a-f]{16}/" + ID + "/stripe-001\\.bak");
        assertThat(keys.data("Sales", ID, 12, 2)).endsWith("/stripe-012.002.bak");
        assertThat(keys.catalog("Sales")).matches("sql-prod-1/catalog/sales-[0-9a-f]{16}/");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "../../etc/passwd",
                "a/b",
                "a_b",
                "CON",
                " ",
                "naïve café",
                "数据库",
                "😀",
                "\ud800",
                "[x]';DROP--",
                "per%2Fcent?&#",
                "a\u0000b",
                "\r\n"
            })
    void areSafeForHostileNames(String name) {
        String key = new Keys(name.isBlank() ? "s" : name).data(name, ID, 1, 1);

        assertThat(key).matches("[A-Za-z0-9._/-]+").doesNotContain("..").doesNotContain("//");
        assertThat(key.split("/")).hasSize(5);
        assertThat(key.getBytes(StandardCharsets.UTF_8)).hasSizeLessThan(300);
    }

    @Test
    void areDistinctForDistinctNames() {
        List<String> names =
                new ArrayList<>(List.of("a b", "a-b", "A B", "a/b", "a  b", "é", "e", "e\u0301", "\ud800"));
        names.addAll(List.of("\udc00", "?", "\ufffd", "x".repeat(127), "x".repeat(128), "数据库", "数据"));

        Set<String> directories = new HashSet<>();
        names.forEach(name -> directories.add(Keys.database(name)));

        assertThat(directories).hasSameSizeAs(names);
    }

    /// Names as SQL Server allows them: up to 128 arbitrary UTF-16 units.
    @Test
    void areDistinctShortAndSafeForAnyNames() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<String, String> names = new HashMap<>();
        for (int round = 0; round < 20_000; round++) {
            // Few kinds of characters, so that names are often nearly alike.
            char[] units = new char[1 + random.nextInt(round % 2 == 0 ? 4 : 128)];
            for (int i = 0; i < units.length; i++) {
                units[i] = switch (random.nextInt(4)) {
                    case 0 -> (char) ('a' + random.nextInt(2));
                    case 1 -> " /._-%\\'\u0000".charAt(random.nextInt(9));
                    case 2 -> (char) ('A' + random.nextInt(2));
                    default -> (char) random.nextInt(Character.MAX_VALUE + 1);
                };
            }
            String name = new String(units);

            String directory = Keys.database(name);

            assertThat(directory).as("seed %d", seed).matches("[a-z0-9][a-z0-9-]{0,60}");
            assertThat(names.getOrDefault(directory, name)).as("seed %d", seed).isEqualTo(name);
            names.put(directory, name);
        }
    }

    /// Keys as early versions wrote them on a machine whose language was Persian, Arabic, or Thai with its own
    /// digits.
    @ParameterizedTest
    @ValueSource(strings = {"۱۲۶۶۴۸۳۲", "١٢٦٦٤٨٣٢", "๑๒๖๖๔๘๓๒", "12664832"})
    void entriesAreReadInTheDigitsOfAnyScript(String bytes) {
        assertThat(CatalogKey.parse("s/catalog/sales-d54f9d4f618836bf/20261125T010203.0000000Z_F_100_200_" + bytes
                        + "_01HF7YAT000000000000000000.json"))
                .hasValueSatisfying(key -> assertThat(key.bytes()).isEqualTo(12_664_832));
    }

    @Test
    void refuseMalformedBackupIds() {
        assertThatThrownBy(() -> new Keys("s").pending("../owner"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("../owner");
    }

    @Test
    void backupIdsRiseEvenWhenTheClockStands() {
        Ulid ulid = new Ulid(Clock.fixed(Instant.ofEpochMilli(1_700_000_000_000L), ZoneOffset.UTC));
        List<String> ids = new ArrayList<>();

        for (int i = 0; i < 10_000; i++) {
            ids.add(ulid.next());
        }

        assertThat(ids)
                .doesNotHaveDuplicates()
                .isSorted()
                .allMatch(Ulid::isUlid)
                .allMatch(id -> id.startsWith("01HF7YAT00"));
    }

    @Test
    void aSelfTestHasADirectoryOfItsOwnBelowThatOfItsServer() {
        String id = "01HF7YAT00AAAAAAAAAAAAAAAA";
        Keys keys = new Keys("prod").selfTest(id);
        String stripe = keys.data("Sales", id, 2, 1);

        assertThat(keys.root()).isEqualTo("prod/self-test/" + id + "/");
        assertThat(stripe).startsWith(keys.root() + "data/");
        assertThat(DataKey.parse(stripe)).hasValueSatisfying(key -> {
            assertThat(key.server() + "/").isEqualTo(keys.root());
            assertThat(key.stripe()).isEqualTo(2);
        });
        assertThat(keys.isServer(keys.identity())).isTrue();
        assertThat(keys.isServer("prod")).isFalse();
        assertThat(new Keys("prod").isServer(keys.identity())).isFalse();
        assertThat(DataKey.parse(stripe.replace("self-test", "elsewhere"))).isEmpty();
        assertThat(DataKey.parse("a/" + stripe)).isEmpty();
        assertThatThrownBy(() -> new Keys("prod").selfTest("..")).isInstanceOf(IllegalArgumentException.class);
    }
}
