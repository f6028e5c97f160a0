package dev.sluice.simulator.database;

import java.time.LocalDateTime;

/// A row of `msdb.dbo.logmarkhistory`.
///
/// @param record of the mark in the database's log
public record MarkRecord(
        String database, String name, String description, String user, long record, LocalDateTime when) {}
