package dev.sluice.sidecar.serve.http;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.sluice.engine.run.FailureId;
import dev.sluice.engine.run.Failures;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Secret;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// Takes requests in on the JDK's own server, a virtual thread a request, decides who may ask, and sends what a route
/// answers.
///
/// What clients can take is bounded by [HttpLimits] and [RequestLimiter].
///
/// **Ownership:** owns its server and its limiter.
final class HttpFront implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(HttpFront.class);

    static {
        HttpLimits.apply();
    }

    /// Requests at once. Each may hold some 100 KiB while its headers arrive.
    static final int PLACES = 256;

    /// Connections that the system keeps until they are accepted.
    private static final int BACKLOG = 1_024;

    private final HttpServer server;
    private final RefusalLog refusals;
    private final RequestLimiter limiter;
    private final List<Route> routes;
    private final Supplier<@Nullable Secret> token;
    private final String paths;

    /// Listens, and answers nothing before [#start()].
    ///
    /// @param listen  with port 0, at a free port of the address
    /// @param token   what clients must send now; null where only this machine can reach the address
    /// @param refused counts what is turned away, by its reason
    /// @param paths   where a client finds what it can ask for
    ///
    /// **Errors:** [IOException] when it cannot listen.
    HttpFront(
            ListenAddress listen,
            List<Route> routes,
            Supplier<@Nullable Secret> token,
            Consumer<String> refused,
            String paths)
            throws IOException {
        this.paths = paths;
        this.routes = List.copyOf(routes);
        this.token = token;
        this.server = HttpServer.create(new InetSocketAddress(listen.host(), listen.port()), BACKLOG);
        this.refusals = new RefusalLog(refused);
        this.limiter =
                new RequestLimiter(PLACES, why -> refusals.add(why, "more requests at once than there are places"));
        server.setExecutor(limiter);
        server.createContext("/", this::handle);
    }

    void start() {
        server.start();
    }

    int port() {
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
                here.stream().filter(one -> one.method().equals(method)).findFirst();
        if (route.isEmpty() || !route.get().open()) {
            AccessCheck.check(exchange.getRequestHeaders(), token.get());
        }
        if (route.isPresent() && route.get().tokenOnly()) {
            AccessCheck.requireToken(token.get());
        }
        if (here.isEmpty()) {
            throw new HttpProblem(FailureId.NOT_FOUND, "there is nothing at " + path, "see " + paths);
        }
        if (route.isEmpty()) {
            String allowed = here.stream().map(Route::method).collect(Collectors.joining(", "));
            return ApiResponse.problem(new HttpProblem(
                            FailureId.METHOD_NOT_ALLOWED, "%s takes %s".formatted(path, allowed), "see " + paths))
                    .with("Allow", allowed);
        }
        ApiRequest call = ApiRequest.of(exchange, route.get().match(path).orElse(""));
        Semaphore part = route.get().part();
        if (part != null) {
            RequestLimiter.visit().work(part);
        }
        return route.get().handler().answer(call);
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

    @Override
    public void close() {
        server.stop(0);
        limiter.close();
    }
}
