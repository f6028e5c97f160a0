package dev.sluice.simulator.tds;

/// What precedes every batch and call: the transaction the client believes to be in, notifications, trace ids.
/// None of it matters here.
final class AllHeaders {

    private AllHeaders() {}

    static void skip(WireInput in) throws ProtocolException {
        long length = in.u32();
        if (length < 4) {
            throw new ProtocolException("a request's headers have at least 4 bytes, got " + length);
        }
        in.skip(length - 4);
    }
}
