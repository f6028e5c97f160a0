package dev.sluice.simulator.tds;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// The first message of both sides: a table of options, big-endian, and their data.
///
/// @param encryption what the client asks for
record Prelogin(int encryption) {

    private static final int VERSION = 0;
    private static final int ENCRYPTION = 1;
    private static final int INSTANCE = 2;
    private static final int THREAD_ID = 3;
    private static final int MARS = 4;
    private static final int END = 0xFF;
    private static final int NOT_SUPPORTED = 2;
    private static final int MOST_OPTIONS = 64;

    static Prelogin parse(byte[] body) throws ProtocolException {
        WireInput in = new WireInput(body);
        int encryption = NOT_SUPPORTED; // what a client means that does not speak of it
        for (int options = 0; ; options++) {
            int id = in.u8();
            if (id == END) {
                return new Prelogin(encryption);
            }
            if (options == MOST_OPTIONS) {
                throw new ProtocolException(
                        String.format(Locale.ROOT, "the prelogin has more than %d options", MOST_OPTIONS));
            }
            WireInput data = in.slice(in.u16BigEndian(), in.u16BigEndian());
            if (id == ENCRYPTION) {
                encryption = data.u8();
            }
        }
    }

    private record Option(int id, WireBuffer data) {}

    /// The server's answer.
    static byte[] answer(ServerVersion version, int encryption) {
        List<Option> options = new ArrayList<>();
        WireBuffer versionData = new WireBuffer();
        versionData
                .u8(version.major())
                .u8(version.minor())
                .u16BigEndian(version.build())
                .u16(0);
        options.add(new Option(VERSION, versionData));
        options.add(new Option(ENCRYPTION, new WireBuffer().u8(encryption)));
        options.add(new Option(INSTANCE, new WireBuffer().u8(0))); // the instance asked for is this one
        options.add(new Option(THREAD_ID, new WireBuffer()));
        options.add(new Option(MARS, new WireBuffer().u8(0))); // no multiple active result sets

        WireBuffer out = new WireBuffer();
        int offset = 5 * options.size() + 1;
        for (Option option : options) {
            out.u8(option.id()).u16BigEndian(offset).u16BigEndian(option.data().size());
            offset += option.data().size();
        }
        out.u8(END);
        options.forEach(option -> out.bytes(option.data().toByteArray()));
        return out.toByteArray();
    }
}
