package dev.sluice.simulator.database;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;

/// Questions about the files of a raw database.
public final class RawFiles {

    private static final int CHUNK = 1 << 20;

    private RawFiles() {}

    public static long size(Path file) {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw new UncheckedIOException("the raw backup %s cannot be read".formatted(file), e);
        }
    }

    /// Reads the whole file.
    public static Content.Stripe stripe(Path file) {
        MessageDigest digest = sha256();
        long size = 0;
        byte[] chunk = new byte[CHUNK];
        try (InputStream in = Files.newInputStream(file)) {
            for (int n = in.read(chunk); n >= 0; n = in.read(chunk)) {
                digest.update(chunk, 0, n);
                size += n;
            }
        } catch (IOException e) {
            throw new UncheckedIOException("the raw backup %s cannot be read".formatted(file), e);
        }
        return Content.Stripe.of(size, digest.digest());
    }

    public static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }
}
