package dev.sluice.sidecar.config;

/// One mistake in a configuration, in one line.
///
/// @param file   as the user named it
/// @param line   from 1; 0 when the file as a whole is meant
/// @param column from 1; 0 likewise
/// @param path   the key, such as `policies[0].keep.full`; may be empty
/// @param what   what is wrong with it
/// @param hint   what to try
public record Problem(String file, int line, int column, String path, String what, String hint) {

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(file);
        if (line > 0) {
            text.append(':').append(line).append(':').append(column);
        }
        text.append(": ");
        if (!path.isEmpty()) {
            text.append(path).append(": ");
        }
        text.append(what);
        if (!hint.isEmpty()) {
            text.append("; ").append(hint);
        }
        return text.toString();
    }
}
