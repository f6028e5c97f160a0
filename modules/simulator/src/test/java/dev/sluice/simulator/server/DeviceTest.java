package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/// The server's side of the devices: order of commands, limits, errors and aborts.
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class DeviceTest {

    private static final String BACKUP = "BACKUP DATABASE [Sales] TO ";

    private Bench bench;
    private List<String> names;

    @BeforeEach
    void start() throws Exception {
        bench = Bench.withSales();
        names = bench.names(2);
    }

    @AfterEach
    void stop() {
        bench.close();
    }

    @Test
    void writesMetadataSmallAndDataLargeThenFlushesThenCompletes() throws Exception {
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            bench.ok(BACKUP + Bench.clauses(names) + " WITH MAXTRANSFERSIZE = 131072, BLOCKSIZE = 4096");
            client.awaitEnd();

            assertThat(client.config().features().has(Feature.COMPLETE_ENABLED)).isTrue();
            assertThat(client.config().features().has(Feature.WRITE_MEDIA)).isTrue();
            assertThat(client.config().blockSize()).isEqualTo(4096);
            assertThat(client.sizes).contains(4096, 131_072).allMatch(size -> size % 4096 == 0 && size <= 131_072);
            assertThat(client.commands).endsWith("Complete", "Complete");
            assertThat(client.commands.stream().filter("Flush"::equals)).hasSize(2);
        }
    }

    @Test
    void finishesWithOneBufferForTwoStripes() throws Exception {
        List<byte[]> stripes = bench.backUp("DATABASE [Sales]", 2, "BUFFERCOUNT = 1");

        bench.restored("DATABASE [A]", stripes, Bench.moved("a", "BUFFERCOUNT = 1"));

        assertThat(bench.server.compare("Sales", "A")).isEmpty();
    }

    @Test
    void waitsWhenTheClientDoes() throws Exception {
        CountDownLatch gate = new CountDownLatch(1);
        AtomicInteger held = new AtomicInteger();
        try (BackupClient client = BackupClient.storing(bench.vdi, names)
                .answering(command -> {
                    if (command instanceof Command.Write && held.incrementAndGet() > 4) {
                        awaitUninterruptibly(gate);
                    }
                    return CompletionCode.ERROR_SUCCESS;
                })
                .start()) {
            Thread backup = inBackground(BACKUP + Bench.clauses(names) + " WITH BUFFERCOUNT = 3");
            await().until(() -> bench.server.statistics().writersWaiting() == 2
                    && bench.server.statistics().commandsOutstanding() >= 3);
            long acknowledged = bench.server.statistics().bytesAcknowledged();
            assertThat(acknowledged).isLessThan(1 << 20);

            gate.countDown();
            backup.join();
            client.awaitEnd();

            assertThat(bench.server.outcomes().getLast().success()).isTrue();
            assertThat(bench.server.statistics().writersWaiting()).isZero();
        }
    }

    @Test
    void tellsTheClientsOwnErrorNumber() throws Exception {
        assertThat(failing(Command.Write.class, CompletionCode.ERROR_DISK_FULL)).containsExactly(3202, 3271, 3013);
        assertThat(bench.server.outcomes().getLast().errors().getFirst().text())
                .contains("112(There is not enough space on the disk.)");
        assertThat(failing(Command.Flush.class, CompletionCode.ERROR_WRITE_FAULT))
                .containsExactly(18210, 3271, 3013);
        assertThat(failing(Command.Complete.class, CompletionCode.ERROR_DISK_FULL))
                .containsExactly(18210, 3271, 3013);
        assertThat(bench.value("SELECT COUNT(*) FROM msdb.dbo.backupset")).isEqualTo(0);
    }

    private List<Integer> failing(Class<? extends Command> which, int code) throws InterruptedException {
        List<String> fresh = bench.names(2);
        AtomicInteger seen = new AtomicInteger();
        try (BackupClient client = BackupClient.storing(bench.vdi, fresh)
                .answering(command ->
                        which.isInstance(command) && seen.getAndIncrement() == 1 ? code : CompletionCode.ERROR_SUCCESS)
                .start()) {
            List<Integer> errors = bench.errors(BACKUP + Bench.clauses(fresh));
            client.awaitEnd();
            assertThat(client.commands).contains("ClearError");
            return errors;
        }
    }

    @Test
    void failsWith995WhenTheClientAborts() throws Exception {
        try (BackupClient client = BackupClient.storing(bench.vdi, names)) {
            client.answering(command -> {
                        if (command instanceof Command.Flush) {
                            client.signalAbort();
                        }
                        return CompletionCode.ERROR_SUCCESS;
                    })
                    .start();
            CollectedResponse response = bench.run(BACKUP + Bench.clauses(names));
            client.awaitEnd();

            // The other device may be at a Write or at its Flush; whichever ends first is told.
            assertThat(Bench.numbers(response)).isIn(List.of(18210, 3271, 3013), List.of(3202, 3271, 3013));
            assertThat(response.errors().getFirst().text()).contains("995");
            assertThat(bench.server.statistics().aborts()).isEqualTo(1);
        }
    }

    @Test
    void refusesASetWithAnotherNumberOfDevices() throws Exception {
        try (BackupClient client = BackupClient.storing(bench.vdi, names)) {
            assertThat(bench.errors(BACKUP + "VIRTUAL_DEVICE = N'%s'".formatted(names.getFirst())))
                    .containsExactly(3261, 3013);
            client.signalAbort();
        }
        assertThat(bench.errors(BACKUP + Bench.clauses(names))).containsExactly(3201, 3013);
    }

    @Test
    void drainsAndClosesWhenTheStatementIsCancelled() throws Exception {
        Cancellation cancellation = new Cancellation();
        try (BackupClient client = BackupClient.storing(bench.vdi, names)
                        .answering(command -> {
                            if (command instanceof Command.Flush) {
                                cancellation.cancel(Cancellation.Reason.ATTENTION);
                            }
                            return CompletionCode.ERROR_SUCCESS;
                        })
                        .start();
                SqlSession session = bench.server.open(41)) {
            CollectedResponse response = new CollectedResponse();
            session.execute(Batch.of(BACKUP + Bench.clauses(names)), response, cancellation);
            client.awaitEnd();

            assertThat(Bench.numbers(response)).containsExactly(3204, 3013);
        }
    }

    @ParameterizedTest
    @EnumSource(MediaBehavior.Completes.class)
    void completesInEveryManner(MediaBehavior.Completes how) throws Exception {
        bench.server.faults().next(new Fault.Behaves(MediaBehavior.DEFAULT.completing(how)));
        try (BackupClient client = BackupClient.storing(bench.vdi, names).start()) {
            bench.ok(BACKUP + Bench.clauses(names));
            client.awaitEnd();

            long expected = switch (how) {
                case NEVER -> 0;
                case FIRST_ONLY -> 1;
                case TOGETHER, EACH_ALONE, ONE_AFTER_ANOTHER, REVERSED -> 2;
            };
            assertThat(client.commands.stream().filter("Complete"::equals)).hasSize((int) expected);
            assertThat(client.config().features().has(Feature.COMPLETE_ENABLED)).isEqualTo(expected > 0);
        }
    }

    private Thread inBackground(String sql) {
        return Thread.ofPlatform().daemon().start(() -> {
            try (SqlSession session = bench.server.open(42)) {
                session.execute(Batch.of(sql), new CollectedResponse(), new Cancellation());
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
