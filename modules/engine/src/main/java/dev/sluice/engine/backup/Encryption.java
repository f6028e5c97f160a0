package dev.sluice.engine.backup;

import static dev.sluice.engine.sql.Tsql.identifier;

/// A backup that SQL Server encrypts. A restore needs the certificate with its private key on the
/// target: Sluice never sees either.
///
/// @param algorithm   as BACKUP calls it
/// @param certificate name of a certificate in the server's `master`
public record Encryption(Algorithm algorithm, String certificate) {

    /// What BACKUP knows.
    public enum Algorithm {
        AES_128,
        AES_192,
        AES_256,
        TRIPLE_DES_3KEY
    }

    public Encryption {
        if (certificate.isBlank()) {
            throw new IllegalArgumentException("an encrypted backup names the certificate that encrypts it");
        }
    }

    String option() {
        return "ENCRYPTION (ALGORITHM = %s, SERVER CERTIFICATE = %s)".formatted(algorithm, identifier(certificate));
    }
}
