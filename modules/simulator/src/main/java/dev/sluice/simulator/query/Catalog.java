package dev.sluice.simulator.query;

import java.util.List;
import org.jspecify.annotations.Nullable;

/// The tables that a session sees.
public interface Catalog {

    /// @param name its parts as written, such as `msdb`, `dbo`, `backupset`
    /// @return null if there is none
    @Nullable
    Relation table(List<String> name);

    /// A function that returns a table, such as `sys.dm_exec_sql_text`. Called with only nulls once to learn the
    /// columns.
    ///
    /// @return null if there is none
    @Nullable
    Relation function(List<String> name, List<@Nullable Object> arguments);
}
