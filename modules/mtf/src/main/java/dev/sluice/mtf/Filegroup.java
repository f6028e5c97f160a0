package dev.sluice.mtf;

/// A filegroup of the database.
public record Filegroup(int id, String name) {}
