package dev.sluice.engine.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.sql.Timestamp;
import java.time.Instant;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class RowTest {

    /// What the driver gives for each type of SQL Server.
    private static final Row ROW = row(
            "name",
            "Säles",
            "last_lsn",
            new BigDecimal("37000000012300001"),
            "database_guid",
            "B5C9A1D2-0000-4000-8000-00000000ABCD",
            "database_id",
            5,
            "available_bytes",
            1L << 40,
            "session_id",
            (short) 51,
            "state",
            (byte) 1,
            "percent_complete",
            12.5f,
            "is_in_standby",
            true,
            "preferred",
            0,
            "now",
            Timestamp.valueOf("2026-10-25 02:30:00.123"),
            "thumbprint",
            new byte[] {1, -1},
            "nothing",
            null);

    private static Row row(@Nullable Object... namesAndValues) {
        Map<String, @Nullable Object> columns = new LinkedHashMap<>();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            columns.put(String.valueOf(namesAndValues[i]), namesAndValues[i + 1]);
        }
        return Row.of(columns);
    }

    @Test
    void valuesHaveTheirTypes() {
        assertThat(ROW.text("name")).isEqualTo("Säles");
        assertThat(ROW.lsn("last_lsn")).isEqualTo(new BigInteger("37000000012300001"));
        assertThat(ROW.guid("database_guid")).isEqualTo(UUID.fromString("b5c9a1d2-0000-4000-8000-00000000abcd"));
        assertThat(ROW.number("database_id")).isEqualTo(5);
        assertThat(ROW.number("available_bytes")).isEqualTo(1L << 40);
        assertThat(ROW.number("session_id")).isEqualTo(51);
        assertThat(ROW.number("state")).isEqualTo(1);
        assertThat(ROW.number("last_lsn")).isEqualTo(37000000012300001L);
        assertThat(ROW.optionalFraction("percent_complete")).hasValue(12.5);
        assertThat(ROW.flag("is_in_standby")).isTrue();
        assertThat(ROW.flag("preferred")).isFalse();
        assertThat(ROW.flag("database_id")).isTrue();
        assertThat(ROW.time("now")).isEqualTo(LocalDateTime.parse("2026-10-25T02:30:00.123"));
        assertThat(ROW.utc("now")).isEqualTo(Instant.parse("2026-10-25T02:30:00.123Z"));
        assertThat(ROW.bytes("thumbprint")).containsExactly(1, -1);
    }

    @Test
    void textIsAsTheServerReturnsIt() {
        assertThat(ROW.text("database_guid")).isEqualTo("B5C9A1D2-0000-4000-8000-00000000ABCD");
        assertThat(ROW.text("session_id")).isEqualTo("51");
    }

    @Test
    void columnsAreFoundInAnyCase() {
        assertThat(row("LogicalName", "Sales").text("logicalname")).isEqualTo("Sales");
        assertThat(row("logical_name", "Sales").has("LOGICAL_NAME")).isTrue();
    }

    @Test
    void aColumnThatTheAnswerDoesNotHaveIsADefect() {
        Row row = row("name", "Sales", "state_desc", null);

        assertThat(row.has("state")).isFalse();
        assertThatThrownBy(() -> row.optionalText("state"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("The answer has no column state, only [name, state_desc]");
        assertThatThrownBy(() -> row.isNull("state")).isInstanceOf(IllegalStateException.class);
    }

    enum Accessor {
        TEXT,
        LSN,
        GUID,
        NUMBER,
        FLAG,
        TIME,
        BYTES;

        Object required(Row row, String column) {
            return switch (this) {
                case TEXT -> row.text(column);
                case LSN -> row.lsn(column);
                case GUID -> row.guid(column);
                case NUMBER -> row.number(column);
                case FLAG -> row.flag(column);
                case TIME -> row.time(column);
                case BYTES -> row.bytes(column);
            };
        }

        Object optional(Row row, String column) {
            return switch (this) {
                case TEXT -> row.optionalText(column);
                case LSN -> row.optionalLsn(column);
                case GUID -> row.optionalGuid(column);
                case NUMBER -> row.optionalNumber(column);
                case FLAG -> row.optionalFlag(column);
                case TIME -> row.optionalTime(column);
                case BYTES -> row.optionalBytes(column);
            };
        }
    }

    @ParameterizedTest
    @EnumSource
    void nullIsSaidToBePossibleOrIsADefect(Accessor accessor) {
        assertThat(ROW.isNull("nothing")).isTrue();
        assertThat(ROW.has("nothing")).isTrue();
        assertThat(accessor.optional(ROW, "nothing").toString()).endsWith(".empty");
        assertThatThrownBy(() -> accessor.required(ROW, "nothing"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Column nothing is NULL, which it never should be");
    }

    @Test
    void aValueOfAnotherTypeIsADefect() {
        assertThatThrownBy(() -> ROW.number("name"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Column name is not a whole number but java.lang.String Säles");
        assertThatThrownBy(() -> ROW.number("percent_complete")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ROW.lsn("database_guid")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ROW.guid("name")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ROW.flag("name")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ROW.time("name")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ROW.bytes("name")).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> ROW.text("thumbprint"))
                .isInstanceOf(IllegalStateException.class)
                .hasMessage("Column thumbprint is not text but [B [1, -1]");
    }

    @Test
    void bytesGivenOutAreTheCallersOwn() {
        ROW.bytes("thumbprint")[0] = 99;

        assertThat(ROW.bytes("thumbprint")).containsExactly(1, -1);
    }

    @Test
    void whatKeepsRowsWholeSeesTheColumnsInTheirOrder() {
        List<String> seen = new ArrayList<>();

        row("b", 1, "a", null).forEach((name, value) -> seen.add(name + "=" + value));

        assertThat(seen).containsExactly("b=1", "a=null");
    }
}
