package dev.sluice.engine.sql;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Tells when Java is to read Kerberos' configuration again, of which it has one for the whole process.
///
/// Not at each ticket: reading it makes Java forget which KDCs did not answer, so that it would ask a silent
/// one first each time.
///
/// **Threading:** any thread.
final class Krb5Configuration {

    /// A file that krb5.conf includes may have changed, too.
    private static final Duration GOOD_FOR = Duration.ofMinutes(10);

    private static final Object LOCK = new Object();
    private static @Nullable Read read;

    /// What Java has read last.
    ///
    /// @param modified null when there was no such file
    private record Read(String file, @Nullable FileTime modified, long size, Instant at) {

        static Read now(String file) {
            Path path = Path.of(file);
            try {
                return new Read(file, Files.getLastModifiedTime(path), Files.size(path), Instant.now());
            } catch (IOException e) {
                return new Read(file, null, 0, Instant.now());
            }
        }

        boolean isSameFile(Read other) {
            return file.equals(other.file) && size == other.size && Objects.equals(modified, other.modified);
        }
    }

    private Krb5Configuration() {}

    /// Whether to read it now. The caller does, and says [#unread()] if that fails.
    static boolean isToBeRead(KerberosAccount account) {
        synchronized (LOCK) {
            Read present = Read.now(account.configuration());
            Read last = read;
            if (last != null
                    && last.isSameFile(present)
                    && present.at().isBefore(last.at().plus(GOOD_FOR))) {
                return false;
            }
            read = present;
            return true;
        }
    }

    /// Has it read again next time.
    static void unread() {
        synchronized (LOCK) {
            read = null;
        }
    }
}
