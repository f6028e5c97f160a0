package dev.sluice.engine.retention;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What a policy promises to keep. What is null promises nothing; a backup goes only if neither promise needs
/// it.
///
/// @param full the newest so many full backups, with everything that rests on them
/// @param days every moment of the last so many days
public record KeepRule(@Nullable Integer full, @Nullable Integer days) {

    public KeepRule {
        if (full == null && days == null) {
            throw new IllegalArgumentException("a rule that keeps nothing would delete everything");
        }
        if ((full != null && full < 1) || (days != null && days < 1)) {
            throw new IllegalArgumentException("a rule keeps at least one");
        }
    }

    @Override
    public String toString() {
        if (full == null) {
            return String.format(Locale.ROOT, "the last %d days", days);
        }
        return days == null
                ? String.format(Locale.ROOT, "the newest %d full backups", full)
                : String.format(Locale.ROOT, "the newest %d full backups and the last %d days", full, days);
    }
}
