package dev.sluice.simulator.vdi;

import java.io.IOException;

/// The other side said what makes no sense, as opposed to being gone: nothing it says can be relied on.
final class BrokenProtocolException extends IOException {

    private static final long serialVersionUID = 1L;

    BrokenProtocolException(String message) {
        super(message);
    }
}
