package dev.sluice.simulator.tds;

import org.jspecify.annotations.Nullable;

/// A parameter of a [Batch].
///
/// @param name with its `@`
/// @param type the type that the client declared with the value
/// @param value as [SqlType] says for the type, or null
/// @param output whether the client waits for [ResponseSink#output]
public record Parameter(String name, SqlType type, @Nullable Object value, boolean output) {}
