package dev.sluice.simulator.server;

import dev.sluice.mtf.Lsn;
import dev.sluice.simulator.database.Certificate.Encryptor;
import dev.sluice.simulator.tds.SqlType;
import java.math.BigDecimal;
import org.jspecify.annotations.Nullable;

/// SQL types and values that columns of several system views share.
final class ColumnTypes {

    static final SqlType SYSNAME = SqlType.nvarchar(128);
    static final SqlType DESCRIPTION = SqlType.nvarchar(60);
    static final SqlType PATH = SqlType.nvarchar(260);
    static final SqlType LSN = SqlType.decimal(25, 0);
    static final SqlType SIZE = SqlType.decimal(20, 0);
    static final SqlType LSN_TEXT = SqlType.nvarchar(24);
    static final SqlType ALGORITHM = SqlType.nvarchar(32);
    static final SqlType THUMBPRINT = SqlType.varbinary(20);
    static final SqlType LETTER = SqlType.character(1);
    static final SqlType GUID = SqlType.UNIQUEIDENTIFIER;

    /// `software_vendor_id` of Microsoft.
    static final int VENDOR = 4608;

    /// `device_type` of a virtual device.
    static final short VIRTUAL_DEVICE = 7;

    static final int PAGE_BYTES = 8192;

    private ColumnTypes() {}

    static BigDecimal lsn(Lsn lsn) {
        return lsn.toBigDecimal();
    }

    static @Nullable BigDecimal nullIfZero(Lsn lsn) {
        return lsn.isZero() ? null : lsn.toBigDecimal();
    }

    static @Nullable String nullIfEmpty(String text) {
        return text.isEmpty() ? null : text;
    }

    static @Nullable String algorithm(@Nullable Encryptor encryptor) {
        return encryptor == null ? null : encryptor.algorithm();
    }

    static byte @Nullable [] thumbprint(@Nullable Encryptor encryptor) {
        return encryptor == null ? null : encryptor.bytes();
    }

    static @Nullable String encryptorType(@Nullable Encryptor encryptor) {
        return encryptor == null ? null : "CERTIFICATE";
    }
}
