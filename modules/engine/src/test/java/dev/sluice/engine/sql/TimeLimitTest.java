package dev.sluice.engine.sql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.Socket;
import java.sql.SQLException;
import java.time.Duration;
import java.util.Properties;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TimeLimitTest {

    @Test
    void aSocketThatIsMadeAfterTheLimitIsForgotten() throws Exception {
        String session = "late";
        CountDownLatch givenUp = new CountDownLatch(1);
        CountDownLatch ended = new CountDownLatch(1);
        TimeLimit.Work deaf = () -> {
            while (givenUp.getCount() > 0) {
                LockSupport.parkNanos(1_000_000);
            }
            try (Socket late = new CuttableSockets(session).createSocket()) {
                throw new SQLException("%s is of no use".formatted(late));
            } catch (IOException e) {
                throw new SQLException(e);
            }
        };

        assertThatThrownBy(() -> TimeLimit.connect(Duration.ofMillis(20), deaf, () -> {
                    CuttableSockets.forget(session);
                    ended.countDown();
                }))
                .isInstanceOf(TimeoutException.class);
        givenUp.countDown();

        assertThat(ended.await(30, TimeUnit.SECONDS)).isTrue();
        assertThat(CuttableSockets.knows(session)).isFalse();
    }

    @Test
    void theUrlsLoginTimeoutWins() {
        Properties properties = new Properties();
        properties.setProperty("loginTimeout", "15");

        assertThat(DriverTimeout.login("jdbc:sqlserver://a", properties)).hasSeconds(15);
        assertThat(DriverTimeout.login("jdbc:sqlserver://a;encrypt=true;LoginTimeout=60", properties))
                .hasSeconds(60);
        assertThat(DriverTimeout.login("jdbc:sqlserver://a;loginTimeout={7};encrypt=true", properties))
                .hasSeconds(7);
        assertThat(DriverTimeout.login("jdbc:sqlserver://a;loginTimeout=0", properties))
                .hasSeconds(30);
    }
}
