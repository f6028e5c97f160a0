package dev.sluice.engine.sql;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import javax.security.auth.login.LoginException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TicketRefusalTest {

    private static final Instant NOW = Instant.parse("2026-03-04T10:00:00Z");

    @TempDir
    Path directory;

    private static @Nullable TicketRefusal refusal(String said, @Nullable TicketRefusal before, Path keytab) {
        KerberosTickets.NotFetched reason = new KerberosTickets.NotFetched(new LoginException(said));
        return TicketRefusal.of(reason, before, TicketRefusal.modified(keytab), NOW);
    }

    @Test
    void holdsForLongerEachTimeAndNotForAnotherKeytab() throws Exception {
        Path keytab = Files.createFile(directory.resolve("keytab"));
        TicketRefusal one = Objects.requireNonNull(refusal("wrong (24)", null, keytab));
        TicketRefusal two = Objects.requireNonNull(refusal("wrong (24)", one, keytab));
        TicketRefusal three = Objects.requireNonNull(refusal("wrong (24)", two, keytab));
        TicketRefusal four = Objects.requireNonNull(refusal("wrong (24)", three, keytab));

        assertThat(one.pause()).isEqualTo(Duration.ofMinutes(1));
        assertThat(two.pause()).isEqualTo(Duration.ofMinutes(4));
        assertThat(three.pause()).isEqualTo(Duration.ofMinutes(16));
        assertThat(four.pause()).isEqualTo(Duration.ofMinutes(16));
        assertThat(one.holds(keytab, NOW.plusSeconds(59))).isTrue();
        assertThat(one.holds(keytab, NOW.plusSeconds(60))).isFalse();

        Files.setLastModifiedTime(keytab, FileTime.from(NOW.minusSeconds(1000)));

        assertThat(one.holds(keytab, NOW)).isFalse();
        assertThat(Objects.requireNonNull(refusal("wrong (24)", three, keytab)).pause())
                .isEqualTo(Duration.ofMinutes(1));
    }

    @Test
    void aNetworkThatFailsIsNone() {
        Path keytab = directory.resolve("keytab");

        assertThat(refusal("Connection refused", null, keytab)).isNull();
        assertThat(refusal("Clock skew too great (37)", null, keytab)).isNull();
    }
}
