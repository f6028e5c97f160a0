package dev.sluice.vdi.reactor;

import dev.sluice.vdi.CommandCode;
import dev.sluice.vdi.CompletionCode;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.reactivestreams.Publisher;
import org.reactivestreams.tck.PublisherVerification;
import org.reactivestreams.tck.TestEnvironment;
import org.testng.annotations.AfterMethod;
import org.testng.annotations.Test;

/// The Reactive Streams TCK over a device's `Flux`, with a server that sends Flush commands.
@Test
public class DeviceFluxVerification extends PublisherVerification<Lease> {

    private final List<Runnable> ends = new ArrayList<>();

    public DeviceFluxVerification() {
        super(new TestEnvironment(500, 100));
    }

    @Override
    public Publisher<Lease> createPublisher(long elements) {
        InProcessVdi host = new InProcessVdi();
        List<String> names = List.of("tck");
        DeviceSet set = DeviceSet.create(host::newClientSet, names, ScriptedServer.request(1))
                .block();
        ScriptedServer server = ScriptedServer.attach(host, names);
        ends.add(() -> {
            set.abort().block(Duration.ofSeconds(5));
            server.close();
        });
        Thread sender = Thread.ofPlatform().daemon().start(() -> {
            for (long i = 0; i < elements; i++) {
                server.control(0, CommandCode.FLUSH);
                if (server.outcome().code() != CompletionCode.ERROR_SUCCESS) {
                    return;
                }
            }
            server.closeDevice(0);
        });
        ends.add(() -> sender.interrupt());
        return set.open()
                .block(Duration.ofSeconds(5))
                .devices()
                .getFirst()
                .doOnNext(lease -> lease.answer(CompletionCode.ERROR_SUCCESS));
    }

    @Override
    public Publisher<Lease> createFailedPublisher() {
        InProcessVdi host = new InProcessVdi();
        List<String> names = List.of("tck");
        DeviceSet set = DeviceSet.create(host::newClientSet, names, ScriptedServer.request(1))
                .block();
        try (ScriptedServer server = ScriptedServer.attach(host, names)) {
            DeviceSet.Opened opened = set.open().block(Duration.ofSeconds(5));
            server.abort();
            set.abort().block(Duration.ofSeconds(5));
            return opened.devices().getFirst();
        }
    }

    @Override
    public long maxElementsFromPublisher() {
        return 1_000;
    }

    @AfterMethod
    void end() {
        ends.reversed().forEach(Runnable::run);
        ends.clear();
    }
}
