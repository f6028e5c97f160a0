package dev.sluice.sidecar.serve.http;

import dev.sluice.engine.run.Environment;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.history.HistoryReader;
import dev.sluice.sidecar.serve.Endpoint;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.http.ApiModel.Health;
import java.io.IOException;
import java.io.InputStream;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Semaphore;

/// The HTTP interface of the service. `openapi.json` describes it. Health takes part in neither queue of what asks the
/// bucket or looks at jobs.
///
/// **Ownership:** owns its [HttpFront].
public final class HttpApi implements Endpoint {

    // The JDK reads them once in a process: with the first server of any kind, which may be made before the front.
    static {
        HttpLimits.apply();
    }

    /// Of those that look at what is in memory, metrics for one.
    private final Semaphore look = new Semaphore(8);

    /// Of those that watch: each keeps its thread, and the oldest makes room for a newcomer.
    private final Semaphore watch = new Semaphore(16);

    /// Of those that ask the bucket: a listing is held in memory as a whole.
    private final Semaphore ask = new Semaphore(4);

    private final Service service;
    private final HttpFront front;

    /// At this address; with port 0, at a free port of it. History is that in the bucket.
    public static Endpoint.Opening on(ListenAddress listen) {
        return service -> new HttpApi(service, listen);
    }

    /// @param history of the service's jobs
    public static Endpoint.Opening on(ListenAddress listen, HistoryReader history) {
        return service -> new HttpApi(service, listen, history);
    }

    private static HistoryReader inBucket(Service service) {
        Environment env = service.engine().environment();
        return new HistoryReader(env.store(), env.catalog().keys());
    }

    HttpApi(Service service, ListenAddress listen) throws IOException {
        this(service, listen, inBucket(service));
    }

    HttpApi(Service service, ListenAddress listen, HistoryReader history) throws IOException {
        this.service = service;
        JobHandlers jobs = new JobHandlers(service);
        BackupHandlers backups = new BackupHandlers(service.engine());
        RestoreHandlers restores = new RestoreHandlers(service);
        VerificationHandlers verifications = new VerificationHandlers(service, backups);
        DrillHandlers drills = new DrillHandlers(service);
        HistoryHandlers past = new HistoryHandlers(history, InstantSource.system());
        PauseHandlers pauses = new PauseHandlers(service);
        HoldHandlers holds = new HoldHandlers(service, backups, InstantSource.system());
        StatusPage page = new StatusPage();
        List<Route> routes = List.of(
                new Route("GET", "/health/live", null, _ -> live()),
                new Route("GET", "/health/started", null, _ -> ApiResponse.json(200, new ApiModel.Status(Health.UP))),
                new Route("GET", "/health/ready", null, _ -> ready()),
                new Route("GET", "/openapi.json", null, _ -> openApi()),
                new Route("GET", "/", null, _ -> page.document()),
                new Route("GET", "/page.css", null, _ -> page.style()),
                new Route("GET", "/parts.js", null, _ -> page.parts()),
                new Route("GET", "/page.js", null, _ -> page.script()),
                new Route("GET", "/pauses.js", null, _ -> page.pauses()),
                new Route("GET", "/holds.js", null, _ -> page.holds()),
                new Route("GET", "/icon.svg", null, _ -> page.icon()),
                new Route("GET", "/metrics", look, _ -> metrics()),
                new Route("GET", "/api/v1/status", look, _ -> status()),
                new Route("GET", "/api/v1/events", watch, _ -> new EventStream(service)),
                new Route("GET", "/api/v1/jobs", look, jobs::list),
                new Route("POST", "/api/v1/jobs", look, jobs::start),
                new Route("GET", "/api/v1/jobs/{id}", look, jobs::show),
                new Route("DELETE", "/api/v1/jobs/{id}", look, jobs::cancel),
                new Route("GET", "/api/v1/backups", ask, backups::list),
                new Route("GET", "/api/v1/backups/{id}", ask, backups::show),
                new Route("GET", "/api/v1/plan", ask, backups::plan),
                new Route("GET", "/api/v1/history", ask, past::list),
                new Route("GET", "/api/v1/history/days", ask, past::days),
                new Route("GET", "/api/v1/pauses", look, pauses::list),
                Route.destructive("POST", "/api/v1/pauses", ask, pauses::start),
                Route.destructive("DELETE", "/api/v1/pauses/{id}", ask, pauses::end),
                new Route("GET", "/api/v1/holds", ask, holds::list),
                Route.destructive("POST", "/api/v1/holds", ask, holds::place),
                Route.destructive("DELETE", "/api/v1/holds/{id}", ask, holds::release),
                new Route("GET", "/api/v1/restores", look, restores::list),
                Route.destructive("POST", "/api/v1/restores", ask, restores::start),
                new Route("GET", "/api/v1/restores/{id}", look, restores::show),
                Route.destructive("DELETE", "/api/v1/restores/{id}", look, restores::cancel),
                new Route("GET", "/api/v1/verifications", look, verifications::list),
                new Route("POST", "/api/v1/verifications", ask, verifications::start),
                new Route("GET", "/api/v1/verifications/{id}", look, verifications::show),
                new Route("DELETE", "/api/v1/verifications/{id}", look, verifications::cancel),
                new Route("GET", "/api/v1/drills", look, drills::list),
                new Route("GET", "/api/v1/drills/{id}", look, drills::show),
                new Route("DELETE", "/api/v1/drills/{id}", look, drills::cancel));
        this.front = new HttpFront(
                listen, routes, () -> service.settings().token(), service.metrics()::refused, "/openapi.json");
    }

    @Override
    public void start() {
        front.start();
    }

    @Override
    public int port() {
        return front.port();
    }

    List<Route> routes() {
        return front.routes();
    }

    // ---- what needs no more than the service ----

    private ApiResponse live() {
        boolean alive = service.isAlive();
        return ApiResponse.json(alive ? 200 : 503, new ApiModel.Status(Health.of(alive)));
    }

    private ApiResponse ready() {
        Map<String, Boolean> checks = service.checks();
        boolean up = !checks.containsValue(false);
        Map<String, Health> each = new LinkedHashMap<>();
        checks.forEach((name, well) -> each.put(name, Health.of(well)));
        return ApiResponse.json(up ? 200 : 503, new ApiModel.Readiness(Health.of(up), each));
    }

    private ApiResponse status() {
        return ApiResponse.json(200, StatusModel.ServiceStatus.of(service.status()));
    }

    private ApiResponse metrics() {
        return ApiResponse.text(
                "text/plain; version=0.0.4; charset=utf-8", service.metrics().scrape());
    }

    private static ApiResponse openApi() throws IOException {
        try (InputStream in = HttpApi.class.getResourceAsStream("openapi.json")) {
            if (in == null) {
                throw new IOException("openapi.json is missing from the program's own jar");
            }
            return new ApiResponse(200, "application/json", in.readAllBytes(), Map.of());
        }
    }

    @Override
    public void close() {
        front.close();
    }
}
