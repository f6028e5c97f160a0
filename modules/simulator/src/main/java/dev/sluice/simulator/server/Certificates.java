package dev.sluice.simulator.server;

import static dev.sluice.simulator.tds.SqlType.DATETIME;
import static dev.sluice.simulator.tds.SqlType.INT;

import dev.sluice.simulator.database.Certificate;
import dev.sluice.simulator.query.Relation;
import dev.sluice.simulator.regional.Collation;
import dev.sluice.simulator.tds.SqlType;
import dev.sluice.simulator.tsql.SqlFailure;
import dev.sluice.simulator.tsql.Statement;
import java.nio.charset.StandardCharsets;
import java.time.LocalDateTime;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/// The certificates of master: what `BACKUP … WITH ENCRYPTION` names and a restore needs.
///
/// **Threading:** any thread.
///
/// **Source:** the documentation of BACKUP and of `sys.certificates`; the numbers as in the list of database
/// engine errors.
final class Certificates {

    private static final Set<String> ALGORITHMS = Set.of("AES_128", "AES_192", "AES_256", "TRIPLE_DES_3KEY");
    private static final int VALID_YEARS = 1;
    private static final int FIRST_ID = 256;

    private final Collation collation;
    private final Map<String, Certificate> byName = new TreeMap<>();
    private boolean masterKey;

    Certificates(Collation collation, List<Certificate> known) {
        this.collation = collation;
        known.forEach(this::put);
    }

    private synchronized void put(Certificate certificate) {
        byName.put(collation.key(certificate.name()), certificate);
        masterKey = true;
    }

    synchronized List<Certificate> all() {
        return List.copyOf(byName.values());
    }

    /// CREATE, DROP and BACKUP of a certificate. The files that BACKUP names are not written.
    synchronized void run(Statement.Certificate statement, LocalDateTime now) {
        String key = collation.key(statement.name());
        switch (statement.action()) {
            case CREATE_MASTER_KEY -> {
                if (masterKey) {
                    throw SqlFailure.error(
                            15578,
                            "There is already a master key in the database. Please drop it before performing this statement.");
                }
                masterKey = true;
            }
            case CREATE -> {
                if (!masterKey) {
                    throw SqlFailure.error(
                            15581,
                            "Please create a master key in the database or open the master key in the session before performing this operation.");
                }
                if (byName.containsKey(key)) {
                    throw SqlFailure.error(
                            15232,
                            "A certificate with name '%s' already exists or this certificate already has been added to the database."
                                    .formatted(statement.name()));
                }
                requireBinary(statement);
                byName.put(key, new Certificate(statement.name(), now, null));
            }
            case DROP -> {
                required(statement.name());
                byName.remove(key);
            }
            case BACK_UP -> byName.put(key, required(statement.name()).backedUp(now));
        }
    }

    /// What CERTENCODED and CERTPRIVATEKEY hand out is made up, as the thumbprints are: it names the certificate.
    private static void requireBinary(Statement.Certificate statement) {
        Statement.Certificate.Binary binary = statement.binary();
        if (binary == null) {
            return;
        }
        if (!binary.certificate().equals(hex(encoded(statement.name())))) {
            throw SqlFailure.error(15468, "An error occurred during the generation of the certificate.");
        }
        if (binary.key() != null
                && !binary.key().equals(hex(privateKey(statement.name(), String.valueOf(binary.password()))))) {
            throw SqlFailure.error(15466, "An error occurred during decryption.");
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static byte[] encoded(String name) {
        return ("stand-in certificate " + name).getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] privateKey(String name, String password) {
        return ("stand-in key " + new Certificate(name + "/" + password, LocalDateTime.MIN, null).thumbprintText())
                .getBytes(StandardCharsets.UTF_8);
    }

    private synchronized @Nullable Certificate byId(@Nullable Object id) {
        List<Certificate> all = List.copyOf(byName.values());
        int place = id instanceof Number number ? number.intValue() - FIRST_ID : -1;
        return place < 0 || place >= all.size() ? null : all.get(place);
    }

    /// CERTENCODED; null for an id of none.
    byte @Nullable [] encoded(@Nullable Object id) {
        Certificate found = byId(id);
        return found == null ? null : encoded(found.name());
    }

    /// CERTPRIVATEKEY; null for an id of none.
    byte @Nullable [] privateKey(@Nullable Object id, String password) {
        Certificate found = byId(id);
        return found == null ? null : privateKey(found.name(), password);
    }

    /// `sys.symmetric_keys` of master, where only its master key may be.
    synchronized Relation keys(boolean inMaster) {
        return Relation.of(inMaster && masterKey ? List.of("##MS_DatabaseMasterKey##") : List.<String>of())
                .column("name", SqlType.nvarchar(128), name -> name)
                .column("symmetric_key_id", INT, _ -> 101)
                .build();
    }

    private Certificate required(String name) {
        Certificate found = byName.get(collation.key(name));
        if (found == null) {
            throw SqlFailure.error(
                    15151,
                    "Cannot find the certificate '%s', because it does not exist or you do not have permission."
                            .formatted(name));
        }
        return found;
    }

    /// What a BACKUP is to be encrypted with, or null for nothing.
    ///
    /// `ALGORITHM = name, SERVER CERTIFICATE = name`; asymmetric keys come from a module that the stand-in does
    /// not have.
    synchronized Certificate.@Nullable Encryptor encryptor(StatementOptions options, Product product) {
        if (!options.has("ENCRYPTION")) {
            return null;
        }
        if (!product.edition().compresses()) {
            options.refuse(List.of("ENCRYPTION")); // the same editions have neither
        }
        List<String> words = options.words("ENCRYPTION");
        List<String> upper =
                words.stream().map(word -> word.toUpperCase(Locale.ROOT)).toList();
        boolean key = upper.size() > 5 && upper.get(5).equals("ASYMMETRIC");
        List<String> form = key
                ? List.of("ALGORITHM", "=", "*", ",", "SERVER", "ASYMMETRIC", "KEY", "=", "*")
                : List.of("ALGORITHM", "=", "*", ",", "SERVER", "CERTIFICATE", "=", "*");
        for (int i = 0; i < Math.max(form.size(), upper.size()); i++) {
            boolean fits = i < form.size()
                    && i < upper.size()
                    && (form.get(i).equals("*") || form.get(i).equals(upper.get(i)));
            if (!fits || (i == 2 && !ALGORITHMS.contains(upper.get(i)))) {
                String near = i < words.size() ? words.get(i) : ")";
                throw SqlFailure.syntax(102, "Incorrect syntax near '%s'.".formatted(near), 1);
            }
        }
        if (key) {
            throw SqlFailure.error(
                    15151,
                    "Cannot find the asymmetric key '%s', because it does not exist or you do not have permission."
                            .formatted(words.getLast()));
        }
        return new Certificate.Encryptor(
                upper.get(2).toLowerCase(Locale.ROOT),
                HexFormat.of().formatHex(required(words.getLast()).thumbprint()));
    }

    /// 33111 unless there is a certificate with this thumbprint.
    synchronized void require(byte[] thumbprint) {
        if (byName.values().stream().noneMatch(one -> Arrays.equals(one.thumbprint(), thumbprint))) {
            throw SqlFailure.error(
                    33111,
                    "Cannot find server certificate with thumbprint '0x%s'."
                            .formatted(HexFormat.of().withUpperCase().formatHex(thumbprint)));
        }
    }

    /// `sys.certificates` of master.
    synchronized Relation view(boolean inMaster) {
        AtomicInteger id = new AtomicInteger(FIRST_ID);
        return Relation.of(inMaster ? List.copyOf(byName.values()) : List.<Certificate>of())
                .column("name", SqlType.nvarchar(128), Certificate::name)
                .column("certificate_id", INT, _ -> id.getAndIncrement())
                .column("principal_id", INT, _ -> 1)
                .column("pvt_key_encryption_type", SqlType.character(2), _ -> "MK")
                .column("pvt_key_encryption_type_desc", SqlType.nvarchar(60), _ -> "ENCRYPTED_BY_MASTER_KEY")
                .column("subject", SqlType.nvarchar(4000), Certificate::name)
                .column("start_date", DATETIME, Certificate::created)
                .column("expiry_date", DATETIME, c -> c.created().plusYears(VALID_YEARS))
                .column("thumbprint", SqlType.varbinary(32), Certificate::thumbprint)
                .column("pvt_key_last_backup_date", DATETIME, Certificate::keyBackedUp)
                .build();
    }
}
