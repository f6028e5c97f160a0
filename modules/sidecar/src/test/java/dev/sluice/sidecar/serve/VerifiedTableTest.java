package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.Ulid;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/// Times of verifications, by the ids of backups.
class VerifiedTableTest {

    private static final Instant AT = Instant.parse("2026-03-15T12:00:00.1234567Z");

    @Test
    void whatWasPutIsFoundAgainHoweverManyThereAre() {
        VerifiedTable table = new VerifiedTable();
        Ulid ulids = new Ulid(Clock.systemUTC());
        List<String> ids = new ArrayList<>();
        for (int i = 0; i < 5_000; i++) {
            String id = ulids.next();
            ids.add(id);
            table.put(id, known(i));
        }

        assertThat(table.size()).isEqualTo(5_000);
        for (int i = 0; i < 5_000; i++) {
            assertThat(table.get(ids.get(i))).isEqualTo(known(i));
        }
        assertThat(table.get(ulids.next())).isNull();
    }

    private static VerifiedBackups.Known known(int number) {
        Instant last = AT.plus(Duration.ofMinutes(number));
        return new VerifiedBackups.Known(number % 3 == 0 ? null : AT.minus(Duration.ofDays(40_000)), last);
    }

    @Test
    void whatIsPutAgainTakesThePlaceOfWhatWasThere() {
        VerifiedTable table = new VerifiedTable();
        String id = "7ZZZZZZZZZZZZZZZZZZZZZZZZZ";
        table.put(id, new VerifiedBackups.Known(AT, AT));
        table.put(id, new VerifiedBackups.Known(null, AT));

        assertThat(table.size()).isEqualTo(1);
        assertThat(table.get(id)).isEqualTo(new VerifiedBackups.Known(null, AT));
        assertThat(table.get("7ZZZZZZZZZZZZZZZZZZZZZZZZY")).isNull();
    }
}
