package dev.sluice.sidecar.serve.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.history.HistoryReader;
import dev.sluice.sidecar.serve.Endpoint;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.http.ApiModel.Health;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The HTTP interface, on the JDK's own server, a virtual thread a request. `openapi.json` describes it.
///
/// What clients can take is bounded by [HttpLimits] and [RequestLimiter]. Health takes part in neither queue of what
/// asks the bucket or looks at jobs.
///
/// **Ownership:** owns its server and its limiter.
public final class HttpApi implements Endpoint {

    private static final Logger log = LoggerFactory.getLogger(HttpApi.class);

    static {
        HttpLimits.apply();
    }

    /// Requests at once. Each may hold some 100 KiB while its headers arrive.
    static final int PLACES = 256;

    /// Connections that the system keeps until they are accepted.
    private static final int BACKLOG = 1_024;

    /// Of those that look at what is in memory, metrics for one.
    private final Semaphore look = new Semaphore(8);

    /// Of those that watch: each keeps its thread, and the oldest makes room for a newcomer.
    private final Semaphore watch = new Semaphore(16);

    /// Of those that ask the bucket: a listing is held in memory as a whole.
    private final Semaphore ask = new Semaphore(4);

    private final Service service;
    private final HttpServer server;
    private final RefusalLog refusals;
    private final RequestLimiter limiter;
    private final List<Route> routes;

    /// Answers one kind of request.
    interface Handler {
        ApiAnswer answer(ApiRequest call) throws IOException;
    }

    /// @param template  path, with at most one `{…}`
    /// @param path      the same as a pattern
    /// @param part      what only a few requests may use at a time; null where it answers at once, and without
    ///                  a token: what a probe asks, and what it says is no secret
    /// @param tokenOnly whether it is refused where no token is configured, because it may destroy a database,
    ///                  or keep it from being backed up
    record Route(
            String method,
            String template,
            Pattern path,
            @Nullable Semaphore part,
            boolean tokenOnly,
            Handler handler) {

        private static final Pattern PARAMETER = Pattern.compile("\\{\\w+}");

        Route(String method, String template, @Nullable Semaphore part, Handler handler) {
            this(method, template, pattern(template), part, false, handler);
        }

        static Route destructive(String method, String template, Semaphore part, Handler handler) {
            return new Route(method, template, pattern(template), part, true, handler);
        }

        private static Pattern pattern(String template) {
            return Pattern.compile(PARAMETER.matcher(Pattern.quote(template)).replaceAll("\\\\E([^/]+)\\\\Q"));
        }

        boolean open() {
            return part == null;
        }

        Optional<String> match(String requested) {
            Matcher matcher = path.matcher(requested);
            return matcher.matches()
                    ? Optional.of(matcher.groupCount() == 0 ? "" : ApiRequest.decode(matcher.group(1)))
                    : Optional.empty();
        }
    }

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
        this.server = HttpServer.create(new InetSocketAddress(listen.host(), listen.port()), BACKLOG);
        this.refusals = new RefusalLog(service.metrics());
        this.limiter =
                new RequestLimiter(PLACES, why -> refusals.add(why, "more requests at once than there are places"));
        JobHandlers jobs = new JobHandlers(service);
        BackupHandlers backups = new BackupHandlers(service.engine());
        RestoreHandlers restores = new RestoreHandlers(service);
        VerificationHandlers verifications = new VerificationHandlers(service, backups);
        HistoryHandlers past = new HistoryHandlers(history, InstantSource.system());
        PauseHandlers pauses = new PauseHandlers(service);
        StatusPage page = new StatusPage();
        this.routes = List.of(
                new Route("GET", "/health/live", null, _ -> live()),
                new Route("GET", "/health/started", null, _ -> ApiResponse.json(200, new ApiModel.Status(Health.UP))),
                new Route("GET", "/health/ready", null, _ -> ready()),
                new Route("GET", "/openapi.json", null, _ -> openApi()),
                new Route("GET", "/", null, _ -> page.document()),
                new Route("GET", "/page.css", null, _ -> page.style()),
                new Route("GET", "/page.js", null, _ -> page.script()),
                new Route("GET", "/pauses.js", null, _ -> page.pauses()),
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
                new Route("GET", "/api/v1/restores", look, restores::list),
                Route.destructive("POST", "/api/v1/restores", ask, restores::start),
                new Route("GET", "/api/v1/restores/{id}", look, restores::show),
                Route.destructive("DELETE", "/api/v1/restores/{id}", look, restores::cancel),
                new Route("GET", "/api/v1/verifications", look, verifications::list),
                new Route("POST", "/api/v1/verifications", ask, verifications::start),
                new Route("GET", "/api/v1/verifications/{id}", look, verifications::show),
                new Route("DELETE", "/api/v1/verifications/{id}", look, verifications::cancel));
        server.setExecutor(limiter);
        server.createContext("/", this::handle);
    }

    @Override
    public void start() {
        server.start();
    }

    @Override
    public int port() {
        return server.getAddress().getPort();
    }

    List<Route> routes() {
        return routes;
    }

    private void handle(HttpExchange exchange) throws IOException {
        try (exchange) {
            ApiAnswer answer;
            try {
                answer = answer(exchange);
            } catch (HttpProblem problem) {
                answer = problem(problem);
            } catch (RuntimeException e) {
                answer = failed(e, exchange.getRequestURI().getPath());
            }
            RequestLimiter.visit().waitForClient();
            switch (answer) {
                case ApiResponse response -> send(exchange, response);
                case EventStream events -> send(exchange, events);
            }
        }
    }

    private static ApiResponse failed(RuntimeException e, String path) {
        OperationFailed failure = Failures.of(e);
        if (failure.id() != FailureId.UNEXPECTED) {
            return ApiResponse.problem(HttpProblem.of(failure));
        }
        log.atError().setCause(e).addKeyValue("path", path).log("a request failed");
        // The log has the rest: what it says may be nothing for a client.
        return ApiResponse.problem(new HttpProblem(
                failure.id(), "This is a defect of Sluice's: " + e.getClass().getSimpleName(), "see the log"));
    }

    private ApiResponse problem(HttpProblem problem) {
        switch (problem.status()) {
            case 400, 401, 403, 413, 415 -> refusals.add(problem.id().text(), String.valueOf(problem.getMessage()));
            case 503 -> refusals.add(problem.id().text(), "more of one kind at once than are answered");
            default -> {
                // An answer as good as any.
            }
        }
        return ApiResponse.problem(problem);
    }

    private ApiAnswer answer(HttpExchange exchange) throws IOException {
        AccessCheck.checkHost(exchange.getRequestHeaders());
        String path = exchange.getRequestURI().getRawPath();
        String method = exchange.getRequestMethod().equals("HEAD") ? "GET" : exchange.getRequestMethod();
        List<Route> here =
                routes.stream().filter(route -> route.match(path).isPresent()).toList();
        Optional<Route> route =
                here.stream().filter(one -> one.method.equals(method)).findFirst();
        if (route.isEmpty() || !route.get().open()) {
            AccessCheck.check(exchange.getRequestHeaders(), service.settings().token());
        }
        if (route.isPresent() && route.get().tokenOnly()) {
            AccessCheck.requireToken(service.settings().token());
        }
        if (here.isEmpty()) {
            throw new HttpProblem(FailureId.NOT_FOUND, "there is nothing at " + path, "see /openapi.json");
        }
        if (route.isEmpty()) {
            String allowed = here.stream().map(Route::method).collect(Collectors.joining(", "));
            return ApiResponse.problem(new HttpProblem(
                            FailureId.METHOD_NOT_ALLOWED, "%s takes %s".formatted(path, allowed), "see /openapi.json"))
                    .with("Allow", allowed);
        }
        ApiRequest call = ApiRequest.of(exchange, route.get().match(path).orElse(""));
        Semaphore part = route.get().part;
        if (part != null) {
            RequestLimiter.visit().work(part);
        }
        return route.get().handler.answer(call);
    }

    private static void prepare(HttpExchange exchange, String contentType) {
        exchange.getResponseHeaders().set("Content-Type", contentType);
        exchange.getResponseHeaders().set("Cache-Control", "no-store");
        exchange.getResponseHeaders().set("X-Content-Type-Options", "nosniff");
    }

    private static void send(HttpExchange exchange, EventStream events) throws IOException {
        prepare(exchange, EventStream.CONTENT_TYPE);
        if (exchange.getRequestMethod().equals("HEAD")) {
            exchange.sendResponseHeaders(200, -1);
            return;
        }
        exchange.sendResponseHeaders(200, 0);
        try (OutputStream out = exchange.getResponseBody()) {
            events.writeTo(out);
        }
    }

    private static void send(HttpExchange exchange, ApiResponse answer) throws IOException {
        prepare(exchange, answer.contentType());
        answer.headers().forEach(exchange.getResponseHeaders()::set);
        if (exchange.getRequestHeaders().containsKey("Transfer-Encoding")) {
            // What the JDK takes for the end of such a body may not be what a proxy takes for it.
            exchange.getResponseHeaders().set("Connection", "close");
        }
        boolean head = exchange.getRequestMethod().equals("HEAD");
        exchange.sendResponseHeaders(answer.status(), head || answer.body().length == 0 ? -1 : answer.body().length);
        if (!head) {
            exchange.getResponseBody().write(answer.body());
            // Before the rest of the body is read, which may make no sense.
            exchange.getResponseBody().flush();
        }
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
        return ApiResponse.json(200, ApiModel.ServiceStatus.of(service.status()));
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
        server.stop(0);
        limiter.close();
    }
}
