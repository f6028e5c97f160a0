package dev.sluice.sidecar.cli;

/// The command line asks for something that cannot be: exit code 2.
final class UsageError extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String hint;

    UsageError(String what, String hint) {
        this.hint = hint;
        super(what);
    }

    String hint() {
        return hint;
    }
}
