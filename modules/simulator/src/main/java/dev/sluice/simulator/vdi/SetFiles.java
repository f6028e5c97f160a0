package dev.sluice.simulator.vdi;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Where the files of one set are.
///
/// ```
/// <dir>/<base>.c            socket of the primary client, from Create to Close
/// <dir>/<base>.<nonce>.s    socket of the server; devices and secondary clients connect to it
/// <dir>/<base>.<nonce>.N.m  memory, only until both sides have mapped it
/// ```
///
/// The nonce is the client's and tells one life of a set from the next of the same name, so that one side clearing
/// up late cannot take away what the other has just made.
///
/// @param key the set's instance and name, see [#key]
record SetFiles(Path directory, String key) {

    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_-]{0,40}");

    /// What a set is known by on the machine: its name, preceded by the instance unless that is the default one.
    /// No name has a backslash.
    static String key(@Nullable String instance, String name) {
        return instance == null || instance.isEmpty() ? name : instance + "\\" + name;
    }

    /// The set's part of the file names. Names that are long or not plain are hashed (FNV-1a, 64 bits); the
    /// greeting carries the whole key, so a collision is noticed.
    String base() {
        if (PLAIN.matcher(key).matches()) {
            return "n-" + key;
        }
        long hash = 0xcbf29ce484222325L;
        for (byte b : key.getBytes(StandardCharsets.UTF_8)) {
            hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
        }
        return "h-" + HexFormat.of().toHexDigits(hash);
    }

    Path clientSocket() {
        return directory.resolve(base() + ".c");
    }

    Path serverSocket(long nonce) {
        return directory.resolve(life(nonce) + ".s");
    }

    /// The server's socket until it listens: a socket without a listener looks abandoned, and is swept.
    Path serverSocketInTheMaking(long nonce) {
        return directory.resolve(life(nonce) + ".t");
    }

    Path memory(long nonce, int chunk) {
        return directory.resolve(String.format(Locale.ROOT, "%s.%d.m", life(nonce), chunk));
    }

    /// Removes everything of the server's in this life of the set.
    void deleteLife(long nonce) throws IOException {
        List<Path> mine = new ArrayList<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory, life(nonce) + ".*")) {
            entries.forEach(mine::add);
        } catch (NoSuchFileException e) {
            return; // the directory went first
        }
        for (Path path : mine) {
            Files.deleteIfExists(path);
        }
    }

    private String life(long nonce) {
        return base() + "." + HexFormat.of().toHexDigits(nonce);
    }
}
