package dev.sluice.sidecar.serve;

import java.io.IOException;

/// The place where clients reach a service.
///
/// **Ownership:** the service owns it. It opens before the service begins, so that a port that is taken keeps
/// the service from beginning, and closes last, so that clients see how the service ends.
public interface Endpoint extends AutoCloseable {

    /// Makes an endpoint for a service.
    @FunctionalInterface
    interface Opening {

        /// Takes the port; no client is answered before [Endpoint#start()].
        ///
        /// **Errors:** [IOException] when the port cannot be had.
        Endpoint open(Service service) throws IOException;
    }

    void start();

    /// The port that it listens on.
    int port();

    @Override
    void close();
}
