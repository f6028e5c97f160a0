package dev.sluice.simulator.server;

import dev.sluice.simulator.database.Certificate;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.transfer.StripeSink;
import dev.sluice.simulator.transfer.StripeSource;
import dev.sluice.simulator.tsql.SqlFailure;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.function.Consumer;
import javax.crypto.Cipher;
import javax.crypto.ShortBufferException;
import javax.crypto.spec.IvParameterSpec;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/// `WITH ENCRYPTION`, as a stand-in for it: one block in front that names the certificate, and behind it the
/// ordinary stream through AES in counter mode.
///
/// How SQL Server lays out encrypted backups is not known here, and this is nothing like it: the key follows
/// from the thumbprint, which the block in front tells, so it protects nothing. What it does is to make the
/// bytes unreadable to a program that expects MTF, and to have RESTORE look for the certificate.
final class EncryptedStream {

    private static final byte[] MAGIC = "SLUICE ENCRYPTED".getBytes(StandardCharsets.US_ASCII);
    private static final int THUMBPRINT = 16;
    private static final int NONCE = 36;
    private static final int BLOCK = 52;
    private static final int ALGORITHM = 56;
    private static final int FRONT = 88;
    private static final int THUMBPRINT_BYTES = 20;
    private static final int NONCE_BYTES = 16;
    private static final int CHUNK = 1 << 16;
    private static final ValueLayout.OfInt U32 = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    private final Cipher cipher;
    private final byte[] from = new byte[CHUNK];
    private final byte[] to = new byte[CHUNK];

    private EncryptedStream(byte[] thumbprint, byte[] nonce) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(MAGIC);
            cipher = Cipher.getInstance("AES/CTR/NoPadding");
            cipher.init(
                    Cipher.ENCRYPT_MODE,
                    new SecretKeySpec(digest.digest(thumbprint), "AES"),
                    new IvParameterSpec(nonce));
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("every Java has AES and SHA-256", e);
        }
    }

    /// Counter mode is its own inverse.
    private void transform(MemorySegment source, MemorySegment target) {
        for (long done = 0; done < source.byteSize(); ) {
            int n = (int) Math.min(CHUNK, source.byteSize() - done);
            MemorySegment.copy(source, ValueLayout.JAVA_BYTE, done, from, 0, n);
            try {
                cipher.update(from, 0, n, to, 0);
            } catch (ShortBufferException e) {
                throw new IllegalStateException("counter mode keeps lengths", e);
            }
            MemorySegment.copy(to, 0, target, ValueLayout.JAVA_BYTE, done, n);
            done += n;
        }
    }

    /// The stripe, encrypted.
    static StripeSource source(StripeSource plain, Certificate.Encryptor encryptor, int blockSize) {
        byte[] nonce = new byte[NONCE_BYTES];
        new SecureRandom().nextBytes(nonce);
        byte[] front = new byte[blockSize];
        MemorySegment fields = MemorySegment.ofArray(front);
        System.arraycopy(MAGIC, 0, front, 0, MAGIC.length);
        System.arraycopy(encryptor.bytes(), 0, front, THUMBPRINT, THUMBPRINT_BYTES);
        System.arraycopy(nonce, 0, front, NONCE, NONCE_BYTES);
        fields.set(U32, BLOCK, blockSize);
        byte[] algorithm = encryptor.algorithm().getBytes(StandardCharsets.US_ASCII);
        System.arraycopy(algorithm, 0, front, ALGORITHM, algorithm.length);
        EncryptedStream stream = new EncryptedStream(encryptor.bytes(), nonce);
        return new StripeSource() {
            private int told;

            @Override
            public long length() {
                return plain.length() + blockSize;
            }

            @Override
            public void read(MemorySegment memory, int count) throws IOException {
                int ahead = Math.min(count, blockSize - told);
                MemorySegment.copy(fields, told, memory, 0, ahead);
                told += ahead;
                if (count > ahead) {
                    MemorySegment rest = memory.asSlice(ahead, (long) count - ahead);
                    plain.read(rest, count - ahead);
                    stream.transform(rest, rest);
                }
            }
        };
    }

    /// Takes a stripe, and gives it on as it was before it was encrypted, if it was.
    static final class Sink implements StripeSink {

        private final StripeSink plain;
        private final Consumer<byte[]> certificates;
        private @Nullable EncryptedStream stream;
        private Certificate.@Nullable Encryptor encryptor;
        private boolean begun;
        private long ahead;

        /// @param certificates refuses the thumbprint of one that is not there
        Sink(StripeSink plain, Consumer<byte[]> certificates) {
            this.plain = plain;
            this.certificates = certificates;
        }

        @Override
        public void accept(MemorySegment bytes) {
            if (!begun && bytes.byteSize() > 0) {
                begun = true;
                begin(bytes);
            }
            EncryptedStream encrypted = stream;
            if (encrypted == null) {
                plain.accept(bytes);
                return;
            }
            long skipped = Math.min(ahead, bytes.byteSize());
            ahead -= skipped;
            if (skipped < bytes.byteSize()) {
                MemorySegment clear = MemorySegment.ofArray(new byte[(int) (bytes.byteSize() - skipped)]);
                encrypted.transform(bytes.asSlice(skipped), clear);
                plain.accept(clear);
            }
        }

        /// Devices deliver whole blocks, so the first bytes hold all that is looked for.
        private void begin(MemorySegment bytes) {
            if (bytes.byteSize() < FRONT) {
                return;
            }
            byte[] front = bytes.asSlice(0, FRONT).toArray(ValueLayout.JAVA_BYTE);
            if (!Arrays.equals(front, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
                return;
            }
            byte[] thumbprint = Arrays.copyOfRange(front, THUMBPRINT, THUMBPRINT + THUMBPRINT_BYTES);
            certificates.accept(thumbprint);
            ahead = bytes.get(U32, BLOCK);
            if (ahead < FRONT) {
                throw new SqlFailure(SqlMessage.error(3189, "Damage to the backup set was detected."));
            }
            String algorithm = new String(front, ALGORITHM, FRONT - ALGORITHM, StandardCharsets.US_ASCII);
            encryptor = new Certificate.Encryptor(
                    algorithm.replace("\0", ""), HexFormat.of().formatHex(thumbprint));
            stream = new EncryptedStream(thumbprint, Arrays.copyOfRange(front, NONCE, NONCE + NONCE_BYTES));
        }

        /// What it was encrypted with, or null.
        Certificate.@Nullable Encryptor encryptor() {
            return encryptor;
        }

        @Override
        public boolean satisfied() {
            return plain.satisfied();
        }
    }
}
