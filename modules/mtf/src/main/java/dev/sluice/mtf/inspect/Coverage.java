package dev.sluice.mtf.inspect;

import java.util.List;
import java.util.Map;

/// Which bytes of the stream no check covers: where one of them changes, nothing in the stream itself can tell.
///
/// All others are covered: headers by their checksum, pages and log by theirs where the backup was taken `WITH
/// CHECKSUM`, padding by being zero. The format has no checksum for the fields behind a block's header and for
/// the records about the backup, ever.
///
/// @param bytes     uncovered bytes of each kind; kinds without any are left out
/// @param ranges    where they are, in the order of the stream
/// @param truncated whether there were more ranges than are listed
public record Coverage(Map<Kind, Long> bytes, List<Range> ranges, boolean truncated) {

    public Coverage {
        bytes = Map.copyOf(bytes);
        ranges = List.copyOf(ranges);
    }

    /// What uncovered bytes are.
    public enum Kind {
        /// Fields of a block behind its 52-byte header.
        BLOCK_FIELDS,
        /// The records about database and files.
        METADATA,
        /// Pages of a backup without checksums, or checksums that were not recomputed.
        PAGES,
        /// Log of a backup without checksums, or checksums that were not recomputed.
        LOG,
        /// Other streams, such as the media label and the set map.
        OTHER_STREAMS,
        /// The inside of a compressed container.
        COMPRESSED,
        /// What came after the walk had to end.
        NOT_WALKED
    }

    /// @param position of the first uncovered byte
    public record Range(Kind kind, long position, long length) {
        public long end() {
            return position + length;
        }
    }

    /// Uncovered bytes of all kinds.
    public long total() {
        return bytes.values().stream().mapToLong(Long::longValue).sum();
    }
}
