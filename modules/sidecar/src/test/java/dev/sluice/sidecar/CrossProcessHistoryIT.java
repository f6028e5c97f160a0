package dev.sluice.sidecar;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.jna.NativeLibrary;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlMessage;
import dev.sluice.simulator.tds.SqlSession;
import dev.sluice.simulator.vdi.CrossProcessVdi;
import dev.sluice.vdi.ClientVirtualDevice;
import dev.sluice.vdi.ClientVirtualDeviceSet;
import dev.sluice.vdi.Command;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.Feature;
import dev.sluice.vdi.Features;
import dev.sluice.vdi.Timeouts;
import dev.sluice.vdi.VDConfig;
import dev.sluice.vdi.inprocess.VdiBehavior;
import dev.sluice.vdi.jna.LinuxVdi;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/// A random history of full, differential and log backups through the emulated `libsqlvdi.so` and JNA, restored and
/// compared: what the stand-in's own tests do in process, on the way that production goes.
@Timeout(300)
class CrossProcessHistoryIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(1);
    private static final int STEPS = 8;

    private final List<String> kinds = new ArrayList<>();
    private final List<List<byte[]>> backups = new ArrayList<>();
    private Path place;
    private LinuxVdi vdi;
    private SimulatedServer server;
    private SqlSession session;
    private int sets;

    @BeforeEach
    void start() throws Exception {
        Path library = Path.of(System.getProperty("sluice.native.dir", "../simulator/target/native"))
                .resolve("libsqlvdi.so")
                .toAbsolutePath()
                .normalize();
        if (!Boolean.getBoolean("sluice.require.native")) {
            Assumptions.assumeTrue(Files.exists(library), () -> library + " was not built: no g++ and make");
        }
        place = Files.createTempDirectory(Path.of("/dev/shm"), "sh");
        NativeLibrary.getInstance("c")
                .getFunction("setenv")
                .invokeInt(new Object[] {CrossProcessVdi.DIRECTORY_VARIABLE, place.toString(), 1});
        vdi = LinuxVdi.open(library);
        server = SimulatedServer.start(ServerOptions.of(new CrossProcessVdi(place, VdiBehavior.DEFAULT)::newServerSet)
                .withDatabase("Sales", 2 << 20));
        session = server.open(40);
    }

    @AfterEach
    void stop() throws Exception {
        if (server == null) {
            return;
        }
        session.close();
        server.close();
        try (var left = Files.list(place)) {
            assertThat(left).isEmpty();
        }
        Files.delete(place);
    }

    @Test
    void aHistoryThroughTheLibraryRestoresToTheSamePages() throws Exception {
        long seed = Long.getLong("sluice.seed", System.nanoTime());
        SplittableRandom random = new SplittableRandom(seed);
        take("DATABASE", 2, "COMPRESSION, CHECKSUM");
        int base = 0;
        for (int i = 0; i < STEPS; i++) {
            run("EXEC sluice_workload @database = N'Sales', @transactions = 3, @seed = " + random.nextInt(1_000));
            switch (random.nextInt(4)) {
                case 0 -> {
                    take("DATABASE", 1 + random.nextInt(3), "DIFFERENTIAL, CHECKSUM");
                    base = backups.size() - 1;
                }
                case 1 -> {
                    server.faults().next(new Fault.FailsAfterComplete());
                    assertThat(transfer("BACKUP LOG [Sales] TO", "FORMAT", 1, List.of())
                                    .errors())
                            .extracting(SqlMessage::number)
                            .containsExactly(3043, 3013);
                }
                default -> take("LOG", 1 + random.nextInt(2), random.nextBoolean() ? "COMPRESSION" : "CHECKSUM");
            }
        }
        // With something in it: a log that ends where a differential does is too early (4326).
        run("EXEC sluice_workload @database = N'Sales', @transactions = 3, @seed = " + random.nextInt(1_000));
        take("LOG", 1, "COMPRESSION");

        restore("DATABASE", 0, "MOVE N'Sales' TO N'/d/c.mdf', MOVE N'Sales_log' TO N'/d/c.ldf', NORECOVERY");
        if (base > 0) {
            restore("DATABASE", base, "NORECOVERY");
        }
        for (int i = base; i < backups.size(); i++) {
            if (kinds.get(i).equals("LOG")) {
                restore("LOG", i, "NORECOVERY");
            }
        }
        run("RESTORE DATABASE [Copy] WITH RECOVERY");
        assertThat(server.compare("Sales", "Copy")).as("-Dsluice.seed=%d", seed).isEmpty();
        assertThat(server.pageVersions("Copy")).isNotEmpty();
    }

    private void run(String sql) throws InterruptedException {
        CollectedResponse response = new CollectedResponse();
        session.execute(Batch.of(sql), response, new Cancellation());
        assertThat(response.errors()).as(sql).isEmpty();
    }

    private void take(String kind, int stripes, String options) throws Exception {
        List<ByteArrayOutputStream> sinks = new ArrayList<>();
        for (int i = 0; i < stripes; i++) {
            sinks.add(new ByteArrayOutputStream());
        }
        received = sinks;
        assertThat(transfer("BACKUP %s [Sales] TO".formatted(kind), options, stripes, List.of())
                        .errors())
                .isEmpty();
        kinds.add(kind);
        backups.add(sinks.stream().map(ByteArrayOutputStream::toByteArray).toList());
    }

    private void restore(String kind, int index, String options) throws Exception {
        List<byte[]> stripes = backups.get(index);
        assertThat(transfer("RESTORE %s [Copy] FROM".formatted(kind), options, stripes.size(), stripes)
                        .errors())
                .isEmpty();
    }

    private List<ByteArrayOutputStream> received = List.of();

    /// @param delivered what a restore reads; empty for a backup
    private CollectedResponse transfer(String statement, String options, int stripes, List<byte[]> delivered)
            throws Exception {
        if (delivered.isEmpty() && received.size() != stripes) {
            received = List.of(new ByteArrayOutputStream());
        }
        List<String> names = new ArrayList<>();
        for (int i = 0; i < stripes; i++) {
            names.add("history-%d-%d".formatted(sets, i));
        }
        sets++;
        Features features =
                delivered.isEmpty() ? Features.LIKE_PIPE.with(Feature.REQUEST_COMPLETE) : Features.LIKE_PIPE;
        ClientVirtualDeviceSet set = vdi.newClientSet();
        set.create(null, names.getFirst(), VDConfig.request(stripes, features));
        List<FutureTask<Boolean>> pumps = new ArrayList<>();
        FutureTask<Boolean> opener = new FutureTask<>(() -> {
            set.getConfiguration(PATIENTLY);
            for (int i = 0; i < stripes; i++) {
                int stripe = i;
                ClientVirtualDevice device = set.openDevice(names.get(i));
                FutureTask<Boolean> pump = new FutureTask<>(() -> pump(device, stripe, delivered));
                pumps.add(pump);
                Thread.ofPlatform().daemon().start(pump);
            }
            return true;
        });
        Thread.ofPlatform().daemon().start(opener);
        CollectedResponse response = new CollectedResponse();
        String devices = String.join(
                ", ", names.stream().map("VIRTUAL_DEVICE = N'%s'"::formatted).toList());
        session.execute(Batch.of("%s %s WITH %s".formatted(statement, devices, options)), response, new Cancellation());
        opener.get(PATIENTLY.toSeconds(), TimeUnit.SECONDS);
        for (FutureTask<Boolean> pump : pumps) {
            pump.get(PATIENTLY.toSeconds(), TimeUnit.SECONDS);
        }
        set.close();
        return response;
    }

    private boolean pump(ClientVirtualDevice device, int stripe, List<byte[]> delivered) {
        int position = 0;
        while (device.getCommand(Timeouts.INFINITE) instanceof Command command) {
            int code = CompletionCode.ERROR_SUCCESS;
            int bytes = 0;
            if (command instanceof Command.Write write) {
                received.get(stripe).writeBytes(write.buffer().toArray(ValueLayout.JAVA_BYTE));
                bytes = (int) write.buffer().byteSize();
            } else if (command instanceof Command.Read read) {
                byte[] data = delivered.get(stripe);
                bytes = (int) Math.min(read.buffer().byteSize(), data.length - position);
                MemorySegment.copy(MemorySegment.ofArray(data), position, read.buffer(), 0, bytes);
                position += bytes;
                code = bytes < read.buffer().byteSize() ? CompletionCode.ERROR_HANDLE_EOF : code;
            }
            device.completeCommand(command, code, bytes, 0);
        }
        return true;
    }
}
