package dev.sluice.catalog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigInteger;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// A backup set's facts have the types of their columns, from any source.
class SetFactsTest {

    private static final String SET = "E6256CFF-3D29-4231-8A17-7F5CD3F83840";

    static List<Map.Entry<String, Object>> oddities() {
        return List.of(
                Map.entry("backup_set_uuid", "none"),
                Map.entry("first_lsn", "12x"),
                Map.entry("last_lsn", "9".repeat(26)),
                Map.entry("backup_start_date", "0001-01-01T00:00:00"),
                Map.entry("backup_size", -1),
                Map.entry("family_count", 0),
                Map.entry("is_damaged", "no"),
                Map.entry("type", "Full"),
                Map.entry("database_name", "x".repeat(129)));
    }

    @ParameterizedTest
    @MethodSource("oddities")
    void aValueOfAnotherTypeIsRefusedByItsColumnOrPassedOver(Map.Entry<String, Object> odd) {
        Map<String, Object> row = new LinkedHashMap<>(Map.of("checkpoint_lsn", "17"));
        row.put(odd.getKey(), odd.getValue());

        assertThatThrownBy(() -> SetFacts.of(row))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining(odd.getKey());
        assertThat(SetFacts.understood(row)).isEqualTo(SetFacts.of(Map.of("checkpoint_lsn", "17")));
    }

    @Test
    void theSourcesOwnWritingIsKeptAndDoesNotCount() {
        Map<String, Object> row = new LinkedHashMap<>();
        row.put("backup_set_uuid", SET);
        row.put("backup_start_date", "2026-11-29 08:02:01.400");
        row.put("backup_size", "2194432");
        row.put("a_column_of_a_later_version", "x");
        SetFacts facts = SetFacts.of(row);

        row.remove("a_column_of_a_later_version");
        assertThat(facts.told()).containsExactlyEntriesOf(row);
        assertThat(facts)
                .isEqualTo(SetFacts.of(Map.of(
                        "backup_set_uuid",
                        SET.toLowerCase(Locale.ROOT),
                        "backup_start_date",
                        "2026-11-29T08:02:01.4",
                        "backup_size",
                        2_194_432)))
                .isNotEqualTo(SetFacts.of(Map.of("backup_set_uuid", SET)));
    }

    @Test
    void ofTwoSourcesTheLaterOneCounts() {
        SetFacts stream = SetFacts.of(Map.of("first_lsn", "1", "last_lsn", "2"));

        SetFacts both = stream.with(SetFacts.of(Map.of("last_lsn", "3")));

        assertThat(both.lsn("first_lsn")).isEqualTo(BigInteger.ONE);
        assertThat(both.lsn("last_lsn")).isEqualTo(BigInteger.valueOf(3));
    }

    @Test
    void onlyAStreamThatSaysSoIsKnownToBeIncomplete() {
        assertThat(SetFacts.of(Map.of("final", false)).isKnownIncomplete()).isTrue();
        assertThat(SetFacts.of(Map.of("final", true)).isKnownIncomplete()).isFalse();
        assertThat(SetFacts.NONE.isKnownIncomplete()).isFalse();
    }

    @Test
    void aColumnIsAskedForByItsOwnType() {
        assertThatThrownBy(() -> SetFacts.NONE.lsn("backup_set_uuid")).isInstanceOf(IllegalArgumentException.class);
    }
}
