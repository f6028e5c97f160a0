package dev.sluice.simulator.regional;

import java.util.Locale;
import java.util.Optional;

/// Which texts are equal, and which comes first.
///
/// Case is what the differences are about. In Turkish `i` and `I` are two letters, each with another case of
/// its own: so a name that was written in the wrong case is found under the first collation, and under neither
/// of the others. Trailing spaces never count.
///
/// **Source:** names in the documentation of collations; the bytes are those of COLLATION in MS-TDS: the LCID
/// in 20 bits, flags (ignore case, accent, width, kana type, binary, binary2), version, sort id.
public enum Collation {
    /// The default of an English server.
    SQL_LATIN1_GENERAL_CI("SQL_Latin1_General_CP1_CI_AS", Case.IGNORED, Locale.ROOT, 0x00D0_0409, 52, 196_609, 1252),
    LATIN1_GENERAL_CI("Latin1_General_CI_AS", Case.IGNORED, Locale.ROOT, 0x00D0_0409, 0, 196_609, 1252),
    LATIN1_GENERAL_CS("Latin1_General_CS_AS", Case.TELLS, Locale.ROOT, 0x00C0_0409, 0, 196_608, 1252),
    TURKISH_CI("Turkish_CI_AS", Case.IGNORED, Locale.of("tr", "TR"), 0x00D0_041F, 0, 196_609, 1254),
    TURKISH_CS("Turkish_CS_AS", Case.TELLS, Locale.of("tr", "TR"), 0x00C0_041F, 0, 196_608, 1254),
    /// Compares code points.
    LATIN1_GENERAL_BIN2("Latin1_General_BIN2", Case.BINARY, Locale.ROOT, 0x0200_0409, 0, 0, 1252);

    /// The default of an English server.
    public static final Collation DEFAULT = SQL_LATIN1_GENERAL_CI;

    private enum Case {
        IGNORED,
        TELLS,
        BINARY
    }

    private final String text;
    private final Case letters;
    private final Locale locale;
    private final int info;
    private final int sortId;
    private final int comparisonStyle;
    private final int codePage;

    Collation(String text, Case letters, Locale locale, int info, int sortId, int comparisonStyle, int codePage) {
        this.text = text;
        this.letters = letters;
        this.locale = locale;
        this.info = info;
        this.sortId = sortId;
        this.comparisonStyle = comparisonStyle;
        this.codePage = codePage;
    }

    /// As in `SERVERPROPERTY('Collation')`.
    public String text() {
        return text;
    }

    /// The one of this name, however it is written.
    public static Optional<Collation> named(String name) {
        for (Collation one : values()) {
            if (one.text.equalsIgnoreCase(name.strip())) {
                return Optional.of(one);
            }
        }
        return Optional.empty();
    }

    /// Whether upper and lower case are different letters.
    public boolean isCaseSensitive() {
        return letters != Case.IGNORED;
    }

    public boolean equal(String one, String other) {
        return key(one).equals(key(other));
    }

    /// Equal texts have the same key, others have not.
    public String key(String value) {
        return folded(value.stripTrailing());
    }

    /// One form for all cases of a letter, as far as they are the same letter; spaces stay.
    public String folded(String value) {
        return isCaseSensitive() ? value : value.toUpperCase(locale).toLowerCase(locale);
    }

    /// The order of ORDER BY and `<`. In a dictionary, letters come before case, and lower case before upper.
    public int compare(String one, String other) {
        if (one.equals(other)) {
            return 0;
        }
        String a = one.stripTrailing();
        String b = other.stripTrailing();
        if (letters == Case.BINARY) {
            return a.compareTo(b);
        }
        int order = ignoringCase(a).compareTo(ignoringCase(b));
        return order != 0 || letters == Case.IGNORED ? order : b.compareTo(a);
    }

    private String ignoringCase(String value) {
        return value.toUpperCase(locale).toLowerCase(locale);
    }

    /// UPPER.
    public String upper(String value) {
        return value.toUpperCase(locale);
    }

    /// LOWER.
    public String lower(String value) {
        return value.toLowerCase(locale);
    }

    /// The first four of its bytes on the wire, little-endian.
    public int info() {
        return info;
    }

    /// The last of its bytes on the wire.
    public int sortId() {
        return sortId;
    }

    /// `UnicodeLocaleId` of RESTORE HEADERONLY.
    public int localeId() {
        return info & 0xF_FFFF;
    }

    /// `UnicodeComparisonStyle` of RESTORE HEADERONLY.
    public int comparisonStyle() {
        return comparisonStyle;
    }

    /// Of `varchar`.
    public int codePage() {
        return codePage;
    }

    /// The collation that a backup's header describes, if it is one of these.
    public static Optional<Collation> described(int localeId, int comparisonStyle, int sortOrder) {
        for (Collation one : values()) {
            if (one.localeId() == localeId && one.comparisonStyle == comparisonStyle && one.sortId == sortOrder) {
                return Optional.of(one);
            }
        }
        return Optional.empty();
    }

    @Override
    public String toString() {
        return text;
    }
}
