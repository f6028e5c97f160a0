package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.fleet.Fleet;
import dev.sluice.engine.fleet.FleetServer;
import dev.sluice.engine.run.FailureId;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.report.FleetDisplay;
import dev.sluice.sidecar.serve.http.ApiModel.Health;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/// The page of a fleet, and what it asks. It only reads: nothing can be begun, cancelled or changed here.
///
/// However many people look, the bucket is read once in [#FRESH], and when that fails, once in [#FAILED].
///
/// **Ownership:** owns its [HttpFront].
public final class FleetApi implements AutoCloseable {

    /// For which what was read is shown again.
    private static final Duration FRESH = Duration.ofSeconds(15);

    /// For which a failure is told again. A request that came while the bucket was asked gets the same answer.
    private static final Duration FAILED = Duration.ofSeconds(5);

    private final Supplier<Fleet> reading;
    private final String place;
    private final HttpFront front;
    private final CountDownLatch closed = new CountDownLatch(1);
    private final ReentrantLock lock = new ReentrantLock();
    private @Nullable Read last; // guarded by lock

    /// A look at the bucket: the fleet, or why there is none.
    ///
    /// @param at when it ended, by [System#nanoTime()]
    private record Read(@Nullable Fleet fleet, @Nullable RuntimeException failure, long at) {
        boolean holds() {
            Duration holds = failure == null ? FRESH : FAILED;
            return System.nanoTime() - at < holds.toNanos();
        }

        Fleet get() {
            if (fleet == null) {
                throw Objects.requireNonNull(failure);
            }
            return fleet;
        }
    }

    /// Begins to listen.
    ///
    /// @param token   what clients must send; null where only this machine can reach the address
    /// @param place   of the bucket, for people
    /// @param reading reads the fleet now
    ///
    /// **Errors:** [IOException] when it cannot listen.
    public static FleetApi start(ListenAddress listen, @Nullable Secret token, String place, Supplier<Fleet> reading)
            throws IOException {
        FleetApi api = new FleetApi(listen, token, place, reading);
        api.front.start();
        return api;
    }

    private FleetApi(ListenAddress listen, @Nullable Secret token, String place, Supplier<Fleet> reading)
            throws IOException {
        this.reading = reading;
        this.place = place;
        // Of those that wait for the bucket, all but one wait for that one, and get its answer or its failure.
        Semaphore ask = new Semaphore(16);
        ApiResponse document = StatusPage.file("fleet.html", "text/html; charset=utf-8");
        ApiResponse script = StatusPage.file("fleet.js", "text/javascript; charset=utf-8");
        StatusPage shared = new StatusPage();
        List<Route> routes = List.of(
                new Route("GET", "/health/live", null, _ -> ApiResponse.json(200, new ApiModel.Status(Health.UP))),
                new Route("GET", "/", null, _ -> document),
                new Route("GET", "/page.css", null, _ -> shared.style()),
                new Route("GET", "/parts.js", null, _ -> shared.parts()),
                new Route("GET", "/fleet.js", null, _ -> script),
                new Route("GET", "/icon.svg", null, _ -> shared.icon()),
                new Route("GET", "/api/v1/fleet", ask, _ -> list()),
                new Route("GET", "/api/v1/fleet/{server}", ask, this::show));
        this.front = new HttpFront(listen, routes, () -> token, _ -> {}, "docs/fleet.md");
    }

    /// The port that it listens on.
    public int port() {
        return front.port();
    }

    /// Waits until it is closed.
    public void awaitEnd() throws InterruptedException {
        closed.await();
    }

    private Fleet fleet() {
        lock.lock();
        try {
            Read known = last;
            if (known == null || !known.holds()) {
                known = read();
                last = known;
            }
            return known.get();
        } finally {
            lock.unlock();
        }
    }

    private Read read() {
        try {
            return new Read(reading.get(), null, System.nanoTime());
        } catch (RuntimeException e) {
            return new Read(null, e, System.nanoTime());
        }
    }

    private ApiResponse list() {
        Fleet fleet = fleet();
        Map<String, Object> document = FleetDisplay.document(fleet, place);
        document.put(
                "list", fleet.servers().stream().map(FleetDisplay::document).toList());
        return ApiResponse.json(document);
    }

    private ApiResponse show(ApiRequest call) {
        FleetServer server = fleet().servers().stream()
                .filter(one -> one.server().equals(call.path()))
                .findFirst()
                .orElseThrow(() -> new HttpProblem(
                        FailureId.NOT_FOUND,
                        "there is no server %s below %s".formatted(call.path(), place),
                        "its directory may have been removed meanwhile"));
        return ApiResponse.json(FleetDisplay.whole(server));
    }

    @Override
    public void close() {
        front.close();
        closed.countDown();
    }
}
