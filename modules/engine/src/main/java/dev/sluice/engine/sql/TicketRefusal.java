package dev.sluice.engine.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// The KDC's refusal of an account or its key. It holds for a while, and is not asked for again: `serve` asks
/// for a connection every few seconds, each request with an old key is a failed logon to the domain, and
/// domains lock an account after some of them.
///
/// @param reason   what the KDC said
/// @param keytab   when the keytab was changed last; null when it was not there
/// @param until    when the KDC may be asked again
/// @param pause    from the refusal until then
record TicketRefusal(
        KerberosTickets.NotFetched reason, @Nullable FileTime keytab, Instant until, Duration pause) {

    /// With its growth, four requests in half an hour: domains that lock accounts allow more, as a rule.
    private static final Duration FIRST = Duration.ofMinutes(1);

    private static final int GROWTH = 4;
    private static final Duration LONGEST = Duration.ofMinutes(16);

    /// Null for a failure that may be over at any time, as that of a network.
    ///
    /// @param before the last one, since a ticket was fetched
    /// @param keytab when it was changed last, before the KDC was asked
    static @Nullable TicketRefusal of(
            KerberosTickets.NotFetched e, @Nullable TicketRefusal before, @Nullable FileTime keytab, Instant now) {
        if (!KerberosProblem.isRefusalOfAccount(e.reason())) {
            return null;
        }
        Duration pause =
                before == null || !Objects.equals(before.keytab, keytab) ? FIRST : before.pause.multipliedBy(GROWTH);
        if (pause.compareTo(LONGEST) > 0) {
            pause = LONGEST;
        }
        return new TicketRefusal(e, keytab, now.plus(pause), pause);
    }

    /// Another keytab may have another key.
    boolean holds(Path present, Instant now) {
        return now.isBefore(until) && Objects.equals(keytab, modified(present));
    }

    static @Nullable FileTime modified(Path keytab) {
        try {
            return Files.getLastModifiedTime(keytab);
        } catch (IOException e) {
            return null;
        }
    }
}
