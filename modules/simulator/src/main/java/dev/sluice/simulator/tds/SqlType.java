package dev.sluice.simulator.tds;

import java.util.Locale;

/// A type of SQL Server, as far as the endpoint knows it, and the Java type of its values.
///
/// Values given by an engine may be any [Number] where a number is asked for, as long as it fits.
public sealed interface SqlType {

    /// The length of the `(max)` types.
    int MAX = -1;

    int LARGEST_PRECISION = 38;
    int LARGEST_SCALE_OF_TIME = 7;
    int LARGEST_BYTES = 8000;

    SqlType TINYINT = new Whole(1);
    SqlType SMALLINT = new Whole(2);
    SqlType INT = new Whole(4);
    SqlType BIGINT = new Whole(8);
    SqlType BIT = new Bit();
    SqlType REAL = new Approximate(4);
    SqlType FLOAT = new Approximate(8);
    SqlType DATE = new Date();
    SqlType DATETIME = new DateTime();
    SqlType UNIQUEIDENTIFIER = new UniqueIdentifier();
    SqlType NVARCHAR_MAX = new Characters(true, false, MAX);
    SqlType VARCHAR_MAX = new Characters(false, false, MAX);
    SqlType VARBINARY_MAX = new Binary(false, MAX);

    static SqlType decimal(int precision, int scale) {
        return new Decimal(precision, scale);
    }

    static SqlType time(int scale) {
        return new Time(scale);
    }

    static SqlType datetime2(int scale) {
        return new DateTime2(scale);
    }

    static SqlType datetimeoffset(int scale) {
        return new DateTimeOffset(scale);
    }

    static SqlType nvarchar(int length) {
        return new Characters(true, false, length);
    }

    static SqlType nchar(int length) {
        return new Characters(true, true, length);
    }

    static SqlType varchar(int length) {
        return new Characters(false, false, length);
    }

    static SqlType character(int length) {
        return new Characters(false, true, length);
    }

    static SqlType varbinary(int length) {
        return new Binary(false, length);
    }

    static SqlType binary(int length) {
        return new Binary(true, length);
    }

    /// `tinyint` (unsigned), `smallint`, `int`, `bigint`: [Short], [Short], [Integer], [Long].
    record Whole(int bytes) implements SqlType {
        public Whole {
            require(bytes == 1 || bytes == 2 || bytes == 4 || bytes == 8, "an integer has 1, 2, 4 or 8 bytes", bytes);
        }
    }

    /// `bit`: [Boolean].
    record Bit() implements SqlType {}

    /// `decimal` and `numeric`: [java.math.BigDecimal].
    record Decimal(int precision, int scale) implements SqlType {
        public Decimal {
            require(precision >= 1 && precision <= LARGEST_PRECISION, "a decimal's precision is 1 to 38", precision);
            require(scale >= 0 && scale <= precision, "a decimal's scale is 0 to its precision", scale);
        }
    }

    /// `real` and `float`: [Float], [Double].
    record Approximate(int bytes) implements SqlType {
        public Approximate {
            require(bytes == 4 || bytes == 8, "a float has 4 or 8 bytes", bytes);
        }
    }

    /// `date`: [java.time.LocalDate].
    record Date() implements SqlType {}

    /// `time`: [java.time.LocalTime]; digits beyond the scale are cut.
    record Time(int scale) implements SqlType {
        public Time {
            requireScaleOfTime(scale);
        }
    }

    /// `datetime`: [java.time.LocalDateTime] from 1753 on, rounded to 1/300 s.
    record DateTime() implements SqlType {}

    /// `datetime2`: [java.time.LocalDateTime]; digits beyond the scale are cut.
    record DateTime2(int scale) implements SqlType {
        public DateTime2 {
            requireScaleOfTime(scale);
        }
    }

    /// `datetimeoffset`: [java.time.OffsetDateTime]; digits beyond the scale are cut.
    record DateTimeOffset(int scale) implements SqlType {
        public DateTimeOffset {
            requireScaleOfTime(scale);
        }
    }

    /// `uniqueidentifier`: [java.util.UUID].
    record UniqueIdentifier() implements SqlType {}

    /// `nvarchar`, `nchar`, `varchar`, `char`: [String]. The latter two are in Windows-1252, the code page of
    /// the collation SQL_Latin1_General_CP1_CI_AS, and lose what that page cannot say.
    ///
    /// @param national whether the characters are UTF-16
    /// @param fixed whether values are padded with spaces
    /// @param length in UTF-16 units if national, else in bytes; or [#MAX]
    record Characters(boolean national, boolean fixed, int length) implements SqlType {
        public Characters {
            requireLength(fixed, length, national ? LARGEST_BYTES / 2 : LARGEST_BYTES);
        }
    }

    /// `varbinary`, `binary`: `byte[]`.
    ///
    /// @param fixed whether values are padded with zeros
    /// @param length in bytes, or [#MAX]
    record Binary(boolean fixed, int length) implements SqlType {
        public Binary {
            requireLength(fixed, length, LARGEST_BYTES);
        }
    }

    private static void requireScaleOfTime(int scale) {
        require(scale >= 0 && scale <= LARGEST_SCALE_OF_TIME, "a time's scale is 0 to 7", scale);
    }

    private static void requireLength(boolean fixed, int length, int largest) {
        require(
                (length >= 1 && length <= largest) || (length == MAX && !fixed),
                String.format(Locale.ROOT, "a length is 1 to %d%s", largest, fixed ? "" : ", or max"),
                length);
    }

    private static void require(boolean holds, String rule, int got) {
        if (!holds) {
            throw new IllegalArgumentException(rule + ", got " + got);
        }
    }
}
