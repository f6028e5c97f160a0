package dev.sluice.s3;

/// Faults of encrypted connections. A class of its own, so that it runs beside the other one: both mostly wait.
class FaultOverTlsTest extends FaultContract {

    FaultOverTlsTest() {
        super("https");
    }
}
