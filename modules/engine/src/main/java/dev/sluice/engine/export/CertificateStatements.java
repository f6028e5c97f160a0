package dev.sluice.engine.export;

import static dev.sluice.engine.sql.Tsql.identifier;
import static dev.sluice.engine.sql.Tsql.literal;

import dev.sluice.engine.sql.CertificateFacts;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Certificates of master with their private keys: what encrypted backups and databases need before a restore.
final class CertificateStatements {

    private final CertificateFacts facts;
    private final String password;
    private final Consumer<String> notes;

    /// @param password which the private keys are encrypted with, and a new master key
    /// @param notes    what is left out, and why
    CertificateStatements(CertificateFacts facts, String password, Consumer<String> notes) {
        this.facts = facts;
        this.password = password;
        this.notes = notes;
    }

    List<String> certificates() {
        List<String> batches = new ArrayList<>();
        if (facts.certificates().isEmpty()) {
            return batches;
        }
        batches.add("USE [master];");
        batches.add(new BatchText()
                .line(
                        "IF NOT EXISTS (SELECT 1 FROM master.sys.symmetric_keys WHERE name = N'##MS_DatabaseMasterKey##')")
                .line("    CREATE MASTER KEY ENCRYPTION BY PASSWORD = %s;".formatted(literal(password)))
                .build());
        for (CertificateFacts.Exported one : facts.certificates()) {
            String encoded = one.encoded();
            if (encoded == null || !BatchText.isPlain(one.name())) {
                notes.accept("certificate %s is left out: the server does not hand it out".formatted(one.name()));
                continue;
            }
            String key = one.privateKey();
            if (key == null) {
                notes.accept("certificate %s comes without its private key: the server does not hand that out"
                        .formatted(one.name()));
            }
            batches.add(new BatchText()
                    .line("IF NOT EXISTS (SELECT 1 FROM master.sys.certificates WHERE name = %s)"
                            .formatted(literal(one.name())))
                    .line("    CREATE CERTIFICATE %s FROM BINARY = 0x%s%s;"
                            .formatted(
                                    identifier(one.name()),
                                    encoded,
                                    key == null
                                            ? ""
                                            : " WITH PRIVATE KEY (BINARY = 0x%s, DECRYPTION BY PASSWORD = %s)"
                                                    .formatted(key, literal(password))))
                    .build());
        }
        return batches;
    }
}
