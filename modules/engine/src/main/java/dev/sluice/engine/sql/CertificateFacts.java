package dev.sluice.engine.sql;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// The certificates of master, with their private keys where the server hands them out.
///
/// **Source:** the documentation of `sys.certificates`, CERTENCODED and CERTPRIVATEKEY. Both come over the
/// connection, so the server writes no file.
public record CertificateFacts(List<Exported> certificates) {

    public CertificateFacts {
        certificates = List.copyOf(certificates);
    }

    /// @param encoded    the certificate, in hexadecimal as the key; null when the server does not tell
    /// @param privateKey encrypted with the password that was given; null when there is none, or only a
    ///                   password that the server does not have opens it
    public record Exported(
            String name, @Nullable String encoded, @Nullable String privateKey) {}

    /// @param password of letters and digits, for the private keys
    public static CertificateFacts read(SqlSession session, String password) {
        // Both functions are about the certificates of the database that the session is in.
        session.execute("USE [master]");
        List<Exported> found = new ArrayList<>();
        for (Row row : session.query("SELECT name, certificate_id FROM master.sys.certificates ORDER BY name")) {
            if (row.text("name").startsWith("##")) {
                continue;
            }
            // A literal, because the documentation shows no variable there. It stands on a line of its own:
            // messages of failures quote the first one.
            Row keys = session.query(
                            "SELECT CERTENCODED(certificate_id) AS encoded,\nCERTPRIVATEKEY(certificate_id, "
                                    + Tsql.literal(password)
                                    + ") AS private_key\nFROM master.sys.certificates WHERE certificate_id = ?",
                            row.number("certificate_id"))
                    .getFirst();
            found.add(new Exported(
                    row.text("name"),
                    keys.optionalBytes("encoded")
                            .map(PrincipalFacts.HEX::formatHex)
                            .orElse(null),
                    keys.optionalBytes("private_key")
                            .map(PrincipalFacts.HEX::formatHex)
                            .orElse(null)));
        }
        return new CertificateFacts(found);
    }
}
