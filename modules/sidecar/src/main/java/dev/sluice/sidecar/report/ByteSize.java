package dev.sluice.sidecar.report;

import dev.sluice.sidecar.config.Units;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Sizes as people write them: `64MiB`, `2GiB`, `4096`. And as they like to read them.
public record ByteSize(long bytes) {

    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    public static ByteSize parse(String text) {
        return new ByteSize(Units.bytes(text));
    }

    /// Three significant digits and a unit.
    public static String format(long bytes) {
        double value = bytes;
        int power = 0;
        while (value >= 1024 && power < UNITS.length - 1) {
            value /= 1024;
            power++;
        }
        int decimals = power == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + decimals + "f %s", value, UNITS[power]);
    }

    public static final class Converter implements ITypeConverter<ByteSize> {
        @Override
        public ByteSize convert(String value) {
            try {
                return parse(value);
            } catch (IllegalArgumentException e) {
                throw new TypeConversionException(String.valueOf(e.getMessage()));
            }
        }
    }
}
