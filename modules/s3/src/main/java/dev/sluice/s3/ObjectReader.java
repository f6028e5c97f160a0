package dev.sluice.s3;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// What is made of an object while it arrives.
///
/// @param <T> what it becomes
@FunctionalInterface
public interface ObjectReader<T> {

    /// Reads as much of the object as it wants. The rest is not fetched: the request ends when this returns or
    /// throws.
    ///
    /// It runs on a thread of its own and may block. It is called once per attempt, so again when the body
    /// breaks off.
    ///
    /// **Errors:** what it throws reaches the subscriber as it is, unless the body could not be read on: then
    /// the request has failed, whatever is thrown here.
    ///
    /// @param object what the server says about it, before its first byte
    @Nullable
    T read(ObjectInfo object, InputStream body) throws IOException;
}
