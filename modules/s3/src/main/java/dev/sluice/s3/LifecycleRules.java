package dev.sluice.s3;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.services.s3.model.LifecycleExpiration;
import software.amazon.awssdk.services.s3.model.LifecycleRule;
import software.amazon.awssdk.services.s3.model.LifecycleRuleFilter;
import software.amazon.awssdk.services.s3.model.Transition;
import software.amazon.awssdk.services.s3.model.TransitionStorageClass;

/// The enabled lifecycle rules of a bucket that can meet objects below the store's prefix.
///
/// A rule that also names tags or sizes counts, because it can meet some of the objects.
final class LifecycleRules {
    private static final List<TransitionStorageClass> ARCHIVES =
            List.of(TransitionStorageClass.GLACIER, TransitionStorageClass.DEEP_ARCHIVE);

    private final List<LifecycleRule> rules;

    private LifecycleRules(List<LifecycleRule> rules) {
        this.rules = rules;
    }

    /// @param prefix of the store; empty for the whole bucket
    static LifecycleRules of(List<LifecycleRule> all, String prefix) {
        return new LifecycleRules(all.stream()
                .filter(rule -> "Enabled".equals(rule.statusAsString()))
                .filter(rule -> prefix(rule).startsWith(prefix) || prefix.startsWith(prefix(rule)))
                .toList());
    }

    @SuppressWarnings("deprecation") // rules of the first form of the API have the prefix beside the filter
    private static String prefix(LifecycleRule rule) {
        LifecycleRuleFilter filter = rule.filter();
        return Optional.ofNullable(filter)
                .map(LifecycleRuleFilter::prefix)
                .or(() -> Optional.ofNullable(filter)
                        .map(LifecycleRuleFilter::and)
                        .map(and -> and.prefix()))
                .or(() -> Optional.ofNullable(rule.prefix()))
                .orElse("");
    }

    /// In days; 0 when no rule aborts unfinished uploads.
    int abortsUploadsAfter() {
        return rules.stream()
                .map(LifecycleRule::abortIncompleteMultipartUpload)
                .filter(Objects::nonNull)
                .mapToInt(abort -> abort.daysAfterInitiation())
                .min()
                .orElse(0);
    }

    /// What the rules do, or leave undone, that backups are not meant for; one sentence each.
    ///
    /// @param versions whether the bucket keeps what is deleted
    List<String> against(boolean versions) {
        List<String> against = new ArrayList<>();
        for (LifecycleRule rule : rules) {
            LifecycleExpiration expiration = rule.expiration();
            if (expiration != null && (expiration.days() != null || expiration.date() != null)) {
                against.add(
                        "rule %s deletes objects %s".formatted(name(rule), when(expiration.days(), expiration.date())));
            }
            for (Transition transition : rule.transitions()) {
                if (ARCHIVES.contains(transition.storageClass())) {
                    against.add("rule %s moves objects to %s %s"
                            .formatted(
                                    name(rule),
                                    transition.storageClassAsString(),
                                    when(transition.days(), transition.date())));
                }
            }
        }
        if (versions && rules.stream().allMatch(rule -> rule.noncurrentVersionExpiration() == null)) {
            against.add(
                    "the bucket keeps versions, and no rule deletes old ones: what `prune` deletes stays and is billed");
        }
        return against;
    }

    private static String name(LifecycleRule rule) {
        return "'%s'".formatted(Objects.requireNonNullElse(rule.id(), ""));
    }

    private static String when(@Nullable Integer days, @Nullable Instant date) {
        return days == null ? "at " + date : String.format(Locale.ROOT, "after %d days", days);
    }
}
