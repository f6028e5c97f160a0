package dev.sluice.simulator.regional;

import java.util.Locale;
import java.util.Optional;

/// `SET DATEFORMAT`: the order of day, month and year in text that becomes a date.
///
/// **Source:** the documentation of SET DATEFORMAT.
public enum DateFormat {
    MDY,
    DMY,
    YMD,
    YDM,
    MYD,
    DYM;

    /// The one of this name, however it is written.
    public static Optional<DateFormat> named(String name) {
        for (DateFormat one : values()) {
            if (one.text().equals(name.strip().toLowerCase(Locale.ROOT))) {
                return Optional.of(one);
            }
        }
        return Optional.empty();
    }

    public String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    /// Whether the day is written before the month.
    public boolean isDayFirst() {
        return this == DMY || this == YDM || this == DYM;
    }
}
