package dev.sluice.engine.export;

import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.OperationFailed;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.Locale;
import javax.crypto.AEADBadTagException;
import javax.crypto.Cipher;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.GCMParameterSpec;
import javax.crypto.spec.PBEKeySpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// Encrypts bytes with a key that follows from a passphrase, and decrypts them.
///
/// The form is in `docs/catalog.md`, with a program of few lines that reads it. A header names the form and
/// everything that the key follows from; pieces follow, each sealed by AES-256-GCM with the header as its
/// associated data. The nonce of a piece has its number and whether it is the last one, so pieces cannot be
/// left out, moved or appended.
///
/// **Source:** the manner of the pieces is the STREAM construction (Hoang, Reyhanitabar, Rogaway, Vizár, 2015);
/// the number of iterations is above what OWASP's cheat sheet asks for PBKDF2-HMAC-SHA512 (210,000).
final class SealedArchive {

    private static final byte[] MAGIC = "SLUICEEX".getBytes(StandardCharsets.US_ASCII);
    private static final byte VERSION = 1;
    private static final byte PBKDF2_SHA512 = 1;
    private static final int ITERATIONS = 300_000;
    private static final int FEWEST_ITERATIONS = 100_000;
    private static final int MOST_ITERATIONS = 10_000_000;
    private static final int SALT = 16;
    private static final int CHECK = 32;
    private static final int KEY = 32;
    private static final int PREFIX = 7;
    private static final int PIECE = 1 << 16;
    private static final int LARGEST_PIECE = 1 << 24;
    private static final int TAG = 16;
    private static final int HEADER = 8 + 1 + 1 + 4 + SALT + CHECK + 4 + PREFIX;

    private SealedArchive() {}

    static byte[] seal(byte[] plain, Passphrase passphrase) {
        return seal(plain, passphrase, ITERATIONS);
    }

    /// @param iterations the work that a guess of the passphrase takes
    static byte[] seal(byte[] plain, Passphrase passphrase, int iterations) {
        SecureRandom random = new SecureRandom();
        byte[] salt = new byte[SALT];
        random.nextBytes(salt);
        byte[] prefix = new byte[PREFIX];
        random.nextBytes(prefix);
        byte[] derived = derive(passphrase, salt, iterations);
        byte[] header = ByteBuffer.allocate(HEADER)
                .put(MAGIC)
                .put(VERSION)
                .put(PBKDF2_SHA512)
                .putInt(iterations)
                .put(salt)
                .put(derived, KEY, CHECK)
                .putInt(PIECE)
                .put(prefix)
                .array();
        ByteArrayOutputStream sealed = new ByteArrayOutputStream();
        sealed.writeBytes(header);
        try {
            int piece = 0;
            for (int at = 0; at == 0 || at < plain.length; at += PIECE) {
                int length = Math.min(PIECE, plain.length - at);
                Cipher cipher =
                        cipher(Cipher.ENCRYPT_MODE, derived, header, prefix, piece++, at + length == plain.length);
                sealed.writeBytes(cipher.doFinal(plain, at, length));
            }
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES-256-GCM", e);
        }
        return sealed.toByteArray();
    }

    /// **Errors:** [OperationFailed] `wrong-passphrase`, or `export-damaged` for bytes that are no export or
    /// not the ones that were stored.
    ///
    /// @param where for messages
    static byte[] open(byte[] sealed, Passphrase passphrase, String where) {
        if (sealed.length < HEADER + TAG || !Arrays.equals(Arrays.copyOf(sealed, MAGIC.length), MAGIC)) {
            throw damaged(where, "it does not begin as an export does", null);
        }
        byte[] header = Arrays.copyOf(sealed, HEADER);
        ByteBuffer fields = ByteBuffer.wrap(header, MAGIC.length, HEADER - MAGIC.length);
        byte version = fields.get();
        byte function = fields.get();
        if (version != VERSION || function != PBKDF2_SHA512) {
            throw damaged(
                    where,
                    String.format(
                            Locale.ROOT,
                            "it has form %d and key function %d; this program reads 1 and 1",
                            version,
                            function),
                    null);
        }
        int iterations = fields.getInt();
        byte[] salt = new byte[SALT];
        fields.get(salt);
        byte[] check = new byte[CHECK];
        fields.get(check);
        int size = fields.getInt();
        byte[] prefix = new byte[PREFIX];
        fields.get(prefix);
        if (iterations < FEWEST_ITERATIONS || iterations > MOST_ITERATIONS || size < 1 || size > LARGEST_PIECE) {
            throw damaged(where, "its header has numbers that no export has", null);
        }
        byte[] derived = derive(passphrase, salt, iterations);
        if (!MessageDigest.isEqual(check, Arrays.copyOfRange(derived, KEY, KEY + CHECK))) {
            throw new OperationFailed(
                    FailureId.WRONG_PASSPHRASE, "The passphrase does not open this export", where, null);
        }
        return open(sealed, header, derived, prefix, size, where);
    }

    private static byte[] open(byte[] sealed, byte[] header, byte[] derived, byte[] prefix, int size, String where) {
        ByteArrayOutputStream plain = new ByteArrayOutputStream();
        int piece = 0;
        try {
            for (int at = HEADER; at < sealed.length; at += size + TAG) {
                int length = Math.min(size + TAG, sealed.length - at);
                Cipher cipher =
                        cipher(Cipher.DECRYPT_MODE, derived, header, prefix, piece++, at + length == sealed.length);
                plain.writeBytes(cipher.doFinal(sealed, at, length));
            }
        } catch (AEADBadTagException e) {
            throw damaged(where, String.format(Locale.ROOT, "piece %d is not what was sealed", piece), e);
        } catch (GeneralSecurityException e) {
            throw damaged(where, String.format(Locale.ROOT, "piece %d cannot be decrypted", piece), e);
        }
        return plain.toByteArray();
    }

    private static Cipher cipher(int mode, byte[] derived, byte[] header, byte[] prefix, int piece, boolean last)
            throws GeneralSecurityException {
        byte[] nonce = ByteBuffer.allocate(PREFIX + 5)
                .put(prefix)
                .putInt(piece)
                .put((byte) (last ? 1 : 0))
                .array();
        Cipher cipher = Cipher.getInstance("AES/GCM/NoPadding");
        cipher.init(mode, new SecretKeySpec(derived, 0, KEY, "AES"), new GCMParameterSpec(8 * TAG, nonce));
        cipher.updateAAD(header);
        return cipher;
    }

    /// The key, and behind it what tells a wrong passphrase from damage.
    private static byte[] derive(Passphrase passphrase, byte[] salt, int iterations) {
        char[] letters = passphrase.letters();
        PBEKeySpec spec = new PBEKeySpec(letters, salt, iterations, 8 * (KEY + CHECK));
        try {
            return SecretKeyFactory.getInstance("PBKDF2WithHmacSHA512")
                    .generateSecret(spec)
                    .getEncoded();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has PBKDF2WithHmacSHA512", e);
        } finally {
            spec.clearPassword();
            Arrays.fill(letters, '\0');
        }
    }

    private static OperationFailed damaged(String where, String why, @Nullable Exception cause) {
        return new OperationFailed(FailureId.EXPORT_DAMAGED, "The export cannot be read: " + why, where, cause);
    }
}
