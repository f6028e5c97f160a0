package dev.sluice.engine.restore;

import dev.sluice.engine.run.FailureId;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// One thing that a restore needs, looked at before SQL Server is asked to change anything.
///
/// @param id       stable name of what is needed, such as `objects-present`
/// @param evidence what was seen, for a person
/// @param remedy   what to do; empty when nothing is to be done
/// @param failure  with which the restore is refused; null unless it is unmet
/// @param where    on what; empty unless it is unmet
/// @param subjects the objects, files or thumbprints that are in the way, all of them
public record Precondition(
        String id,
        State state,
        String evidence,
        String remedy,
        @Nullable FailureId failure,
        String where,
        List<String> subjects) {

    /// What is known of it.
    public enum State {
        /// It is there.
        MET,
        /// It is not, and the restore would fail: it is refused.
        UNMET,
        /// It cannot be told beforehand; SQL Server will.
        UNKNOWN
    }

    public Precondition {
        subjects = List.copyOf(subjects);
    }

    public static Precondition met(String id, String evidence) {
        return new Precondition(id, State.MET, evidence, "", null, "", List.of());
    }

    public static Precondition unknown(String id, String evidence, String remedy) {
        return new Precondition(id, State.UNKNOWN, evidence, remedy, null, "", List.of());
    }

    public boolean isUnmet() {
        return state == State.UNMET;
    }

    /// Whether it is about room for files.
    public boolean isOfSpace() {
        return id.equals(RestoreFiles.SPACE);
    }

    /// For programs.
    public Map<String, Object> toDocument() {
        Map<String, Object> document = new LinkedHashMap<>();
        document.put("id", id);
        document.put("state", state.name().toLowerCase(Locale.ROOT));
        document.put("evidence", evidence);
        document.put("remedy", remedy);
        if (failure != null) {
            document.put("error", failure.text());
        }
        if (!subjects.isEmpty()) {
            document.put("subjects", subjects);
        }
        return document;
    }
}
