package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class PreparedStatementsTest {

    @Test
    void readsTheNamesOfDeclaredParameters() {
        assertThat(PreparedStatements.declaredNames("@P0 nvarchar(4000),@P1 decimal(38, 2) OUTPUT, @x int"))
                .containsExactly("@P0", "@P1", "@x");
        assertThat(PreparedStatements.declaredNames("")).isEmpty();
    }

    @Test
    void recognisesBatchesThatOnlyGiveHandlesBack() {
        assertThat(PreparedStatements.handlesGivenBack("EXEC sp_unprepare 1;EXEC sp_unprepare 22;\n"))
                .contains(List.of(1, 22));
        assertThat(PreparedStatements.handlesGivenBack("exec sp_unprepare 7")).contains(List.of(7));
        assertThat(PreparedStatements.handlesGivenBack("EXEC sp_unprepare 1; SELECT 1"))
                .isEmpty();
        assertThat(PreparedStatements.handlesGivenBack("EXEC sp_unprepare @h")).isEmpty();
        assertThat(PreparedStatements.handlesGivenBack("")).isEmpty();
    }
}
