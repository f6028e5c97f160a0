package dev.sluice.sidecar.config;

import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A key of a section, as its record declares it.
///
/// @param component of the record
/// @param key       what stands beside it
/// @param list      whether the value is a list
/// @param type      of the value, or of the list's elements
record Entry(RecordComponent component, Key key, boolean list, Class<?> type) {

    /// The keys of a section, in order.
    static List<Entry> of(Class<?> section) {
        return Arrays.stream(section.getRecordComponents()).map(Entry::of).toList();
    }

    private static Entry of(RecordComponent component) {
        Key key = component.getAnnotation(Key.class);
        if (key == null) {
            throw new IllegalStateException(component + " says nothing about itself");
        }
        Type generic = component.getGenericType();
        if (generic instanceof ParameterizedType parameterized) {
            return new Entry(component, key, true, (Class<?>) parameterized.getActualTypeArguments()[0]);
        }
        return new Entry(component, key, false, component.getType());
    }

    /// As the file has it.
    String name() {
        return key.name().isEmpty() ? Units.kebab(component.getName()) : key.name();
    }

    /// How its single values are read and written; null for a section or a list of sections.
    @Nullable
    Scalar scalar() {
        return Scalar.of(type);
    }

    boolean section() {
        return type.isRecord() && scalar() == null;
    }

    /// Whether the file must say it.
    boolean required() {
        if (key.optional() || !key.initial().isEmpty() || !key.word().isEmpty()) {
            return false;
        }
        return !section() || list || of(type).stream().anyMatch(Entry::required);
    }

    /// The value in a section; null when there is none.
    @Nullable
    Object in(Record section) {
        try {
            return component.getAccessor().invoke(section);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(component + " cannot be read", e);
        }
    }

    boolean secret() {
        return type == Secret.class;
    }
}
