package dev.sluice.engine.selftest;

/// A step has seen something that should not be.
final class SelfTestFailed extends RuntimeException {

    private static final long serialVersionUID = 1L;

    SelfTestFailed(String what) {
        super(what);
    }
}
