package dev.sluice.sidecar.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.networknt.schema.Error;
import com.networknt.schema.InputFormat;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import dev.sluice.engine.run.Environment;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.history.History;
import dev.sluice.sidecar.serve.Client;
import dev.sluice.sidecar.serve.HistoryListener;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.ServiceIT;
import dev.sluice.sidecar.serve.ServiceSettings;
import java.net.http.HttpResponse;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;

/// The OpenAPI document and the server say the same.
@Timeout(300)
class OpenApiIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);

    @TempDir
    Path directory;

    private EmbeddedForTests installation;
    private Service service;
    private History history;
    private HttpApi api;
    private Client client;
    private Client stranger;
    private JsonNode document;

    @BeforeEach
    void start() throws Exception {
        installation = EmbeddedForTests.start(directory, options -> options.withDatabase("Sales", 1 << 20));
        Environment env = installation.engine().environment();
        history = History.start(env.store(), env.catalog().keys(), env.version(), env.identity(), 90);
        service = Service.start(
                installation.engine(),
                new ServiceSettings(
                        ServiceIT.policies(null, "0 1 1 1 *", null), installation::request, new Secret("open sesame")),
                opened -> {
                    api = new HttpApi(opened, new ListenAddress("127.0.0.1", 0), history.reader());
                    return api;
                },
                InstantSource.system(),
                List.of(new HistoryListener(history)));
        client = new Client(service.port(), "open sesame");
        stranger = new Client(service.port(), null);
        document = client.json("/openapi.json");
    }

    @AfterEach
    void stop() {
        service.close();
        history.close();
        installation.close();
        client.close();
        stranger.close();
    }

    @Test
    void everyRouteIsDescribedAndNothingElse() {
        Set<String> described = new TreeSet<>();
        document.get("paths")
                .properties()
                .forEach(path -> path.getValue()
                        .propertyNames()
                        .forEach(method -> described.add(method.toUpperCase(Locale.ROOT) + " " + path.getKey())));
        Set<String> served = new TreeSet<>();
        api.routes().forEach(route -> served.add(route.method() + " " + route.template()));

        assertThat(described).isEqualTo(served);
        api.routes()
                .forEach(route -> assertThat(
                                operation(route.method(), route.template()).has("security"))
                        .as("%s is open", route.template())
                        .isEqualTo(route.open()));
    }

    private JsonNode operation(String method, String template) {
        return document.get("paths").get(template).get(method.toLowerCase(Locale.ROOT));
    }

    /// The id of the backup that the service begins with, once its job is over.
    private String firstBackup() {
        await().atMost(PATIENTLY)
                .until(() -> client.json("/api/v1/jobs")
                                .at("/jobs/0/state")
                                .asString()
                                .equals("good")
                        && client.get("/health/ready").statusCode() == 200);
        return await().atMost(PATIENTLY)
                .until(() -> client.json("/api/v1/backups").at("/backups/0/id").asString(), id -> !id.isEmpty());
    }

    @Test
    void everyAnswerIsAsDescribed() throws Exception {
        String backup = firstBackup();

        matches(client, "GET", "/health/live", "/health/live", null, 200);
        matches(stranger, "GET", "/health/live", "/health/live", null, 200);
        matches(client, "GET", "/health/started", "/health/started", null, 200);
        matches(stranger, "GET", "/health/ready", "/health/ready", null, 200);
        matches(client, "GET", "/metrics", "/metrics", null, 200);
        matches(client, "GET", "/api/v1/status", "/api/v1/status", null, 200);
        matches(stranger, "GET", "/api/v1/status", "/api/v1/status", null, 401);
        matches(stranger, "GET", "/api/v1/events", "/api/v1/events", null, 401);
        matches(client, "GET", "/api/v1/jobs", "/api/v1/jobs", null, 200);
        matches(client, "GET", "/api/v1/jobs/1", "/api/v1/jobs/{id}", null, 200);
        matches(client, "GET", "/api/v1/jobs/77", "/api/v1/jobs/{id}", null, 404);
        matches(client, "DELETE", "/api/v1/jobs/77", "/api/v1/jobs/{id}", null, 404);
        matches(client, "DELETE", "/api/v1/jobs/1", "/api/v1/jobs/{id}", null, 409);
        matches(client, "GET", "/api/v1/backups", "/api/v1/backups", null, 200);
        matches(client, "GET", "/api/v1/backups/" + backup, "/api/v1/backups/{id}", null, 200);
        matches(client, "GET", "/api/v1/backups/none", "/api/v1/backups/{id}", null, 404);
        matches(client, "GET", "/api/v1/plan?database=Sales&to=end", "/api/v1/plan", null, 200);
        matches(client, "GET", "/api/v1/plan?database=Sales&to=end&as=Copy", "/api/v1/plan", null, 200);
        matches(client, "GET", "/api/v1/plan?database=Sales&to=end&existing=burn", "/api/v1/plan", null, 400);
        matches(client, "GET", "/api/v1/plan?database=Sales&to=2001-01-01T00:00:00Z", "/api/v1/plan", null, 200);
        matches(client, "GET", "/api/v1/plan?database=Sales&to=yesterday", "/api/v1/plan", null, 400);
        matches(client, "GET", "/api/v1/plan?database=Sales", "/api/v1/plan", null, 400);
        matches(client, "GET", "/api/v1/history", "/api/v1/history", null, 200);
        matches(client, "GET", "/api/v1/history?database=Sales&limit=1&failed=true", "/api/v1/history", null, 200);
        for (String wrong :
                List.of("limit=0", "limit=1001", "since=yesterday", "until=1", "type=fool", "failed=maybe")) {
            matches(client, "GET", "/api/v1/history?" + wrong, "/api/v1/history", null, 400);
        }
        matches(client, "GET", "/api/v1/history/days", "/api/v1/history/days", null, 200);
        matches(client, "GET", "/api/v1/history/days?days=93", "/api/v1/history/days", null, 400);
        String full = "{\"database\": \"Sales\", \"type\": \"full\"}";
        matches(client, "POST", "/api/v1/jobs", "/api/v1/jobs", full, 202);
        matches(client, "POST", "/api/v1/jobs", "/api/v1/jobs", full.replace("Sales", "Nowhere"), 404);
        matches(client, "POST", "/api/v1/jobs", "/api/v1/jobs", full.replace("full", "half"), 400);
        matches(client, "POST", "/api/v1/jobs", "/api/v1/jobs", "{", 400);
        matches(client, "POST", "/api/v1/jobs", "/api/v1/jobs", "x".repeat(70_000), 413);
        matches(client, "POST", "/api/v1/jobs", "/api/v1/jobs", null, 415);
        matches(client, "DELETE", "/api/v1/jobs/" + newest(), "/api/v1/jobs/{id}", null, 202, 409);
    }

    @Test
    void everyAnswerAboutRestoresAndVerificationsIsAsDescribed() throws Exception {
        String backup = firstBackup();
        String restores = "/api/v1/restores";
        String restore = "{\"database\": \"Sales\", \"to\": \"end\", \"as\": \"Copy\"}";
        matches(client, "POST", restores, restores, restore, 202);
        awaitEnd(restores + "/restore-1", "good");
        matches(client, "POST", restores, restores, restore.replace("Copy", "Sales"), 409);
        matches(client, "POST", restores, restores, restore.replace("end", "2001-01-01T00:00:00Z"), 409);
        matches(client, "POST", restores, restores, restore.replace("\"to\": \"end\"", "\"backup\": \"X\""), 404);
        matches(client, "POST", restores, restores, "{", 400);
        matches(client, "POST", restores, restores, "x".repeat(70_000), 413);
        matches(client, "POST", restores, restores, null, 415);
        matches(client, "GET", restores, restores, null, 200);
        matches(client, "GET", restores + "/restore-1", restores + "/{id}", null, 200);
        matches(client, "GET", restores + "/restore-77", restores + "/{id}", null, 404);
        matches(client, "DELETE", restores + "/restore-1", restores + "/{id}", null, 409);

        String verifications = "/api/v1/verifications";
        String verification = "{\"backup\": \"%s\"}".formatted(backup);
        matches(client, "POST", verifications, verifications, verification, 202);
        awaitEnd(verifications + "/verification-1", "good");
        matches(client, "POST", verifications, verifications, verification.replace(backup, "none"), 404);
        matches(client, "POST", verifications, verifications, "{}", 400);
        matches(client, "GET", verifications, verifications, null, 200);
        matches(client, "GET", verifications + "/verification-1", verifications + "/{id}", null, 200);
        matches(client, "DELETE", verifications + "/verification-1", verifications + "/{id}", null, 409);
        matches(client, "DELETE", verifications + "/verification-77", verifications + "/{id}", null, 404);
        matches(client, "GET", "/api/v1/drills", "/api/v1/drills", null, 200);
        matches(client, "GET", "/api/v1/drills/drill-77", "/api/v1/drills/{id}", null, 404);
        matches(client, "DELETE", "/api/v1/drills/drill-77", "/api/v1/drills/{id}", null, 404);
    }

    @Test
    void everyAnswerAboutHoldsIsAsDescribed() throws Exception {
        String backup = firstBackup();
        String holds = "/api/v1/holds";
        String hold = "{\"backup\": \"%s\", \"reason\": \"audit\"}".formatted(backup);
        matches(client, "GET", holds, holds, null, 200);
        matches(client, "POST", holds, holds, hold, 201);
        matches(client, "GET", holds, holds, null, 200);
        matches(client, "POST", holds, holds, hold.replace(backup, "none"), 404);
        matches(client, "POST", holds, holds, hold.replace("reason", "why"), 400);
        matches(client, "POST", holds, holds, "x".repeat(70_000), 413);
        matches(client, "POST", holds, holds, null, 415);
        matches(client, "POST", holds, holds, hold.replace("\"audit\"", "\"audit\", \"lock\": true"), 503);
        matches(client, "DELETE", holds + "/" + backup, holds + "/{id}", null, 200);
        matches(client, "DELETE", holds + "/" + backup, holds + "/{id}", null, 404);
        matches(client, "DELETE", holds + "/none", holds + "/{id}", null, 404);
    }

    private void awaitEnd(String job, String state) {
        await().atMost(PATIENTLY)
                .until(() -> client.json(job).path("state").asString("").equals(state));
    }

    private String newest() throws Exception {
        return client.json("/api/v1/jobs").at("/jobs/0/id").asString();
    }

    @Test
    void withoutTheTokenNothingIsToldButHealth() throws Exception {
        for (Route route : api.routes()) {
            String path = route.template().replace("{id}", "1");
            if (route.open()) {
                assertThat(stranger.send(route.method(), path, null).statusCode())
                        .as(path)
                        .isIn(200, 503);
            } else {
                matches(stranger, route.method(), path, route.template(), null, 401);
            }
        }
        try (Client wrong = new Client(service.port(), "open barley")) {
            HttpResponse<String> answer = wrong.get("/metrics");
            assertThat(answer.statusCode()).isEqualTo(401);
            assertThat(answer.headers().firstValue("WWW-Authenticate")).contains("Bearer");
        }
        assertThat(stranger.get("/nothing").statusCode())
                .as("not even what there is")
                .isEqualTo(401);
    }

    @Test
    void whatThereIsNotIsAProblemToo() throws Exception {
        assertThat(client.get("/nothing").statusCode()).isEqualTo(404);
        HttpResponse<String> answer = client.send("DELETE", "/metrics", null);
        assertThat(answer.statusCode()).isEqualTo(405);
        assertThat(answer.headers().firstValue("Allow")).contains("GET");
        assertThat(answer.headers().firstValue("Content-Type")).contains("application/problem+json");
    }

    private void matches(Client by, String method, String path, String template, String body, Integer... statuses)
            throws Exception {
        HttpResponse<String> answer = by.send(method, path, body);
        String what = "%s %s: %s".formatted(method, path, answer.body());
        assertThat(answer.statusCode()).as(what).isIn((Object[]) statuses);
        JsonNode response = operation(method, template).get("responses").get(String.valueOf(answer.statusCode()));
        assertThat(response).as("described: " + what).isNotNull();
        Map.Entry<String, JsonNode> content =
                response.get("content").properties().iterator().next();
        assertThat(answer.headers().firstValue("Content-Type").orElse(""))
                .as(what)
                .startsWith(content.getKey());
        if (content.getKey().endsWith("json")) {
            assertThat(errors(content.getValue().get("schema"), answer.body()))
                    .as(what)
                    .isEmpty();
        }
    }

    private List<Error> errors(JsonNode schema, String body) {
        // The schemas of OpenAPI 3.1 are JSON Schema of 2020-12, referring to each other within the document.
        ObjectNode root = (ObjectNode) document.deepCopy();
        root.setAll((ObjectNode) schema);
        return SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(JsonMapper.shared().writeValueAsString(root))
                .validate(body, InputFormat.JSON);
    }
}
