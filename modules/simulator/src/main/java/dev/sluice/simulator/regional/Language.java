package dev.sluice.simulator.regional;

import java.util.Optional;

/// A language of a login, and the order of dates that comes with it.
///
/// **Source:** `sys.syslanguages` as documented.
public enum Language {
    US_ENGLISH(0, "us_english", "English", DateFormat.MDY, 7),
    GERMAN(1, "Deutsch", "German", DateFormat.DMY, 1),
    FRENCH(2, "Français", "French", DateFormat.DMY, 1),
    SWEDISH(12, "Svenska", "Swedish", DateFormat.YMD, 1),
    TURKISH(22, "Türkçe", "Turkish", DateFormat.DMY, 1),
    BRITISH(23, "British", "British English", DateFormat.DMY, 1);

    private final int id;
    private final String text;
    private final String alias;
    private final DateFormat dates;
    private final int firstDay;

    Language(int id, String text, String alias, DateFormat dates, int firstDay) {
        this.id = id;
        this.text = text;
        this.alias = alias;
        this.dates = dates;
        this.firstDay = firstDay;
    }

    /// The one of this name or alias, however it is written.
    public static Optional<Language> named(String name) {
        for (Language one : values()) {
            if (one.text.equalsIgnoreCase(name.strip()) || one.alias.equalsIgnoreCase(name.strip())) {
                return Optional.of(one);
            }
        }
        return Optional.empty();
    }

    /// `@@LANGID`.
    public int id() {
        return id;
    }

    /// `@@LANGUAGE`: the name that the language has in itself.
    public String text() {
        return text;
    }

    /// Its English name.
    public String alias() {
        return alias;
    }

    /// The date format of a session that has set none.
    public DateFormat dates() {
        return dates;
    }

    /// `@@DATEFIRST`: 7 is Sunday.
    public int firstDay() {
        return firstDay;
    }

    @Override
    public String toString() {
        return text;
    }
}
