package dev.sluice.engine.rebuild;

/// Why there can be no entry of something. It ends the work on that, and on nothing else.
final class Unusable extends RuntimeException {

    Unusable(String reason) {
        super(reason, null, false, false);
    }

    String reason() {
        return String.valueOf(getMessage());
    }
}
