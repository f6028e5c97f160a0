package dev.sluice.catalog;

/// The type of a backup, with its letter in keys.
public enum BackupType {
    FULL('F'),
    DIFFERENTIAL('D'),
    LOG('L');

    private final char letter;

    BackupType(char letter) {
        this.letter = letter;
    }

    char letter() {
        return letter;
    }

    static BackupType ofLetter(String letter) {
        for (BackupType type : values()) {
            if (letter.length() == 1 && letter.charAt(0) == type.letter) {
                return type;
            }
        }
        throw new IllegalArgumentException("'%s' is not a type of backup; the types are F, D and L".formatted(letter));
    }
}
