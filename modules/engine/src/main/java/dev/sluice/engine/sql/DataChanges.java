package dev.sluice.engine.sql;

import java.util.List;
import java.util.Optional;

/// About how much of a database's data has changed since its last full backup that was not copy-only: about what a
/// differential would have, beside what a full backup would have.
///
/// **Source:** `sys.dm_db_file_space_usage`, which has data files alone, and whose `modified_extent_page_count` came
/// with SQL Server 2016 SP2.
///
/// @param changed   bytes of changed extents
/// @param allocated bytes of allocated extents
public record DataChanges(long changed, long allocated) {

    private static final long PAGE = 8192;

    /// Empty when SQL Server is too old to say.
    ///
    /// **Errors:** [SqlServerUnavailable] when SQL Server is gone, or refuses the question.
    static Optional<DataChanges> read(SqlSession session, String database) {
        // All columns, because an older server would refuse the whole query for the name of one.
        List<Row> files =
                session.query("SELECT * FROM %s.sys.dm_db_file_space_usage".formatted(Tsql.identifier(database)));
        long changed = 0;
        long allocated = 0;
        for (Row file : files) {
            if (!file.has("modified_extent_page_count")
                    || file.isNull("modified_extent_page_count")
                    || file.isNull("allocated_extent_page_count")) {
                return Optional.empty();
            }
            changed += file.number("modified_extent_page_count") * PAGE;
            allocated += file.number("allocated_extent_page_count") * PAGE;
        }
        return files.isEmpty() ? Optional.empty() : Optional.of(new DataChanges(changed, allocated));
    }

    /// How much of the data has changed, in percent.
    public double percent() {
        return allocated == 0 ? 0 : 100.0 * changed / allocated;
    }
}
