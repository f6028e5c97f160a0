package dev.sluice.simulator.server;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;

/// Passwords as `sys.sql_logins.password_hash` has them since SQL Server 2012: 0x0200, four bytes of salt, and
/// SHA-512 of the password in UTF-16 and the salt.
///
/// **Source:** public descriptions of the format; no program of Sluice's reads it.
final class PasswordHash {

    private static final short VERSION = 0x0200;
    private static final int SALT = 4;
    private static final int LENGTH = 2 + SALT + 64;

    private PasswordHash() {}

    static byte[] of(String password) {
        byte[] salt = new byte[SALT];
        new SecureRandom().nextBytes(salt);
        return of(password, salt);
    }

    private static byte[] of(String password, byte[] salt) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-512");
            digest.update(password.getBytes(StandardCharsets.UTF_16LE));
            digest.update(salt);
            return ByteBuffer.allocate(LENGTH)
                    .putShort(VERSION)
                    .put(salt)
                    .put(digest.digest())
                    .array();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every Java has SHA-512", e);
        }
    }

    static boolean isOne(byte[] hash) {
        return hash.length == LENGTH && ByteBuffer.wrap(hash).getShort() == VERSION;
    }

    static boolean fits(byte[] hash, String password) {
        return MessageDigest.isEqual(hash, of(password, Arrays.copyOfRange(hash, 2, 2 + SALT)));
    }
}
