package dev.sluice.simulator.tds;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

/// A session driven inside the process, without a network.
class CollectedResponseTest {

    private static final List<Column> COLUMNS = List.of(new Column("a", SqlType.INT), new Column("b", SqlType.BIT));

    private final CollectedResponse response = new CollectedResponse();

    @Test
    void collectsWhatASessionSays() throws Exception {
        ToyEngine engine = new ToyEngine().on("BACKUP", (_, out, _) -> {
            out.message(SqlMessage.info(3211, "10 percent processed."));
            out.done(3);
            out.resultSet(COLUMNS);
            out.row(1, null);
            out.done();
            out.message(SqlMessage.error(3013, "terminating abnormally."));
        });
        Login login = new Login(7, "sa", "secret", "", "", "", "", "", false, false);
        try (SqlSession session = engine.login(login, new NoClient())) {
            session.execute(Batch.of("BACKUP"), response, new Cancellation());
            session.execute(Batch.of("USE sales"), response, new Cancellation());
        }

        assertThat(response.messages()).extracting(SqlMessage::number).containsExactly(3211, 3013, 5701);
        assertThat(response.errors()).extracting(SqlMessage::number).containsExactly(3013);
        assertThat(response.statements()).hasSize(3);
        assertThat(response.statements().get(0).rowCount()).isEqualTo(OptionalLong.of(3));
        assertThat(response.statements().get(1).columns()).isEqualTo(COLUMNS);
        assertThat(response.statements().get(1).rows()).containsExactly(Arrays.asList(1, null));
        assertThat(response.statements().get(1).rowCount()).isEqualTo(OptionalLong.of(1));
        assertThat(response.statements().get(2).rowCount()).isEmpty();
        assertThat(response.database()).isEqualTo("sales");
    }

    private record NoClient() implements ClientLink {
        @Override
        public void kill() {}

        @Override
        public void drop() {}

        @Override
        public void delayAttention(Duration delay) {}
    }

    @Test
    void insistsOnTheOrderThatTheWireNeeds() {
        assertThatIllegalStateException().isThrownBy(() -> response.row(1, true));
        response.resultSet(COLUMNS);
        assertThatIllegalStateException().isThrownBy(() -> response.resultSet(COLUMNS));
        assertThatIllegalArgumentException().isThrownBy(() -> response.row(1));
    }

    @Test
    void isOverAfterAnErrorOfClass20() {
        response.message(SqlMessage.of(823, 24, "fatal"));

        assertThatExceptionOfType(SessionEnded.class).isThrownBy(response::done);
    }
}
