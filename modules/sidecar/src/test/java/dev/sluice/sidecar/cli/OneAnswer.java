package dev.sluice.sidecar.cli;

import org.jspecify.annotations.Nullable;

/// A person who types the same to every question, and is asked for no secret.
record OneAnswer(@Nullable String typed) implements Prompt {

    @Override
    public @Nullable String ask(String question) {
        return typed;
    }

    @Override
    public @Nullable String askSecret(String question) {
        throw new AssertionError(question);
    }
}
