package dev.sluice.engine.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What a name may do to a terminal or to a reader, and what is left of it.
class ControlCharactersTest {

    @ParameterizedTest
    @ValueSource(
            ints = {
                0, 7, 8, 9, 10, 13, 0x1b, 0x7f, 0x85, 0x9b, 0x061c, 0x200e, 0x200f, 0x2028, 0x2029, 0x202a, 0x202e,
                0x2066, 0x2069
            })
    void areShownInsteadOfObeyed(int c) {
        String text = "a" + (char) c + "b";

        assertThat(ControlCharacters.first(text)).hasValue(c);
        assertThat(ControlCharacters.escaped(text))
                .isEqualTo("a\\u%s%s%sb", hex(c, 12), hex(c, 8), hex(c, 4) + hex(c, 0));
    }

    private static String hex(int c, int shift) {
        return Integer.toHexString((c >> shift) & 15);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "Sales", "it's [odd]; \\u001b", "Größe 東京 فروش می\u200cشود", "👩\u200d💻", "C:\\Data\\x.mdf"
            })
    void otherTextIsLeftAsItIs(String text) {
        assertThat(ControlCharacters.first(text)).isEmpty();
        assertThat(ControlCharacters.escaped(text)).isSameAs(text);
    }

    @Test
    void linesStayWhereTextHasLines() {
        assertThat(ControlCharacters.escapedLines("a\nb\r\n\tc")).isEqualTo("a\nb\\u000d\n\\u0009c");
    }
}
