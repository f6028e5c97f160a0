package dev.sluice.engine.run;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class PercentTest {

    @Test
    void theNumberInAProgressMessageIsFoundInAnyLanguage() {
        assertThat(Percent.of("7 percent processed.")).hasValue(7);
        assertThat(Percent.of("100 Prozent verarbeitet.")).hasValue(100);
        assertThat(Percent.of("processed")).isEmpty();
        assertThat(Percent.of("Processed 123456 pages")).isEmpty();
    }
}
