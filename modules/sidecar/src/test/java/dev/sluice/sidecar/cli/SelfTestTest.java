package dev.sluice.sidecar.cli;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

/// What a person types before a self-test begins.
class SelfTestTest {

    @Test
    void yesConfirms() {
        assertThatCode(() -> SelfTest.confirm(_ -> "yes")).doesNotThrowAnyException();
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", "y", "Yes", "no", "yes "})
    void nothingElseConfirms(@Nullable String typed) {
        assertThatThrownBy(() -> SelfTest.confirm(_ -> typed)).hasMessageContaining("Nothing was done");
    }
}
