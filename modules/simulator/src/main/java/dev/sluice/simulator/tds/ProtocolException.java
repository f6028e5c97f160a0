package dev.sluice.simulator.tds;

import java.io.IOException;

/// The peer sent what TDS does not allow; its connection closes.
final class ProtocolException extends IOException {
    ProtocolException(String message) {
        super(message);
    }
}
