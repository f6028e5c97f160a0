package dev.sluice.sidecar;

import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/// Sizes as people write them: `64MiB`, `2GiB`, `4096`. And as they like to read them.
record ByteSize(long bytes) {

    private static final Pattern FORM = Pattern.compile("(\\d+)\\s*(B|KiB|MiB|GiB|TiB)?", Pattern.CASE_INSENSITIVE);
    private static final String[] UNITS = {"B", "KiB", "MiB", "GiB", "TiB"};

    static ByteSize parse(String text) {
        Matcher matcher = FORM.matcher(text.strip());
        if (matcher.matches()) {
            String unit = matcher.group(2) == null ? "B" : matcher.group(2);
            for (int power = 0; power < UNITS.length; power++) {
                if (UNITS[power].equalsIgnoreCase(unit)) {
                    try {
                        return new ByteSize(Math.multiplyExact(Long.parseLong(matcher.group(1)), 1L << (10 * power)));
                    } catch (ArithmeticException | NumberFormatException e) {
                        throw new IllegalArgumentException("'%s' is more than can be counted".formatted(text), e);
                    }
                }
            }
        }
        throw new IllegalArgumentException("'%s' is no size: write it like 64MiB or 2GiB".formatted(text));
    }

    /// Three significant digits and a unit.
    static String format(long bytes) {
        double value = bytes;
        int power = 0;
        while (value >= 1024 && power < UNITS.length - 1) {
            value /= 1024;
            power++;
        }
        int decimals = power == 0 || value >= 100 ? 0 : value >= 10 ? 1 : 2;
        return String.format(Locale.ROOT, "%." + decimals + "f %s", value, UNITS[power]);
    }

    static final class Converter implements ITypeConverter<ByteSize> {
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
