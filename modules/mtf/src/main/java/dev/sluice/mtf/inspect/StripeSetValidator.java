package dev.sluice.mtf.inspect;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.MediaLabel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/// Judges the stripes of a backup together, and names the error SQL Server would give for what is wrong.
///
/// Problems come in the order in which a restore would meet them: labels first (is this a backup at all, are
/// these stripes of one medium, each exactly once), then each stripe's inside. Page identities are judged only
/// where the inspector was asked to look at them ([StreamInspector#reading(PageSink)]).
///
/// **Source:** the numbers and their meaning are documented; which of them a server picks for damage in the
/// middle of a stream (3242 here), or for stripes of different sets under one media set (3258 here), is a
/// choice of this class.
public final class StripeSetValidator {
    /// Unexpected end at the beginning.
    public static final int NOTHING_THERE = 3208;
    /// Not a backup.
    public static final int NOT_A_BACKUP = 3241;
    /// Not a valid backup set behind the label.
    public static final int BROKEN_SET = 3242;
    /// A stripe of another media set.
    public static final int OTHER_MEDIA_SET = 3258;
    /// Stripes are missing.
    public static final int STRIPES_MISSING = 3132;
    /// Another number of stripes than devices.
    public static final int OTHER_STRIPE_COUNT = 3231;
    /// The same stripe twice.
    public static final int STRIPE_TWICE = 3227;
    /// Damaged page.
    public static final int DAMAGED_PAGE = 3183;
    /// Damaged backup set.
    public static final int DAMAGED_SET = 3189;
    /// The set was not written to its end.
    public static final int INCOMPLETE_SET = 3256;

    private final List<Inspection> devices;
    private final List<SetVerdict.Problem> problems = new ArrayList<>();
    private final List<Integer> families = new ArrayList<>();
    private final Map<Integer, Integer> deviceOfFamily = new HashMap<>();

    private StripeSetValidator(List<Inspection> devices) {
        this.devices = devices;
    }

    /// Judges the reports of all devices of a restore, taken after the last byte.
    public static SetVerdict validate(List<Inspection> devices) {
        if (devices.isEmpty()) {
            throw new IllegalArgumentException("a restore has at least one device");
        }
        return new StripeSetValidator(List.copyOf(devices)).verdict();
    }

    private SetVerdict verdict() {
        labels();
        for (int i = 0; i < devices.size(); i++) {
            if (devices.get(i) instanceof Inspection.Inspected inspected) {
                inside(inspected, i + 1);
            }
        }
        BackupHeader header = header();
        if (header == null && problems.isEmpty()) {
            problem(BROKEN_SET, 0, "no stripe has a readable header");
        }
        return problems.isEmpty() && header != null
                ? new SetVerdict.Sound(header, families, opaque())
                : new SetVerdict.Unsound(problems);
    }

    private void labels() {
        MediaLabel first = null;
        BackupSet firstSet = null;
        for (int i = 0; i < devices.size(); i++) {
            int device = i + 1;
            switch (devices.get(i)) {
                case Inspection.NotInspected not ->
                    problem(not.bytes() == 0 ? NOTHING_THERE : NOT_A_BACKUP, device, not.reason());
                case Inspection.Inspected inspected -> {
                    MediaLabel label = inspected.media();
                    if (label == null) {
                        problem(noLabel(inspected), device, "the media label is missing");
                        continue;
                    }
                    if (first == null) {
                        first = label;
                        firstSet = inspected.set();
                    }
                    compare(first, firstSet, label, inspected.set(), device);
                }
            }
        }
    }

    private static int noLabel(Inspection.Inspected inspected) {
        return inspected.findingCount() == 0 ? NOTHING_THERE : NOT_A_BACKUP;
    }

    private void compare(
            MediaLabel first, @Nullable BackupSet firstSet, MediaLabel label, @Nullable BackupSet set, int device) {
        families.add(label.family());
        if (!Objects.equals(first.mediaSet(), label.mediaSet())) {
            problem(
                    OTHER_MEDIA_SET,
                    device,
                    "belongs to media set %s, the first device to %s".formatted(label.mediaSet(), first.mediaSet()));
            return;
        }
        if (firstSet != null && set != null && !Objects.equals(firstSet.guid(), set.guid())) {
            problem(
                    OTHER_MEDIA_SET,
                    device,
                    "holds backup set %s, the first device %s".formatted(set.guid(), firstSet.guid()));
        }
        if (label.families() > devices.size()) {
            problem(
                    STRIPES_MISSING,
                    device,
                    String.format(
                            Locale.ROOT, "the backup has %d stripes, %d are given", label.families(), devices.size()));
        } else if (label.families() < devices.size()) {
            problem(
                    OTHER_STRIPE_COUNT,
                    device,
                    String.format(
                            Locale.ROOT,
                            "the backup has %d stripes, %d devices are given",
                            label.families(),
                            devices.size()));
        }
        Integer other = deviceOfFamily.putIfAbsent(label.family(), device);
        if (other != null) {
            problem(
                    STRIPE_TWICE,
                    device,
                    String.format(Locale.ROOT, "is stripe %d, and so is device %d", label.family(), other));
        }
    }

    private void inside(Inspection.Inspected inspected, int device) {
        for (Finding finding : inspected.findings()) {
            int number = switch (finding.kind()) {
                case CHECKSUM_MISMATCH, CHECKSUM_MISSING -> DAMAGED_SET;
                case PAGE -> DAMAGED_PAGE;
                case BROKEN_BLOCK, BROKEN_STREAM, OUT_OF_SEQUENCE, NOT_ZERO, METADATA, COMPRESSED_RECORD -> BROKEN_SET;
            };
            problem(
                    number,
                    device,
                    String.format(Locale.ROOT, "%s (%s at %d)", finding.text(), finding.block(), finding.position()));
        }
        if (inspected.ending() instanceof Inspection.Ending.Incomplete(String why, long position)
                && inspected.findingCount() == 0
                && inspected.media() != null) {
            problem(
                    inspected.sets() == 0 ? NOTHING_THERE : INCOMPLETE_SET,
                    device,
                    String.format(Locale.ROOT, "%s (at %d)", why, position));
        }
    }

    private @Nullable BackupHeader header() {
        for (Inspection device : devices) {
            if (device instanceof Inspection.Inspected inspected
                    && inspected.header().isPresent()) {
                return inspected.header().get();
            }
        }
        return null;
    }

    private boolean opaque() {
        return devices.stream()
                .anyMatch(device -> device instanceof Inspection.Inspected inspected
                        && inspected.container() == Inspection.Container.COMPRESSED);
    }

    private void problem(int number, int device, String text) {
        problems.add(new SetVerdict.Problem(number, device, text));
    }
}
