package dev.sluice.sidecar.cli;

import java.io.Console;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/// Asks the person at the terminal.
@FunctionalInterface
interface Prompt {

    /// @return what was typed; null at the end of the input
    @Nullable
    String ask(String question);

    /// As [#ask], for what is not shown while it is typed.
    default @Nullable String askSecret(String question) {
        throw new UnsupportedOperationException("what is typed here would be shown");
    }

    /// The terminal of this process; null where input or output is none.
    static @Nullable Prompt ofTerminal() {
        return Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .map(Terminal::new)
                .orElse(null);
    }

    /// The console of the JVM.
    record Terminal(Console console) implements Prompt {
        @Override
        public @Nullable String ask(String question) {
            return console.readLine("%s", question);
        }

        @Override
        public @Nullable String askSecret(String question) {
            char[] typed = console.readPassword("%s", question);
            return typed == null ? null : new String(typed);
        }
    }
}
