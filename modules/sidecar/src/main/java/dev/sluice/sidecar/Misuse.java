package dev.sluice.sidecar;

/// The command line asks for something that cannot be: exit code 2.
final class Misuse extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String hint;

    Misuse(String what, String hint) {
        this.hint = hint;
        super(what);
    }

    String hint() {
        return hint;
    }
}
