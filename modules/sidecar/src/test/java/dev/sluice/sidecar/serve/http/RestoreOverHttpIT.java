package dev.sluice.sidecar.serve.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.BackupDocument;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.restore.Precondition;
import dev.sluice.engine.restore.RestoreOrder;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.config.Secret;
import dev.sluice.sidecar.serve.Client;
import dev.sluice.sidecar.serve.Service;
import dev.sluice.sidecar.serve.ServiceSettings;
import dev.sluice.simulator.server.Fault;
import dev.sluice.simulator.server.Faults;
import dev.sluice.simulator.tds.Batch;
import dev.sluice.simulator.tds.Cancellation;
import dev.sluice.simulator.tds.CollectedResponse;
import dev.sluice.simulator.tds.SqlSession;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Restores and verifications as a program asks for them over HTTP. Each test has a database of its own.
@Timeout(300)
class RestoreOverHttpIT {

    private static final Duration PATIENTLY = Duration.ofMinutes(2);
    private static final String RESTORES = "/api/v1/restores";
    private static final String VERIFICATIONS = "/api/v1/verifications";

    @TempDir
    static Path directory;

    private static EmbeddedForTests installation;
    private static Service service;
    private static Client client;
    private static Client stranger;

    @BeforeAll
    static void start() throws Exception {
        installation = EmbeddedForTests.start(
                directory,
                options -> options.withDatabase("Sales", 1 << 20)
                        .withDatabase("Stock", 1 << 20)
                        .withDatabase("Staff", 4 << 20)
                        .withDatabase("Parts", 1 << 20));
        service = serve(installation, new Secret("open sesame"));
        client = new Client(service.port(), "open sesame");
        stranger = new Client(service.port(), null);
    }

    /// No policy takes any of the databases: restores and verifications need none.
    private static Service serve(EmbeddedForTests installation, Secret token) throws IOException {
        return Service.start(
                installation.engine(),
                new ServiceSettings(
                        new Policies(List.of(), new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2)),
                        installation::request,
                        token),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system());
    }

    @AfterAll
    static void stop() {
        service.close();
        installation.close();
        client.close();
        stranger.close();
    }

    private static BackupDocument backUp(BackupRequest request) {
        return installation
                .engine()
                .backup(request, RunObserver.SILENT)
                .block(PATIENTLY)
                .document();
    }

    private static void work(String database, int seed) throws Exception {
        try (SqlSession session = installation.server().open(60 + seed)) {
            CollectedResponse response = new CollectedResponse();
            session.execute(
                    Batch.of(
                            "EXEC sluice_workload @database = N'%s', @transactions = 20, @seed = %d, @rollback_every = 4"
                                    .formatted(database, seed)),
                    response,
                    new Cancellation());
            assertThat(response.errors()).isEmpty();
        }
    }

    private static Map<Long, Long> pages(String database) {
        return installation.server().pageVersions(database);
    }

    private static JsonNode json(HttpResponse<String> answer) {
        return JsonMapper.shared().readTree(answer.body());
    }

    /// @return where the job is
    private static String accepted(String path, String body) throws Exception {
        HttpResponse<String> answer = client.send("POST", path, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return answer.headers().firstValue("Location").orElseThrow();
    }

    private static JsonNode ended(String job) {
        await().atMost(PATIENTLY).until(() -> client.json(job).has("ended"));
        try {
            return client.json(job);
        } catch (IOException | InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    private static JsonNode refused(String body, int status, String id) throws Exception {
        HttpResponse<String> answer = client.send("POST", RESTORES, body);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(status);
        JsonNode problem = json(answer);
        assertThat(problem.get("type").asString()).isEqualTo("urn:sluice:error:" + id);
        assertThat(problem.get("hint").asString()).isNotBlank();
        return problem;
    }

    @Test
    void aDatabaseIsRestoredToAnInstantUnderAnotherName() throws Exception {
        backUp(BackupRequest.full("Sales", 2));
        work("Sales", 1);
        Map<Long, Long> wanted = pages("Sales");
        Instant between = Instant.now().plusMillis(100).truncatedTo(ChronoUnit.MILLIS);
        await().atMost(PATIENTLY).until(() -> Instant.now().isAfter(between.plusMillis(100)));
        work("Sales", 2);
        backUp(BackupRequest.log("Sales"));

        JsonNode job = ended(
                accepted(RESTORES, "{\"database\": \"Sales\", \"to\": \"%s\", \"as\": \"Before\"}".formatted(between)));

        assertThat(job.get("state").asString()).as(job.toString()).isEqualTo("good");
        assertThat(job.at("/result/state").asString()).isEqualTo("ONLINE");
        assertThat(job.at("/result/backups").asInt()).isEqualTo(2);
        assertThat(job.at("/plan/backups").asInt()).isEqualTo(2);
        assertThat(job.at("/progress/bytes").asLong()).isGreaterThan(1 << 20);
        assertThat(job.get("preconditions").findValuesAsString("state")).containsOnly("met");
        assertThat(job.at("/files/0/path").asString()).contains("Before_");
        assertThat(pages("Before")).isEqualTo(wanted).isNotEqualTo(pages("Sales"));
        assertThat(client.metric("mssql_backup_restores_total{database=\"Before\",outcome=\"good\"}"))
                .isEqualTo(1);
        assertThat(client.json(RESTORES).get("restores").findValuesAsString("as"))
                .contains("Before");
    }

    @Test
    void aRefusalTellsAllPreconditionsAsTheCommandsPlanDoes() throws Exception {
        backUp(BackupRequest.full("Parts", 1));
        int before = client.json(RESTORES).get("restores").size();
        RestoreOrder order = RestoreOrder.of("Parts", new RestoreOrder.Point.At("end"));
        List<String> asked = installation
                .engine()
                .plan(order)
                .flatMap(planned -> installation.engine().check(planned.checkable()))
                .block(PATIENTLY)
                .preconditions()
                .stream()
                .map(Precondition::id)
                .toList();

        JsonNode problem = refused("{\"database\": \"Parts\", \"to\": \"end\"}", 409, "database-exists");

        JsonNode preconditions = problem.get("preconditions");
        assertThat(preconditions.findValuesAsString("id")).isEqualTo(asked).hasSizeGreaterThan(10);
        assertThat(preconditions.at("/0/id").asString()).isEqualTo("target-database");
        assertThat(preconditions.at("/0/state").asString()).isEqualTo("unmet");
        assertThat(preconditions.at("/0/error").asString()).isEqualTo("database-exists");
        assertThat(preconditions.at("/0/evidence").asString()).contains("Parts exists already");
        assertThat(preconditions.at("/0/remedy").asString()).isNotBlank();
        assertThat(client.json(RESTORES).get("restores").size()).isEqualTo(before);
    }

    @Test
    void aDatabaseIsReplacedOnlyByItsNameAndItsLogOnlyLostOnDemand() throws Exception {
        backUp(BackupRequest.full("Stock", 1));
        work("Stock", 3);
        Map<Long, Long> newest = pages("Stock");
        String body = "{\"database\": \"Stock\", \"to\": \"end\", \"existing\": \"%s\"%s}";

        assertThat(refused(body.formatted("replace", ""), 400, "bad-request")
                        .get("detail")
                        .asString())
                .contains("'as' does not name the database");
        refused(body.formatted("replace", ", \"as\": \"Stock\""), 409, "tail-would-be-lost");
        assertThat(pages("Stock")).isEqualTo(newest);

        JsonNode job = ended(accepted(RESTORES, body.formatted("save-tail", ", \"as\": \"Stock\"")));

        assertThat(job.get("state").asString()).as(job.toString()).isEqualTo("good");
        assertThat(pages("Stock")).isEqualTo(newest);
        String tail = job.get("tailBackupId").asString();
        assertThat(client.json("/api/v1/backups/" + tail).get("type").asString())
                .isEqualTo("LOG");
        assertThat(job.get("note").asString()).contains(tail, "take a differential or full backup of Stock now");
        assertThat(job.at("/plan/backups").asInt()).as("with the tail").isEqualTo(2);
    }

    @Test
    void aCancelInTheMiddleEndsTheRestoreAndAnotherOneBeginsAnew() throws Exception {
        backUp(BackupRequest.full("Staff", 1));
        installation.server().faults().next(Faults.Target.RESTORE, new Fault.StallsAfter(1 << 20));
        String body = "{\"database\": \"Staff\", \"to\": \"end\", \"as\": \"Halted\"%s}";
        String job = accepted(RESTORES, body.formatted(""));
        await().atMost(PATIENTLY).until(() -> installation.server().faults().isStalling());
        JsonNode running = client.json(job);
        assertThat(running.get("state").asString()).isEqualTo("running");
        assertThat(running.at("/progress/bytes").asLong()).isPositive();
        String next = accepted(RESTORES, body.formatted("").replace("Halted", "Waiting"));
        assertThat(client.json(next).get("state").asString()).isEqualTo("queued");

        assertThat(client.send("DELETE", next, null).statusCode()).isEqualTo(202);
        HttpResponse<String> cancel = client.send("DELETE", job, null);

        assertThat(cancel.statusCode()).isEqualTo(202);
        JsonNode over = ended(job);
        assertThat(over.get("state").asString()).isEqualTo("cancelled");
        assertThat(over.at("/error/id").asString()).isEqualTo("cancelled");
        assertThat(over.at("/error/hint").asString()).contains("waits for a restore");
        assertThat(client.send("DELETE", job, null).statusCode())
                .as("it is over")
                .isEqualTo(409);
        JsonNode withdrawn = client.json(next);
        assertThat(withdrawn.get("state").asString()).isEqualTo("cancelled");
        assertThat(withdrawn.has("began")).isFalse();
        await().atMost(PATIENTLY)
                .until(() -> installation.engine().environment().budget().inUse() == 0);

        refused(body.formatted(""), 409, "database-restoring");
        JsonNode anew = ended(accepted(RESTORES, body.formatted(", \"existing\": \"replace\"")));
        assertThat(anew.get("state").asString()).as(anew.toString()).isEqualTo("good");
        assertThat(installation.server().compare("Staff", "Halted")).isEmpty();
    }

    @Test
    void aVerificationFindsAChangedByte() throws Exception {
        String id = backUp(BackupRequest.full("Sales", 1)).backupId();
        String body = "{\"backup\": \"%s\", \"withServer\": true}".formatted(id);
        JsonNode sound = ended(accepted(VERIFICATIONS, body));
        assertThat(sound.get("state").asString()).as(sound.toString()).isEqualTo("good");
        assertThat(sound.at("/report/structure").asString()).isEqualTo("WHOLE");
        assertThat(sound.at("/report/problems").isEmpty()).isTrue();
        assertThat(sound.get("note").asString()).contains("VERIFYONLY");

        flip(id);
        JsonNode damaged = ended(accepted(VERIFICATIONS, body));

        assertThat(damaged.get("state").asString()).isEqualTo("failed");
        assertThat(damaged.at("/error/id").asString()).isEqualTo("backup-damaged");
        assertThat(damaged.at("/error/status").asInt()).isEqualTo(500);
        assertThat(damaged.at("/report/problems/0/key").asString()).contains(id);
        assertThat(damaged.at("/report/problems/0/block").isNumber()).isTrue();
        assertThat(client.metric("mssql_backup_verifications_total{database=\"Sales\",outcome=\"failed\"}"))
                .isEqualTo(1);
        flip(id);
    }

    private static void flip(String backupId) throws IOException {
        Path object;
        try (Stream<Path> all = Files.walk(directory)) {
            object = all.filter(Files::isRegularFile)
                    .filter(file -> file.toString().contains(backupId))
                    .filter(file -> file.toFile().length() > 1 << 20)
                    .findFirst()
                    .orElseThrow();
        }
        byte[] bytes = Files.readAllBytes(object);
        bytes[bytes.length / 2] ^= 1;
        Files.write(object, bytes);
    }

    @Test
    void aBackupThatThereIsNotCannotBeVerified() throws Exception {
        HttpResponse<String> answer =
                client.send("POST", VERIFICATIONS, "{\"backup\": \"01ARZ3NDEKTSV4RRFFQ69G5FAV\"}");

        assertThat(answer.statusCode()).isEqualTo(404);
        assertThat(json(answer).get("type").asString()).isEqualTo("urn:sluice:error:no-such-backup");
    }

    @Test
    void aPointThatNoBackupLeadsToIsRefusedWithWhatCanBeReached() throws Exception {
        backUp(BackupRequest.full("Parts", 1));

        JsonNode problem = refused(
                "{\"database\": \"Parts\", \"to\": \"2001-01-01T00:00:00Z\", \"as\": \"Old\"}", 409, "unreachable");

        assertThat(problem.get("hint").asString()).contains("What can be reached");
        refused("{\"database\": \"Parts\", \"to\": \"yesterday\", \"as\": \"Old\"}", 400, "bad-request");
        refused("{\"database\": \"Parts\", \"backup\": \"01ARZ3\", \"as\": \"Old\"}", 404, "no-such-backup");
    }

    @Test
    void aRestoreNeedsTheTokenAndAVerificationWhereThereIsOne() throws Exception {
        String restore = "{\"database\": \"Sales\", \"to\": \"end\", \"as\": \"Stolen\"}";
        assertThat(stranger.send("POST", RESTORES, restore).statusCode()).isEqualTo(401);
        assertThat(stranger.send("DELETE", RESTORES + "/restore-1", null).statusCode())
                .isEqualTo(401);
        assertThat(stranger.send("POST", VERIFICATIONS, "{}").statusCode()).isEqualTo(401);
    }

    @Test
    void whereNoTokenIsConfiguredNothingIsRestored(@TempDir Path own) throws Exception {
        try (EmbeddedForTests other = EmbeddedForTests.start(own, options -> options.withDatabase("Sales", 1 << 20));
                Service open = serve(other, null);
                Client local = new Client(open.port(), null)) {
            HttpResponse<String> answer =
                    local.send("POST", RESTORES, "{\"database\": \"Sales\", \"to\": \"end\", \"as\": \"Copy\"}");

            assertThat(answer.statusCode()).isEqualTo(403);
            assertThat(json(answer).get("hint").asString()).contains("set http.token");
            assertThat(local.send("DELETE", RESTORES + "/restore-1", null).statusCode())
                    .isEqualTo(403);
            assertThat(local.get(RESTORES).statusCode()).isEqualTo(200);
            assertThat(local.send("POST", VERIFICATIONS, "{\"backup\": \"01ARZ3NDEKTSV4RRFFQ69G5FAV\"}")
                            .statusCode())
                    .isEqualTo(404);
        }
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
                    []                                                             | the body must be an object
                    {"to": "end"}                                                  | 'database' is missing
                    {"database": 7, "to": "end"}                                   | 'database' is a number, not a text
                    {"database": " ", "to": "end"}                                 | 'database' is empty
                    {"database": "D"}                                              | neither 'to' nor 'backup'
                    {"database": "D", "to": "end", "backup": "X"}                  | both 'to' and 'backup'
                    {"database": "D", "backup": "X", "stopAtMark": "M"}            | both 'backup' and 'stopAtMark'
                    {"database": "D", "to": "end", "markAfter": "2026-03-01T00:00Z"} | 'markAfter' tells marks apart
                    {"database": "D", "to": "end", "keepCdc": true, "leave": "norecovery"} | KEEP_CDC is for a database
                    {"database": "D", "to": "end", "serviceBroker": "new-broker", "leave": "standby", "undoFile": "/u"} | NEW_BROKER is for
                    {"database": "D", "to": "end", "serviceBroker": "on"}          | 'serviceBroker' is 'on'
                    {"database": "D", "to": "end", "move": {}}                     | 'move' is not known
                    {"database": "D", "to": "end", "moves": {"a": 1}}              | 'moves.a' is a number, not a text
                    {"database": "D", "to": "end", "moves": []}                    | 'moves' is a list, not an object
                    {"database": "D", "to": "end", "without": [true]}              | 'without[0]' is true or false
                    {"database": "D", "to": "end", "without": "X"}                 | 'without' is a text, not a list
                    {"database": "D", "to": "end", "existing": "burn", "as": "D"}  | 'existing' is 'burn'
                    {"database": "D", "to": "end", "existing": "discard-tail"}     | 'as' does not name the database
                    {"database": "D", "to": "end", "unconfirmed": "yes"}           | 'unconfirmed' must be true or false
                    {"database": "D", "to": "end", "leave": "standby"}             | belong together
                    {"database": "D", "to": "end", "undoFile": "/tmp/u"}           | belong together
                    {"database": "D", "to": "end", "zone": "Atlantis"}             | 'zone' is 'Atlantis'
                    """)
    void aWrongBodySaysWhichMemberIsWrongAndWhatToWrite(String body, String detail) throws Exception {
        JsonNode problem = refused(body, 400, "bad-request");

        assertThat(problem.get("detail").asString()).contains(detail);
        assertThat(problem.get("hint").asString()).contains("RestoreRequest in /openapi.json");
    }

    @Test
    void aMisspelledMemberIsGuessed() throws Exception {
        assertThat(refused("{\"database\": \"D\", \"to\": \"end\", \"move\": {}}", 400, "bad-request")
                        .get("hint")
                        .asString())
                .contains("did you mean 'moves'?");
    }
}
