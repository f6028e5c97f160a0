package dev.sluice.engine.selftest;

/// One call of the Virtual Device Interface, as it was made.
///
/// @param atMicros when it began, from the creation of its set
/// @param micros   how long it took
/// @param thread   the name of the thread that made it
/// @param call     method and arguments
/// @param result   what it returned, or the code that it failed with
public record RecordedCall(long atMicros, long micros, String thread, String call, String result) {}
