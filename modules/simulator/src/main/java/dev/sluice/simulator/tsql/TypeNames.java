package dev.sluice.simulator.tsql;

import dev.sluice.simulator.tds.SqlType;
import org.jspecify.annotations.Nullable;

/// Types by their names in T-SQL.
final class TypeNames {

    private static final int DEFAULT_LENGTH = 30;
    private static final int DEFAULT_PRECISION = 18;
    private static final int SYSNAME = 128;

    private TypeNames() {}

    /// @throws IllegalArgumentException for what is no type
    static SqlType type(String name, @Nullable Integer first, @Nullable Integer second) {
        return switch (name) {
            case "TINYINT" -> SqlType.TINYINT;
            case "SMALLINT" -> SqlType.SMALLINT;
            case "INT", "INTEGER" -> SqlType.INT;
            case "BIGINT" -> SqlType.BIGINT;
            case "BIT" -> SqlType.BIT;
            case "REAL" -> SqlType.REAL;
            case "FLOAT" -> SqlType.FLOAT;
            case "DECIMAL", "NUMERIC" -> SqlType.decimal(or(first, DEFAULT_PRECISION), or(second, 0));
            case "MONEY" -> SqlType.decimal(19, 4);
            case "DATE" -> SqlType.DATE;
            case "TIME" -> SqlType.time(or(first, SqlType.LARGEST_SCALE_OF_TIME));
            case "DATETIME", "SMALLDATETIME" -> SqlType.DATETIME;
            case "DATETIME2" -> SqlType.datetime2(or(first, SqlType.LARGEST_SCALE_OF_TIME));
            case "DATETIMEOFFSET" -> SqlType.datetimeoffset(or(first, SqlType.LARGEST_SCALE_OF_TIME));
            case "UNIQUEIDENTIFIER" -> SqlType.UNIQUEIDENTIFIER;
            case "SYSNAME" -> SqlType.nvarchar(SYSNAME);
            case "NVARCHAR" -> SqlType.nvarchar(or(first, DEFAULT_LENGTH));
            case "NCHAR" -> SqlType.nchar(or(first, DEFAULT_LENGTH));
            case "VARCHAR" -> SqlType.varchar(or(first, DEFAULT_LENGTH));
            case "CHAR" -> SqlType.character(or(first, DEFAULT_LENGTH));
            case "VARBINARY" -> SqlType.varbinary(or(first, DEFAULT_LENGTH));
            case "BINARY" -> SqlType.binary(or(first, DEFAULT_LENGTH));
            default -> throw new IllegalArgumentException(name);
        };
    }

    private static int or(@Nullable Integer given, int otherwise) {
        return given == null ? otherwise : given;
    }
}
