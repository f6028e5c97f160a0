package dev.sluice.engine.fleet;

/// A summary and the entries of a server's catalog say different things.
///
/// @param server   its identity
/// @param database its name; empty when it is about the server as a whole
/// @param wrong    whether the summary claims what the entries do not give, or the entries could not be read.
///                 Otherwise the entries go further, as they do for the minutes until the next summary, or there was
///                 no summary to compare
/// @param text     in a sentence
public record FleetDifference(String server, String database, boolean wrong, String text) {}
