package dev.sluice.catalog;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// What the stream of one stripe says of itself, in few words, for people. What is not known is null.
///
/// @param inspected whether the stream was understood
/// @param bytes     its size
/// @param container the form of the backup: plain, compressed or encrypted, as the parser names it
/// @param ending    how it ends
/// @param findings  the number of oddities in it
/// @param at        the offset from which it was not understood
/// @param reason    why it was not understood
public record StreamSummary(
        @Nullable Boolean inspected,
        @Nullable Long bytes,
        @Nullable String container,
        @Nullable String ending,
        @Nullable Long findings,
        @Nullable Long at,
        @Nullable String reason) {

    /// Of a stream that was understood.
    ///
    /// @param bytes null when only its beginning and its end were read
    public static StreamSummary understood(@Nullable Long bytes, String container, String ending, long findings) {
        return new StreamSummary(true, bytes, container, ending, findings, null, null);
    }

    /// Of a stream that was not understood.
    ///
    /// @param bytes null when only its beginning was read
    /// @param at    null when only its beginning was read
    public static StreamSummary notUnderstood(@Nullable Long bytes, @Nullable Long at, String reason) {
        return new StreamSummary(false, bytes, null, null, null, at, reason);
    }

    /// From the members of [FactSchema#STREAM]; a member of another type is passed over, because nothing relies on it.
    static StreamSummary of(Map<String, Object> members) {
        return new StreamSummary(
                members.get("inspected") instanceof Boolean inspected ? inspected : null,
                number(members.get("bytes")),
                members.get("container") instanceof String container ? container : null,
                members.get("ending") instanceof String ending ? ending : null,
                number(members.get("findings")),
                number(members.get("at")),
                members.get("reason") instanceof String reason ? reason : null);
    }

    private static @Nullable Long number(@Nullable Object value) {
        return value instanceof Integer || value instanceof Long ? ((Number) value).longValue() : null;
    }

    /// Under the names of [FactSchema#STREAM]; what is not known is absent.
    Map<String, Object> members() {
        Map<String, Object> members = new LinkedHashMap<>();
        FactSchema.put(members, "inspected", inspected);
        FactSchema.put(members, "bytes", bytes);
        FactSchema.put(members, "container", container);
        FactSchema.put(members, "ending", ending);
        FactSchema.put(members, "findings", findings);
        FactSchema.put(members, "at", at);
        FactSchema.put(members, "reason", reason);
        return members;
    }
}
