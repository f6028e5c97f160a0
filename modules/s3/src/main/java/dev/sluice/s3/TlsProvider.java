package dev.sluice.s3;

import io.netty.handler.ssl.OpenSsl;
import java.util.Locale;

/// What encrypts the connections to the server.
///
/// Certificates are checked by Java in every case: the trust store, `store.ca`, host names and the algorithms that
/// `java.security` forbids for certificates hold for each provider. Which protocols and ciphers are offered is the
/// provider's own.
public sealed interface TlsProvider {

    /// BoringSSL, through Netty's native library: the least processor time.
    record BoringSsl() implements TlsProvider {}

    /// Java's own, because the native library cannot be loaded.
    ///
    /// @param why what the loader said
    record JdkInstead(String why) implements TlsProvider {}

    /// Java's own, because the JVM was started with `-Dio.netty.handler.ssl.noOpenSsl=true`: for machines where only a
    /// certified provider may be used.
    record JdkAsAsked() implements TlsProvider {}

    /// The best that this process has. The native library is looked for once, and loaded at the first call.
    static TlsProvider best() {
        if (OpenSsl.isAvailable()) {
            return new BoringSsl();
        }
        return asked() ? new JdkAsAsked() : new JdkInstead(innermost(OpenSsl.unavailabilityCause()));
    }

    /// Whether Netty was told by its own system property, of which it takes several spellings for true.
    private static boolean asked() {
        String value = System.getProperty("io.netty.handler.ssl.noOpenSsl", "false")
                .strip()
                .toLowerCase(Locale.ROOT);
        return value.isEmpty() || value.equals("true") || value.equals("yes") || value.equals("1");
    }

    /// The first line of the first cause: Netty's own words above it only say that loading failed.
    private static String innermost(Throwable failure) {
        Throwable cause = failure;
        while (cause.getCause() != null) {
            cause = cause.getCause();
        }
        String text = String.valueOf(cause.getMessage());
        return text.lines().findFirst().orElse(text);
    }
}
