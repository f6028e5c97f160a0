package dev.sluice.simulator.tds;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Locale;
import org.ietf.jgss.GSSContext;
import org.ietf.jgss.GSSException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The exchange of tokens that proves a client's account to the server: LOGIN7 brings the first one, SSPI
/// messages any others.
///
/// **Source:** MS-TDS, sections 2.2.6.4 (LOGIN7), 2.2.6.8 (SSPI message) and 2.2.7.22 (SSPI token). That
/// SQL Server sends its last token in the message that acknowledges the login was never seen on a genuine
/// server.
///
/// @param account as logins name it, such as `EXAMPLE\sluice`
/// @param answer  the server's last token, which the client checks; empty if there is none
record IntegratedLogin(String account, ByteBuffer answer) {

    private static final Logger log = LoggerFactory.getLogger(IntegratedLogin.class);

    /// SPNEGO needs two, were the client's first guess of a mechanism wrong.
    private static final int MOST_EXCHANGES = 4;

    private static final int LARGEST_TOKEN = 64 << 10;

    /// @param acceptor null for a server that is in no domain
    static IntegratedLogin accept(Handshake handshake, @Nullable KerberosAcceptor acceptor, PacketWriter out)
            throws IOException, LoginRejected {
        if (acceptor == null) {
            log.atInfo().log("integrated login refused: this server is in no domain");
            throw LoginRejected.untrusted();
        }
        try {
            GSSContext context = acceptor.begin();
            try {
                ByteBuffer first = handshake.login().sspi();
                byte[] token = new byte[first.remaining()];
                first.duplicate().get(token);
                for (int i = 0; i < MOST_EXCHANGES; i++) {
                    byte[] answer = context.acceptSecContext(token, 0, token.length);
                    if (context.isEstablished()) {
                        return new IntegratedLogin(
                                acceptor.account(context), ByteBuffer.wrap(answer == null ? new byte[0] : answer));
                    }
                    token = ask(answer, handshake, out);
                }
                throw new ProtocolException(
                        String.format(Locale.ROOT, "a login takes at most %d tokens", MOST_EXCHANGES));
            } finally {
                context.dispose();
            }
        } catch (GSSException e) {
            log.atInfo().setCause(e).log("SSPI handshake failed");
            throw LoginRejected.untrusted();
        }
    }

    private static byte[] ask(byte[] answer, Handshake handshake, PacketWriter out) throws IOException {
        WireBuffer token = new WireBuffer();
        Tokens.sspi(ByteBuffer.wrap(answer), token);
        out.write(token);
        out.endMessage();
        Message next = new PacketReader(handshake.in(), LARGEST_TOKEN).readMessage();
        if (next.type() != PacketType.SSPI) {
            throw new ProtocolException("a %s message came where SSPI is due".formatted(next.type()));
        }
        return next.body();
    }
}
