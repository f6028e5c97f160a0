package dev.sluice.benchmarks.nulls3;

import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// What the server remembers: sizes.
final class Objects {
    private static final Pattern GENERATED = Pattern.compile("generated-(\\d+)");
    private static final Pattern PART_NUMBER = Pattern.compile("<PartNumber>(\\d+)</PartNumber>");

    private final int kept;
    private final ConcurrentSkipListMap<String, Long> objects = new ConcurrentSkipListMap<>();
    private final ConcurrentHashMap<String, byte[]> bodies = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<String, Upload> uploads = new ConcurrentHashMap<>();
    private final AtomicLong uploadIds = new AtomicLong();
    final LongAdder requests = new LongAdder();
    final LongAdder received = new LongAdder();
    final LongAdder sent = new LongAdder();

    /// Bytes of objects that were stored to their end: of uploads, only when they were completed.
    final LongAdder stored = new LongAdder();

    final LongAdder wrongSums = new LongAdder();

    /// @param kept objects of up to so many bytes are kept as they are; 0 for none
    Objects(int kept) {
        this.kept = kept;
    }

    /// Whether an object of this size is kept as it is, rather than dropped and made up.
    boolean keeps(long bytes) {
        return bytes <= kept;
    }

    void keep(String key, byte[] body) {
        bodies.put(key, body);
        put(key, body.length);
    }

    byte @Nullable [] body(String key) {
        return bodies.get(key);
    }

    boolean has(String key) {
        return objects.containsKey(key);
    }

    private record Upload(String key, Map<Integer, Long> parts) {}

    /// @param next where the page after this one begins; null when there is none
    record Page(
            List<Map.Entry<String, Long>> entries, @Nullable String next) {}

    String begin(String key) {
        String id = "upload-" + uploadIds.incrementAndGet();
        uploads.put(id, new Upload(key, new ConcurrentSkipListMap<>()));
        return id;
    }

    boolean part(String id, int number, long bytes) {
        Upload upload = uploads.get(id);
        if (upload != null) {
            upload.parts.put(number, bytes);
        }
        return upload != null;
    }

    /// The object's size, or -1 when the upload or one of its parts is not known.
    long complete(String id, String xml) {
        Upload upload = uploads.get(id);
        if (upload == null) {
            return -1;
        }
        long bytes = 0;
        for (Matcher part = PART_NUMBER.matcher(xml); part.find(); ) {
            Long size = upload.parts.get(Integer.valueOf(part.group(1)));
            if (size == null) {
                return -1;
            }
            bytes += size;
        }
        uploads.remove(id);
        put(upload.key, bytes);
        stored.add(bytes);
        return bytes;
    }

    boolean abort(String id) {
        return uploads.remove(id) != null;
    }

    void put(String key, long bytes) {
        objects.put(key, bytes);
    }

    void delete(String key) {
        objects.remove(key);
        bodies.remove(key);
    }

    /// An object's size, or -1. An object whose name ends in `generated-<bytes>` is there without ever having been
    /// put; once asked for it is listed as well, since rclone reads nothing that is not.
    long size(String key) {
        Long known = objects.get(key);
        if (known != null) {
            return known;
        }
        Matcher generated = GENERATED.matcher(key);
        if (!generated.find()) {
            return -1;
        }
        long size = Long.parseLong(generated.group(1));
        put(key, size);
        return size;
    }

    Page page(String prefix, String after, int max) {
        List<Map.Entry<String, Long>> entries =
                objects.tailMap(after.isEmpty() ? prefix : after, after.isEmpty()).entrySet().stream()
                        .takeWhile(entry -> entry.getKey().startsWith(prefix))
                        .limit(max + 1L)
                        .toList();
        return entries.size() > max
                ? new Page(entries.subList(0, max), entries.get(max - 1).getKey())
                : new Page(entries, null);
    }

    String statistics() {
        return String.format(
                Locale.ROOT,
                "{\"requests\":%d,\"received\":%d,\"stored\":%d,\"sent\":%d,\"wrongSums\":%d,\"uploads\":%d}",
                requests.sum(),
                received.sum(),
                stored.sum(),
                sent.sum(),
                wrongSums.sum(),
                uploads.size());
    }
}
