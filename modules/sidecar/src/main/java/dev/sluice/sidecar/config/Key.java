package dev.sluice.sidecar.config;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// One key of the configuration file: a component of one of its records. `partSize` is written `part-size`.
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.RECORD_COMPONENT)
@interface Key {

    /// What it means, in a sentence or two.
    String value();

    /// As the file has it, where Java does not allow a component of that name, such as `notify`. Empty: the component's
    /// name.
    String name() default "";

    /// What holds when the file does not say, written as in the file. Empty: the key is required, unless
    /// [#optional()].
    String initial() default "";

    /// Whether there may be nothing.
    boolean optional() default false;

    /// Of a list that may be left out: whether it has an element where it is there. For lists that mean "all" when
    /// they are left out: an empty one would be read as "none".
    boolean some() default false;

    /// The word that stands for "no value" in the file, such as `auto` or `none`; it is then the default as well.
    String word() default "";

    /// Of a section, a word that may stand in its place: the section then has none of its keys.
    String single() default "";

    /// The smallest value, as in the file.
    String min() default "";

    /// The largest value, as in the file.
    String max() default "";

    /// What the text looks like, where its type does not say.
    String pattern() default "";

    /// The pattern in words, or what else limits the value.
    String bound() default "";

    /// A value as a user may write it.
    String example() default "";
}
