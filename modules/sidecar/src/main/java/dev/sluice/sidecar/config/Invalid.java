package dev.sluice.sidecar.config;

/// Thrown by a record of the configuration whose keys contradict each other.
public final class Invalid extends RuntimeException {

    private static final long serialVersionUID = 1L;

    private final String key;
    private final String hint;

    /// @param key  the key below the record that is to blame, as in the file; may be a path
    /// @param what what is wrong with it
    /// @param hint what to try
    Invalid(String key, String what, String hint) {
        this.key = key;
        this.hint = hint;
        super(what);
    }

    String key() {
        return key;
    }

    /// What is wrong.
    public String what() {
        return String.valueOf(getMessage());
    }

    /// What to try.
    public String hint() {
        return hint;
    }
}
