package dev.sluice.sidecar.config;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// What holds, defaults included, with everything masked that may be secret.
final class Rendering {

    private final Set<String> fromFiles;

    /// @param fromFiles keys whose values came out of files: masked wherever they stand, for files hold secrets
    Rendering(Set<String> fromFiles) {
        this.fromFiles = fromFiles;
    }

    Map<String, Object> section(Record section, String path) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (Entry entry : Entry.of(section.getClass())) {
            String place = path.isEmpty() ? entry.name() : path + "." + entry.name();
            Object value = value(entry, entry.in(section), place);
            if (value != null) {
                tree.put(entry.name(), value);
            }
        }
        return tree;
    }

    private @Nullable Object value(Entry entry, @Nullable Object value, String path) {
        if (value == null) {
            return entry.key().word().isEmpty() ? null : entry.key().word();
        }
        if (value instanceof List<?> list) {
            if (list.isEmpty() && entry.key().some()) {
                return null;
            }
            List<Object> elements = new ArrayList<>();
            for (int i = 0; i < list.size(); i++) {
                String place = String.format(Locale.ROOT, "%s[%d]", path, i);
                Object element = list.get(i);
                elements.add(
                        element instanceof Record section && entry.section()
                                ? section(section, place)
                                : single(entry, element, place));
            }
            return elements;
        }
        if (!entry.section()) {
            return single(entry, value, path);
        }
        Map<String, Object> tree = section((Record) value, path);
        return tree.isEmpty() && !entry.key().single().isEmpty() ? entry.key().single() : tree;
    }

    private Object single(Entry entry, Object value, String path) {
        if (fromFiles.contains(path)) {
            return Secret.MASK;
        }
        if (value instanceof Boolean || value instanceof Integer) {
            return value;
        }
        Scalar scalar = entry.scalar();
        return scalar == null ? value.toString() : scalar.write().apply(value);
    }
}
