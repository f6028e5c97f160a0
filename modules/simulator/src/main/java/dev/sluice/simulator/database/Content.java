package dev.sluice.simulator.database;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// What is in a database.
public sealed interface Content {

    /// Marks the family GUIDs of synthetic databases; the other half of the GUID is the seed.
    long MARK = 0x51_1C_E0_DB_00_00_40_00L;

    /// The GUID that survives restore and rename, and so tells what a restored page must contain.
    static UUID familyOf(long seed) {
        return new UUID(MARK, seed);
    }

    /// The seed in a family GUID, if it is one of a synthetic database.
    static Optional<Long> seedOf(@Nullable UUID family) {
        return family != null && family.getMostSignificantBits() == MARK
                ? Optional.of(family.getLeastSignificantBits())
                : Optional.empty();
    }

    /// Bytes of the data file.
    default long bytes() {
        return switch (this) {
            case Synthetic synthetic -> synthetic.extents() * 65_536;
            case Raw raw ->
                raw.stripes().stream().mapToLong(Stripe::size).sum()
                        + raw.files().stream().mapToLong(RawFiles::size).sum();
            case Empty _ -> 0;
        };
    }

    /// Nothing yet: a restore that creates the database has only begun, or failed.
    record Empty() implements Content {}

    /// Pages whose bytes follow from a seed.
    ///
    /// @param extents allocated in the one data file
    /// @param versions of pages, by page number; 0 for those that are missing
    record Synthetic(long seed, long extents, Map<Long, Long> versions) implements Content {

        public Synthetic {
            versions = new HashMap<>(versions);
        }

        public long pages() {
            return extents * 8;
        }

        public UUID family() {
            return Content.familyOf(seed);
        }
    }

    /// Bytes of real backups, one file per stripe.
    ///
    /// @param files to send; empty for a database that was restored from such bytes
    /// @param stripes what was restored; empty for a database that was not
    record Raw(List<Path> files, List<Stripe> stripes) implements Content {
        public Raw {
            files = List.copyOf(files);
            stripes = List.copyOf(stripes);
        }
    }

    /// @param sha256 in hexadecimal
    record Stripe(long size, String sha256) {
        public static Stripe of(long size, byte[] sha256) {
            return new Stripe(size, HexFormat.of().formatHex(sha256));
        }
    }
}
