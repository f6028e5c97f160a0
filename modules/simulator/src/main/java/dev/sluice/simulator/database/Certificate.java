package dev.sluice.simulator.database;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.LocalDateTime;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/// A certificate in master, as far as backups care. Its thumbprint follows from its name: of the same name
/// there is the same certificate on every server, as if it had been copied there.
///
/// @param keyBackedUp when its private key was exported, or null
public record Certificate(
        String name, LocalDateTime created, @Nullable LocalDateTime keyBackedUp) {

    public Certificate backedUp(LocalDateTime when) {
        return new Certificate(name, created, when);
    }

    /// The 20 bytes that a backup names it by.
    public byte[] thumbprint() {
        try {
            return MessageDigest.getInstance("SHA-1").digest(name.getBytes(StandardCharsets.UTF_8));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-1", e);
        }
    }

    /// The same in hexadecimal.
    public String thumbprintText() {
        return HexFormat.of().formatHex(thumbprint());
    }

    /// What a backup was encrypted with.
    ///
    /// @param algorithm  as msdb writes it
    /// @param thumbprint in hexadecimal
    public record Encryptor(String algorithm, String thumbprint) {
        public byte[] bytes() {
            return HexFormat.of().parseHex(thumbprint);
        }
    }
}
