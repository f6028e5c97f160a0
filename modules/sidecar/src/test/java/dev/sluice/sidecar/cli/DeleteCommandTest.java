package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.engine.run.OperationFailed;
import java.time.Instant;
import java.time.ZoneId;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a person types before backups are deleted, and when a hold ends.
class DeleteCommandTest {

    @Test
    void theDatabasesNameConfirms() {
        assertThatCode(() -> DeleteCommand.confirm(_ -> "Sales", "Sales")).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "y", "yes", "sales", " Sales", "Sales2"})
    void nothingElseConfirms(@Nullable String typed) {
        assertThatThrownBy(() -> DeleteCommand.confirm(_ -> typed, "Sales"))
                .isInstanceOfSatisfying(
                        OperationFailed.class, e -> assertThat(e.id()).hasToString("cancelled"))
                .hasMessageContaining("Nothing was deleted");
    }

    @ParameterizedTest
    @CsvSource({
        "2027-03-27, Europe/Berlin, 2027-03-27T23:00:00Z",
        "2027-03-28, Europe/Berlin, 2027-03-28T22:00:00Z",
        "2027-06-30, America/New_York, 2027-07-01T04:00:00Z",
        "2027-06-30T12:00:00Z, America/New_York, 2027-06-30T12:00:00Z",
        "2027-06-30T12:00+02:00, America/New_York, 2027-06-30T10:00:00Z",
    })
    void aHoldEndsWithItsDayOrAtItsInstant(String text, String zone, Instant end) {
        assertThat(UntilOption.parse(text, ZoneId.of(zone), Instant.parse("2026-11-30T00:00:00Z")))
                .isEqualTo(end);
    }

    @ParameterizedTest
    @ValueSource(strings = {"tomorrow", "2027-02-30", "2026-11-29", "2027-06-30T12:00", "2027"})
    void whatIsNoEndToComeIsAMistake(String text) {
        assertThatThrownBy(() -> UntilOption.parse(text, ZoneId.of("UTC"), Instant.parse("2026-11-30T00:00:00Z")))
                .isInstanceOf(UsageError.class);
    }
}
