package dev.sluice.mtf.inspect;

import dev.sluice.mtf.BackupHeader;
import dev.sluice.mtf.BackupSet;
import dev.sluice.mtf.HeaderRecords;
import dev.sluice.mtf.MediaLabel;
import dev.sluice.mtf.StoredFields;
import dev.sluice.mtf.Tag;
import java.lang.foreign.MemorySegment;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/// Collects what the stream says about itself. Of media with more than one backup set, the first one's facts
/// are kept.
final class FactCollector implements StreamListener {
    /// A file is described in 1,028 bytes and its names, so that this is more than ten thousand files take.
    static final int MAX_METADATA = 16 << 20;

    private static final int RAID_SIZE = 32;

    private final Findings findings;
    private @Nullable StoredFields tape;
    private @Nullable MediaLabel media;
    private @Nullable BackupSet set;
    private @Nullable BackupHeader provisional;
    private @Nullable BackupHeader complete;
    private int sets;
    private int configurations; // final copies seen
    private int ends;
    private boolean filemarks;
    private int lastBlock;
    private byte @Nullable [] collecting;

    FactCollector(Findings findings) {
        this.findings = findings;
    }

    @Override
    public void block(DescriptorBlock block) {
        lastBlock = block.type();
        if (lastBlock == Tag.TAPE && tape == null) {
            byte[] copy = new byte[(int) block.fields().size()];
            block.fields().copyTo(copy);
            tape = new StoredFields(MemorySegment.ofArray(copy));
        } else if (lastBlock == Tag.SSET) {
            sets++;
            if (set == null) {
                set = Labels.set(block.fields());
            }
        } else if (lastBlock == Tag.VOLB && set != null && sets == 1) {
            set = set.on(Labels.machine(block.fields()));
        } else if (lastBlock == Tag.ESET) {
            ends++;
        } else if (lastBlock == Tag.MSLS) {
            configurations++;
        } else if (lastBlock == Tag.SFMB) {
            filemarks = true;
        }
    }

    @Override
    public void streamStarts(DataStream stream) {
        collecting = null;
        boolean wanted = (stream.id() == Tag.RAID && media == null) || (stream.id() == Tag.MQCI && sets <= 1);
        if (!wanted) {
            return;
        }
        if (stream.length() > MAX_METADATA) {
            findings.add(
                    Finding.Kind.METADATA,
                    stream.position(),
                    stream.block().name(),
                    String.format(
                            Locale.ROOT,
                            "stream %s has %d bytes, more than are inspected (%d)",
                            stream.name(),
                            stream.length(),
                            MAX_METADATA));
            return;
        }
        collecting = new byte[(int) stream.length()];
    }

    @Override
    public void bytes(DataStream stream, long at, MemorySegment memory, long offset, long length) {
        byte[] into = collecting;
        if (into != null) {
            MemorySegment.copy(memory, offset, MemorySegment.ofArray(into), at, length);
        }
    }

    @Override
    public void streamEnds(DataStream stream) {
        byte[] collected = collecting;
        collecting = null;
        if (collected == null) {
            return;
        }
        if (stream.id() == Tag.RAID) {
            label(stream, collected);
        } else {
            configuration(stream, collected);
        }
    }

    private void label(DataStream stream, byte[] raid) {
        if (tape == null || raid.length < RAID_SIZE) {
            findings.add(
                    Finding.Kind.METADATA, stream.position(), stream.block().name(), "the media label is cut short");
            return;
        }
        MediaLabel label = Labels.media(tape, new StoredFields(MemorySegment.ofArray(raid)));
        if (label.family() < 1 || label.family() > label.families()) {
            findings.add(
                    Finding.Kind.METADATA,
                    stream.position(),
                    stream.block().name(),
                    String.format(
                            Locale.ROOT, "the media label says stripe %d of %d", label.family(), label.families()));
        }
        media = label;
    }

    private void configuration(DataStream stream, byte[] records) {
        BackupHeader read = HeaderRecords.read(MemorySegment.ofArray(records)).orElse(null);
        if (read == null) {
            findings.add(
                    Finding.Kind.METADATA,
                    stream.position(),
                    stream.block().name(),
                    "no readable record about the database");
        } else if (stream.block().type() == Tag.MSLS) {
            complete = read;
        } else if (provisional == null) {
            provisional = read;
        }
    }

    @Nullable
    MediaLabel media() {
        return media;
    }

    @Nullable
    BackupSet set() {
        return set;
    }

    @Nullable
    BackupHeader provisional() {
        return provisional;
    }

    @Nullable
    BackupHeader complete() {
        return complete;
    }

    int sets() {
        return sets;
    }

    /// Whether everything that ends a stream has passed, provided that it ended where this is asked.
    ///
    /// Written to disk, a set ends with two ESET blocks, and a filemark is the very last block. Whether
    /// filemarks travel through VDI is not known: the last one is missed only if there were others before. For
    /// the same reason one ESET is enough.
    boolean ended() {
        return sets > 0 && configurations >= sets && ends >= sets && lastBlock == (filemarks ? Tag.SFMB : Tag.ESET);
    }

    /// What is still missing, for people.
    String missing() {
        if (sets == 0) {
            return "no backup set began";
        }
        if (configurations < sets) {
            return "the final header of the set (MSLS) is missing";
        }
        return ends < sets ? "the end of the set (ESET) is missing" : "the closing filemark is missing";
    }
}
