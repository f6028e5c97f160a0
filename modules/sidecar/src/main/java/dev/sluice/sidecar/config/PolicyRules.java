package dev.sluice.sidecar.config;

import dev.sluice.catalog.BackupType;
import dev.sluice.sidecar.schedule.Cron;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// What cannot stand side by side in a policy, or in a policy and the sections that hold for all.
final class PolicyRules {

    /// What a stripe needs at least, beside one transfer.
    private static final long PART = 5L << 20;

    private PolicyRules() {}

    /// Time tables and the options of the backups that they have taken.
    static void check(
            @Nullable Cron diff,
            @Nullable Cron log,
            BackupSection.@Nullable BrokenChain onBrokenChain,
            @Nullable PolicyBackup backup,
            @Nullable DiffWhen when,
            Configuration.@Nullable Keep keep) {
        if (backup != null && backup.isCopyOnly(BackupType.FULL)) {
            if (diff != null) {
                throw new Invalid(
                        "diff",
                        "has nothing to rest on: the policy's full backups are copy-only, and differentials would rest on"
                                + " another program's",
                        "leave diff out, or copy-only of `backup`");
            }
            if (keep != null && keep.full() != null) {
                throw new Invalid(
                        "keep.full",
                        "counts full backups that are not copy-only, and this policy takes none, so nothing would ever go",
                        "say days, weeks, months or years");
            }
            if (onBrokenChain == BackupSection.BrokenChain.DIFFERENTIAL && !backup.isCopyOnly(BackupType.LOG)) {
                throw new Invalid(
                        "on-broken-chain",
                        "says differential, which has nothing to rest on: the policy's full backups are copy-only",
                        "say full, which is copy-only then, or report");
            }
            if (onBrokenChain != null && backup.isCopyOnly(BackupType.LOG)) {
                throw new Invalid(
                        "on-broken-chain",
                        "is about a chain that the policy's copy-only backups do not touch, and that is not watched",
                        "leave it out");
            }
        }
        if (when != null && diff == null) {
            throw new Invalid("diff-when", "has no differential to decide about", "add diff, or leave it out");
        }
        if (when != null && when.atLeast() != null && log == null) {
            throw new Invalid(
                    "diff-when.at-least",
                    "would leave changes without any copy: the policy takes no log backups, which have them otherwise",
                    "add log, or leave it out");
        }
    }

    /// Every policy's locks and stripes, against the store and the memory that all share.
    static void check(
            List<Configuration.Policy> policies,
            StoreSection store,
            Configuration.Memory memory,
            Configuration.Vdi vdi,
            @Nullable Size part) {
        for (int i = 0; i < policies.size(); i++) {
            PolicyBackup backup = policies.get(i).backup();
            if (backup == null) {
                continue;
            }
            String at = String.format(Locale.ROOT, "policies[%d].backup", i);
            check(at, backup.stripes(), backup.objectLock(), store, memory, vdi, part);
            check(at + ".full", backup.full(), store, memory, vdi, part);
            check(at + ".diff", backup.diff(), store, memory, vdi, part);
            check(at + ".log", backup.log(), store, memory, vdi, part);
        }
    }

    private static void check(
            String at,
            PolicyBackup.@Nullable OfType type,
            StoreSection store,
            Configuration.Memory memory,
            Configuration.Vdi vdi,
            @Nullable Size part) {
        if (type != null) {
            check(at, type.stripes(), type.objectLock(), store, memory, vdi, part);
        }
    }

    private static void check(
            String at,
            @Nullable Integer stripes,
            StoreSection.@Nullable ObjectLock lock,
            StoreSection store,
            Configuration.Memory memory,
            Configuration.Vdi vdi,
            @Nullable Size part) {
        if (lock != null && store.objectLock() == null) {
            throw new Invalid(
                    at + ".object-lock",
                    "has no store.object-lock beside it, which says that the bucket was made for Object Lock and locks"
                            + " the documents of all other backups",
                    "set store.object-lock, or leave this out");
        }
        if (stripes == null) {
            return;
        }
        Size least = new Size(Math.max(PART, part == null ? 0 : part.bytes()));
        Size needed = new Size(stripes * (least.bytes() + vdi.maxTransferSize().bytes()));
        if (memory.budget().compareTo(needed) < 0) {
            throw new Invalid(
                    at + ".stripes",
                    String.format(
                            Locale.ROOT,
                            "%d do not fit into memory.budget = %s: each needs a part of %s and a transfer of %s",
                            stripes,
                            memory.budget(),
                            least,
                            vdi.maxTransferSize()),
                    "take fewer, or give memory.budget at least %s".formatted(needed));
        }
    }
}
