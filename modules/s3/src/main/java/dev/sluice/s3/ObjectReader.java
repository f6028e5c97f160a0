package dev.sluice.s3;

import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/// Reads an object while it arrives, and makes a result of it.
///
/// @param <T> type of the result
@FunctionalInterface
public interface ObjectReader<T> {

    /// Reads as much of the object as this reader wants. The rest is not fetched: the request ends when this
    /// method returns or throws.
    ///
    /// It runs on a thread of its own and may block. It is called once for each attempt: when the body breaks off,
    /// there is another one.
    ///
    /// **Errors:** exceptions reach the subscriber unchanged. Only when the body broke off does the request's
    /// failure take the place of the exception.
    ///
    /// @param object the object's size and properties
    @Nullable
    T read(ObjectInfo object, InputStream body) throws IOException;
}
