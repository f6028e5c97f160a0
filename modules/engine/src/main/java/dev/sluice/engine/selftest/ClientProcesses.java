package dev.sluice.engine.selftest;

import java.io.IOException;
import java.util.Optional;

/// Starts this program again as a client of virtual devices, so that a self-test can have a client die (Q14).
///
/// **Threading:** asked on the self-test's thread; may take a second.
public interface ClientProcesses {

    /// Why none can be started, as the end of a sentence with "because"; empty where one can.
    Optional<String> missing();

    /// Starts a process that hands the order to [DoomedClient#run] with the server and the device sets that the
    /// self-test has, and whose standard output and error are one stream.
    ///
    /// **Ownership:** the caller ends it.
    Process start(DoomedClient.Order order) throws IOException;

    /// None can be started.
    ///
    /// @param why as the end of a sentence with "because"
    static ClientProcesses none(String why) {
        return new ClientProcesses() {
            @Override
            public Optional<String> missing() {
                return Optional.of(why);
            }

            @Override
            public Process start(DoomedClient.Order order) throws IOException {
                throw new IOException(why);
            }
        };
    }
}
