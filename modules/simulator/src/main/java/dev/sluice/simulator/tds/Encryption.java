package dev.sluice.simulator.tds;

import java.util.Locale;

/// What the server says about encryption in its prelogin answer: the instance's "Force Encryption" and its
/// certificate.
///
/// A TDS 8 client (`encrypt=strict`) starts TLS before all this and is served whatever the setting.
public enum Encryption {
    /// As an ordinary SQL Server: everything is encrypted when the client asks for it, otherwise the login
    /// alone; nothing when the client cannot.
    OFF(0x00),
    /// Everything is encrypted; the answer is 1, as when both sides asked.
    ON(0x01),
    /// The server has no TLS. Clients that insist on it give up.
    NOT_SUPPORTED(0x02),
    /// Everything is encrypted, as with "Force Encryption"; the answer is 3. Clients without TLS are sent away.
    REQUIRED(0x03);

    private final int code;

    Encryption(int code) {
        this.code = code;
    }

    /// How far TLS reaches on one connection.
    enum Scope {
        NOTHING,
        LOGIN,
        EVERYTHING,
        /// The two cannot agree: the answer is sent, then the connection closes.
        NO_AGREEMENT
    }

    /// What is answered to a client, and what follows from it.
    record Agreement(int answer, Scope scope) {}

    Agreement negotiate(int asked) throws ProtocolException {
        Encryption client = of(asked);
        return switch (this) {
            case NOT_SUPPORTED ->
                new Agreement(code, client == ON || client == REQUIRED ? Scope.NO_AGREEMENT : Scope.NOTHING);
            case OFF ->
                switch (client) {
                    case OFF -> new Agreement(OFF.code, Scope.LOGIN);
                    case NOT_SUPPORTED -> new Agreement(NOT_SUPPORTED.code, Scope.NOTHING);
                    case ON, REQUIRED -> new Agreement(ON.code, Scope.EVERYTHING);
                };
            case ON, REQUIRED -> new Agreement(code, client == NOT_SUPPORTED ? Scope.NO_AGREEMENT : Scope.EVERYTHING);
        };
    }

    private static Encryption of(int code) throws ProtocolException {
        for (Encryption encryption : values()) {
            if (encryption.code == code) {
                return encryption;
            }
        }
        throw new ProtocolException(
                String.format(Locale.ROOT, "the prelogin asks for encryption %d, which TDS does not know", code));
    }
}
