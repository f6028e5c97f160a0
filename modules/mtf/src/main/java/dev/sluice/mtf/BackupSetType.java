package dev.sluice.mtf;

import java.util.Arrays;
import java.util.Optional;

/// The kinds of backup, under the letters of `msdb.dbo.backupset.type`.
///
/// Only `D`, `I` and `L` were seen in real streams; that a stream carries the same letter for the rest is
/// expected, not known.
public enum BackupSetType {
    DATABASE('D'),
    DIFFERENTIAL('I'),
    LOG('L'),
    FILE('F'),
    FILE_DIFFERENTIAL('G'),
    PARTIAL('P'),
    PARTIAL_DIFFERENTIAL('Q');

    private final char letter;

    BackupSetType(char letter) {
        this.letter = letter;
    }

    public char letter() {
        return letter;
    }

    /// The kind with this letter, if there is one.
    public static Optional<BackupSetType> ofLetter(char letter) {
        return Arrays.stream(values()).filter(type -> type.letter == letter).findFirst();
    }
}
