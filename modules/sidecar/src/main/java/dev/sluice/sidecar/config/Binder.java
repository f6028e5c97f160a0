package dev.sluice.sidecar.config;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.exceptions.Mark;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.NodeTuple;
import org.snakeyaml.engine.v2.nodes.ScalarNode;
import org.snakeyaml.engine.v2.nodes.SequenceNode;
import org.snakeyaml.engine.v2.nodes.Tag;

/// Turns YAML's nodes into records, and keeps going after a mistake, so that all are told at once.
///
/// A value that could not be read becomes null; the record it belongs to is then not made, for its own rules would
/// only tell follow-ups.
final class Binder {

    private static final int FORGOTTEN = 15;

    private final String file;
    private final Interpolation interpolation;
    private final List<Problem> problems = new ArrayList<>();
    private final Map<String, Mark> marks = new HashMap<>();
    private final Set<String> fromFiles = new HashSet<>();

    Binder(String file, Interpolation interpolation) {
        this.file = file;
        this.interpolation = interpolation;
    }

    /// Mistakes in the order of their places.
    List<Problem> problems() {
        problems.sort((a, b) ->
                a.line() != b.line() ? Integer.compare(a.line(), b.line()) : Integer.compare(a.column(), b.column()));
        return problems;
    }

    /// The keys that the file itself gives.
    Set<String> given() {
        return marks.keySet();
    }

    /// The keys whose values a file gave.
    Set<String> fromFiles() {
        return fromFiles;
    }

    void problem(String path, @Nullable Mark mark, String what, String hint) {
        problems.add(new Problem(
                file,
                mark == null ? 0 : mark.getLine() + 1,
                mark == null ? 0 : mark.getColumn() + 1,
                path,
                what,
                hint));
    }

    /// A section from its mapping; from its defaults when there is none.
    ///
    /// @param place where to point at for what is missing
    <T extends Record> @Nullable T section(Class<T> type, @Nullable Node node, String path, @Nullable Mark place) {
        if (node != null && !(node instanceof MappingNode)) {
            problem(path, mark(node), "is %s, and should be a section with keys".formatted(describe(node)), "");
            return null;
        }
        List<Entry> entries = Entry.of(type);
        int before = problems.size();
        Set<String> mistyped = new HashSet<>();
        Map<String, NodeTuple> given = keys((MappingNode) node, entries, path, mistyped);
        @Nullable Object[] values = new @Nullable Object[entries.size()];
        for (int i = 0; i < values.length; i++) {
            Entry entry = entries.get(i);
            NodeTuple tuple = given.get(entry.name());
            if (tuple == null && mistyped.contains(entry.name())) {
                continue; // that it is missing was said already, in a better way
            }
            values[i] = value(entry, tuple, join(path, entry.name()), node == null ? place : mark(node));
        }
        return problems.size() > before ? null : construct(type, values, path, node == null ? place : mark(node));
    }

    /// @param mistyped gets the keys that others were probably meant to be
    private Map<String, NodeTuple> keys(
            @Nullable MappingNode node, List<Entry> entries, String path, Set<String> mistyped) {
        Map<String, NodeTuple> found = new LinkedHashMap<>();
        if (node == null) {
            return found;
        }
        List<String> names = entries.stream().map(Entry::name).toList();
        for (NodeTuple tuple : node.getValue()) {
            String name = tuple.getKeyNode() instanceof ScalarNode scalar ? scalar.getValue() : "";
            Mark mark = mark(tuple.getKeyNode());
            if (!names.contains(name)) {
                problem(join(path, name), mark, "there is no such key", meant(name, names, mistyped));
                continue;
            }
            NodeTuple earlier = found.putIfAbsent(name, tuple);
            if (earlier != null) {
                Mark first = mark(earlier.getKeyNode());
                problem(
                        join(path, name),
                        mark,
                        String.format(
                                Locale.ROOT,
                                "is there twice, first in line %d",
                                first == null ? 0 : first.getLine() + 1),
                        "remove one");
            } else if (mark != null) {
                marks.put(join(path, name), mark);
            }
        }
        return found;
    }

    private static String meant(String name, List<String> names, Set<String> mistyped) {
        Optional<String> home = home(name, Configuration.class, "");
        if (home.isPresent()) {
            return "it belongs in %s".formatted(home.get());
        }
        Optional<String> near = Nearest.to(name, names);
        if (near.isPresent()) {
            mistyped.add(near.get());
            return "did you mean %s?".formatted(near.get());
        }
        return names.size() > FORGOTTEN ? "" : "known here: " + String.join(", ", names);
    }

    /// The section that has a key of exactly this name.
    private static Optional<String> home(String name, Class<?> section, String path) {
        for (Entry entry : Entry.of(section)) {
            if (entry.name().equals(name)) {
                return Optional.of(path.isEmpty() ? "the top level" : path);
            }
            if (entry.section()) {
                Optional<String> found =
                        home(name, entry.type(), join(path, entry.name()) + (entry.list() ? "[]" : ""));
                if (found.isPresent()) {
                    return found;
                }
            }
        }
        return Optional.empty();
    }

    private @Nullable Object value(Entry entry, @Nullable NodeTuple tuple, String path, @Nullable Mark place) {
        Node node = tuple == null || isNull(tuple.getValueNode()) ? null : tuple.getValueNode();
        Mark mark = tuple == null ? place : mark(tuple.getKeyNode());
        if (node == null && entry.required()) {
            problem(path, mark, "is missing", missing(entry));
            return null;
        }
        if (entry.list()) {
            return list(entry, node, path);
        }
        if (node instanceof ScalarNode && !entry.key().single().isEmpty()) {
            return word(entry, node, path);
        }
        if (entry.section()) {
            return node == null && entry.key().optional()
                    ? null
                    : section(entry.type().asSubclass(Record.class), node, path, mark);
        }
        if (node != null) {
            return scalar(entry, node, path);
        }
        return entry.key().initial().isEmpty() ? null : parse(entry, entry.key().initial(), path, mark, false);
    }

    private static String missing(Entry entry) {
        if (entry.section()) {
            return "add %s: with %s"
                    .formatted(
                            entry.name(),
                            String.join(
                                    ", ",
                                    Entry.of(entry.type()).stream()
                                            .filter(Entry::required)
                                            .map(Entry::name)
                                            .toList()));
        }
        return entry.key().example().isEmpty()
                ? "add it"
                : "add it, for example %s: %s".formatted(entry.name(), quoted(entry));
    }

    private static String quoted(Entry entry) {
        String example = entry.key().example();
        return entry.list() ? example : Yaml.scalar(example);
    }

    private @Nullable Object list(Entry entry, @Nullable Node node, String path) {
        if (node == null) {
            return List.of();
        }
        if (!(node instanceof SequenceNode sequence)) {
            problem(
                    path,
                    mark(node),
                    "is %s, and should be a list".formatted(describe(node)),
                    "begin its lines with '-'");
            return null;
        }
        if (entry.key().some() && sequence.getValue().isEmpty()) {
            problem(path, mark(node), "is an empty list, which would not mean none", "name one, or leave the key out");
            return null;
        }
        List<Object> values = new ArrayList<>();
        for (int i = 0; i < sequence.getValue().size(); i++) {
            Node element = sequence.getValue().get(i);
            String place = String.format(Locale.ROOT, "%s[%d]", path, i);
            Mark mark = mark(element);
            if (mark != null) {
                marks.put(place, mark);
            }
            Object value = entry.section()
                    ? section(entry.type().asSubclass(Record.class), element, place, mark)
                    : scalar(entry, element, place);
            if (value != null) {
                values.add(value);
            }
        }
        return values;
    }

    /// The word that stands for a section.
    private @Nullable Object word(Entry entry, Node node, String path) {
        Interpolation.Result text = text((ScalarNode) node, path);
        if (text != null && !text.text().equals(entry.key().single())) {
            problem(
                    path,
                    mark(node),
                    text.replaced()
                            ? "what the reference stands for cannot stand here"
                            : "cannot be a single '%s'".formatted(text.text()),
                    "write %s, or a section with %s"
                            .formatted(
                                    entry.key().single(),
                                    String.join(
                                            ", ",
                                            Entry.of(entry.type()).stream()
                                                    .map(Entry::name)
                                                    .toList())));
            return null;
        }
        return text == null
                ? null
                : construct(
                        entry.type().asSubclass(Record.class),
                        new @Nullable Object[Entry.of(entry.type()).size()],
                        path,
                        mark(node));
    }

    /// Null, and a problem told, when a reference leads nowhere.
    private Interpolation.@Nullable Result text(ScalarNode scalar, String path) {
        try {
            Interpolation.Result text = interpolation.apply(scalar.getValue());
            if (text.file()) {
                fromFiles.add(path);
            }
            return text;
        } catch (IllegalArgumentException e) {
            problem(path, mark(scalar), String.valueOf(e.getMessage()), "");
            return null;
        }
    }

    private @Nullable Object scalar(Entry entry, Node node, String path) {
        Mark mark = mark(node);
        if (!(node instanceof ScalarNode scalar)) {
            problem(path, mark, "is %s, and should be a single value".formatted(describe(node)), example(entry));
            return null;
        }
        Interpolation.Result text = text(scalar, path);
        if (text == null) {
            return null;
        }
        if (!entry.key().word().isEmpty() && text.text().equals(entry.key().word())) {
            return null;
        }
        return parse(entry, text.text(), path, mark, text.replaced());
    }

    /// @param hidden whether the text came from elsewhere, and so must not be repeated
    private @Nullable Object parse(Entry entry, String text, String path, @Nullable Mark mark, boolean hidden) {
        Scalar scalar = entry.scalar();
        if (scalar == null) {
            throw new IllegalStateException(path + " is no single value");
        }
        try {
            Object value = scalar.parse().apply(text);
            checkForm(entry, text);
            checkBounds(entry, scalar, value, text);
            return value;
        } catch (IllegalArgumentException e) {
            boolean silent = hidden || entry.secret();
            problem(
                    path,
                    mark,
                    silent
                            ? "the value%s is no %s"
                                    .formatted(hidden ? " that the reference stands for" : "", described(entry, scalar))
                            : String.valueOf(e.getMessage()),
                    silent ? example(entry) : "");
            return null;
        }
    }

    private static String described(Entry entry, Scalar scalar) {
        return entry.key().pattern().isEmpty()
                ? scalar.name()
                : "%s (%s)".formatted(scalar.name(), entry.key().bound().replace("`", ""));
    }

    private static void checkForm(Entry entry, String text) {
        if (!entry.key().pattern().isEmpty() && !text.matches(entry.key().pattern())) {
            throw new IllegalArgumentException("'%s' is not allowed: %s"
                    .formatted(text, entry.key().bound().replace("`", "")));
        }
    }

    @SuppressWarnings("unchecked") // bounds are of the value's own type
    private static void checkBounds(Entry entry, Scalar scalar, Object value, String text) {
        String min = entry.key().min();
        String max = entry.key().max();
        if (!min.isEmpty()
                && ((Comparable<Object>) value).compareTo(scalar.parse().apply(min)) < 0) {
            throw new IllegalArgumentException("%s is less than %s".formatted(text, min));
        }
        if (!max.isEmpty()
                && ((Comparable<Object>) value).compareTo(scalar.parse().apply(max)) > 0) {
            throw new IllegalArgumentException("%s is more than %s".formatted(text, max));
        }
    }

    private static String example(Entry entry) {
        return entry.key().example().isEmpty() ? "" : "write it like %s".formatted(quoted(entry));
    }

    private <T extends Record> @Nullable T construct(
            Class<T> type, @Nullable Object[] values, String path, @Nullable Mark place) {
        try {
            Class<?>[] types = Arrays.stream(type.getRecordComponents())
                    .map(RecordComponent::getType)
                    .toArray(Class<?>[]::new);
            Constructor<T> constructor = type.getDeclaredConstructor(types);
            return constructor.newInstance(values);
        } catch (InvocationTargetException e) {
            if (e.getCause() instanceof Invalid invalid) {
                String key = join(path, invalid.key());
                problem(key, marks.getOrDefault(key, nearestMark(key, place)), invalid.what(), invalid.hint());
                return null;
            }
            throw new IllegalStateException("%s cannot be made".formatted(type), e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("%s cannot be made".formatted(type), e);
        }
    }

    private @Nullable Mark nearestMark(String key, @Nullable Mark place) {
        int dot = key.lastIndexOf('.');
        return dot < 0 ? place : marks.getOrDefault(key.substring(0, dot), place);
    }

    private static @Nullable Mark mark(Node node) {
        return node.getStartMark().orElse(null);
    }

    private static boolean isNull(Node node) {
        return node instanceof ScalarNode scalar
                && scalar.isPlain()
                && (scalar.getTag().equals(Tag.NULL) || List.of("", "~", "null").contains(scalar.getValue()));
    }

    private static String describe(Node node) {
        return switch (node) {
            case MappingNode _ -> "a section";
            case SequenceNode _ -> "a list";
            default -> "a single value";
        };
    }

    private static String join(String path, String key) {
        return path.isEmpty() || key.isEmpty() ? path + key : path + "." + key;
    }
}
