package dev.sluice.vdi;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/// A feature mask: the features that the client asked for, or those that the server granted.
///
/// @param bits the mask as it travels; bits that no header names are kept
public record Features(int bits) {

    /// Sequential and minimal, as Microsoft's samples and every known client ask for.
    public static final Features LIKE_PIPE = new Features(0);

    public static final Features LIKE_TAPE = of(
            Feature.FILE_MARKS,
            Feature.REMOVABLE,
            Feature.REWIND,
            Feature.POSITION,
            Feature.SKIP_BLOCKS,
            Feature.REVERSE_POSITION);

    public static final Features LIKE_DISK = of(Feature.RANDOM_ACCESS);

    private static final int SET_BY_SERVER =
            Feature.WRITE_MEDIA.bit() | Feature.READ_MEDIA.bit() | Feature.COMPLETE_ENABLED.bit();

    /// Bits that go with every style; the server decides whether to grant what they ask for.
    private static final int WITH_EVERY_STYLE = Feature.DISCARD.bit()
            | Feature.REQUEST_COMPLETE.bit()
            | Feature.SNAPSHOT_PREPARE.bit()
            | Feature.ENUM_FROZEN_FILES.bit()
            | Feature.VSS_WRITER.bit()
            | Feature.LATCH_STATS.bit();

    public static Features of(Feature... features) {
        int bits = 0;
        for (Feature feature : features) {
            bits |= feature.bit();
        }
        return new Features(bits);
    }

    public boolean has(Feature feature) {
        return (bits & feature.bit()) != 0;
    }

    public Features with(Feature feature) {
        return new Features(bits | feature.bit());
    }

    public Features without(Feature feature) {
        return new Features(bits & ~feature.bit());
    }

    /// Whether a client may ask for this: pipe-like, tape-like or disk-like, each optionally with Discard, pipe
    /// and disk optionally with Removable, and none of the bits that only the server sets.
    ///
    /// **Source:** VDI specification, Feature Bits.
    public boolean requestable() {
        if ((bits & SET_BY_SERVER) != 0) {
            return false;
        }
        int style = bits & ~WITH_EVERY_STYLE;
        int fixed = style & ~Feature.REMOVABLE.bit();
        return style == LIKE_TAPE.bits || fixed == LIKE_PIPE.bits || fixed == LIKE_DISK.bits;
    }

    @Override
    public String toString() {
        List<String> names = new ArrayList<>();
        int rest = bits;
        for (Feature feature : Feature.values()) {
            if (has(feature)) {
                names.add(feature.name());
                rest &= ~feature.bit();
            }
        }
        if (rest != 0) {
            names.add(String.format(Locale.ROOT, "0x%X", rest));
        }
        return String.format(Locale.ROOT, "0x%X%s", bits, names);
    }
}
