package dev.sluice.simulator.tds;

/// A well-formed request for something that this endpoint does not do; the client gets the message, the session
/// goes on.
final class UnsupportedRequestException extends Exception {

    private final SqlMessage reason;

    UnsupportedRequestException(SqlMessage reason) {
        this.reason = reason;
        super(reason.text());
    }

    SqlMessage reason() {
        return reason;
    }
}
