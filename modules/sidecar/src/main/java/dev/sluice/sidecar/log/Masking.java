package dev.sluice.sidecar.log;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/// The last defence before a secret gets out: it masks the secrets of the configuration in everything that the
/// program prints and logs.
///
/// Nothing should need it, since secrets are kept in types that do not show them. But drivers and servers word
/// their errors as they like.
///
/// **Threading:** any thread.
public final class Masking {

    private static final String MASK = "***";

    /// A shorter one would be found in innocent words, and is no secret to speak of.
    private static final int SHORTEST = 4;

    private static volatile List<String> secrets = List.of();

    /// What a person has said beside the configuration.
    private static volatile List<String> said = List.of();

    private Masking() {}

    /// From now on this is masked, beside what is masked already.
    public static void hideToo(String text) {
        said = Stream.concat(said.stream(), Stream.of(text)).distinct().toList();
        hide(secrets);
    }

    /// From now on these are masked, and no others but those of [#hideToo(String)].
    public static void hide(List<String> texts) {
        List<String> forms = new ArrayList<>();
        for (String text :
                Stream.concat(texts.stream(), said.stream()).distinct().toList()) {
            if (text.length() >= SHORTEST) {
                forms.add(text);
                String escaped = text.replace("\\", "\\\\").replace("\"", "\\\"");
                if (!escaped.equals(text)) {
                    forms.add(escaped);
                }
            }
        }
        // A secret that contains another one goes first, or a part of it would stay.
        forms.sort(Comparator.comparingInt(String::length).reversed());
        secrets = List.copyOf(forms);
    }

    public static String mask(String text) {
        String masked = text;
        for (String secret : secrets) {
            masked = masked.replace(secret, MASK);
        }
        return masked;
    }
}
