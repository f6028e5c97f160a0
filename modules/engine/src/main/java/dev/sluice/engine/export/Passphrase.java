package dev.sluice.engine.export;

import java.util.Arrays;

/// What seals an export. No output shows it.
///
/// **Ownership:** the caller may erase the letters that it gave.
public final class Passphrase {

    /// Fewer letters than this can be guessed, however much work a guess takes.
    public static final int SHORTEST = 12;

    private final char[] letters;

    /// **Errors:** [IllegalArgumentException] when it is too short.
    public Passphrase(char[] letters) {
        if (letters.length < SHORTEST) {
            throw new IllegalArgumentException("a passphrase has 12 characters or more");
        }
        this.letters = letters.clone();
    }

    char[] letters() {
        return letters.clone();
    }

    public boolean isSame(Passphrase other) {
        return Arrays.equals(letters, other.letters);
    }

    @Override
    public String toString() {
        return "***";
    }
}
