package dev.sluice.s3;

/// Faults of plain connections.
class FaultTest extends FaultContract {

    FaultTest() {
        super("http");
    }
}
