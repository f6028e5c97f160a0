package dev.sluice.engine.recovery;

/// What became of the scratch database of a drill that did not drop it.
///
/// @param database its name
/// @param dropped  whether it is gone, and its note with it
/// @param text     what was done, and why
public record Leftover(String database, boolean dropped, String text) {}
