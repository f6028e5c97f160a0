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

    /// The terminal of this process; null where input or output is none.
    static @Nullable Prompt ofTerminal() {
        return Optional.ofNullable(System.console())
                .filter(Console::isTerminal)
                .<Prompt>map(console -> question -> console.readLine("%s", question))
                .orElse(null);
    }
}
