package dev.sluice.sidecar.init;

/// A fact about the server or the bucket, in one line.
///
/// @param what   what was seen
/// @param remedy what to try; empty when all is well
public record InitFinding(String what, String remedy) {

    static InitFinding good(String what) {
        return new InitFinding(what, "");
    }

    /// Whether a person should do something about it.
    public boolean warns() {
        return !remedy.isEmpty();
    }
}
