package dev.sluice.catalog;

/// What a backup contains, with the letter that stands for it in keys.
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
        throw new IllegalArgumentException("'%s' is no type of backup: F, D or L".formatted(letter));
    }
}
