package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import dev.sluice.catalog.CatalogKey;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.config.Configuration;
import dev.sluice.sidecar.config.HookSection;
import dev.sluice.sidecar.config.ListenAddress;
import dev.sluice.sidecar.config.Policies;
import dev.sluice.sidecar.schedule.Cron;
import dev.sluice.sidecar.schedule.DatabasePattern;
import dev.sluice.sidecar.serve.http.HttpApi;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.json.JsonMapper;

/// Real programs before and after real backups of a service.
@EnabledOnOs(OS.LINUX)
@Timeout(120)
class HooksIT {

    private static final Duration SOON = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private EmbeddedForTests installation;
    private Service service;
    private Client client;

    @BeforeEach
    void start() throws Exception {
        installation =
                EmbeddedForTests.start(directory.resolve("s3"), options -> options.withDatabase("Sales", 2 << 20));
        service = Service.start(
                installation.engine(),
                settings(null, null),
                HttpApi.on(new ListenAddress("127.0.0.1", 0)),
                InstantSource.system());
        client = new Client(service.port(), null);
        await().atMost(SOON).until(() -> backups() == 1);
        await().atMost(SOON)
                .until(() -> client.json("/api/v1/jobs")
                        .at("/jobs/0/state")
                        .asString()
                        .equals("good"));
    }

    @AfterEach
    void stop() {
        service.close();
        client.close();
        installation.close();
    }

    private ServiceSettings settings(HookSection.Before before, HookSection.After after) {
        return new ServiceSettings(
                new Policies(
                        List.of(new Configuration.Policy(
                                null,
                                List.of(DatabasePattern.parse("Sales")),
                                Cron.parse("0 1 1 1 *"),
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                null,
                                before,
                                after,
                                List.of())),
                        new Configuration.Schedule(ZoneOffset.UTC, Duration.ZERO, 2)),
                installation::request,
                null);
    }

    private long backups() {
        return installation
                .engine()
                .environment()
                .catalog()
                .list("Sales")
                .map(CatalogKey::backupId)
                .count()
                .block(SOON);
    }

    private Path program(String name, String script) throws Exception {
        Path program = Files.writeString(directory.resolve(name), "#!/bin/sh\n" + script);
        return Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwx------"));
    }

    private HookSection.Before before(String script, HookSection.OnFailure onFailure) throws Exception {
        return new HookSection.Before(
                program("before", script), List.of(directory.toString()), SOON, List.of(), onFailure);
    }

    private HookSection.After after(String script, HookSection.Type... types) throws Exception {
        return new HookSection.After(program("after", script), List.of(directory.toString()), SOON, List.of(types));
    }

    private String ask() throws Exception {
        HttpResponse<String> answer = client.send(
                "POST", "/api/v1/jobs", "{\"database\": \"Sales\", \"type\": \"FULL\", \"copyOnly\": true}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
        return answer.headers().firstValue("Location").orElseThrow();
    }

    private JsonNode ended(String job) throws Exception {
        await().atMost(SOON).until(() -> client.json(job).has("ended"));
        return client.json(job);
    }

    private JsonNode document(String name) throws Exception {
        return JsonMapper.shared().readTree(Files.readString(directory.resolve(name)));
    }

    @Test
    void bothAreToldOfTheBackupAndTheOneAfterOfItsOutcome() throws Exception {
        service.apply(settings(
                before("cat >\"$1/told-before\"", HookSection.OnFailure.FAIL),
                after("cat >\"$1/told-after\"; echo 'not so good'; exit 3")));

        JsonNode job = ended(ask());

        assertThat(job.get("state").asString()).isEqualTo("good");
        assertThat(job.get("note").asString()).contains("program after the backup", "exit code 3: not so good");
        JsonNode before = document("told-before");
        assertThat(before.get("hook").asString()).isEqualTo("before");
        assertThat(before.get("type").asString()).isEqualTo("full");
        assertThat(before.get("copyOnly").asBoolean()).isTrue();
        assertThat(before.get("outcome").isNull()).isTrue();
        JsonNode after = document("told-after");
        assertThat(after.get("outcome").asString()).isEqualTo("good");
        assertThat(after.get("origin").asString()).isEqualTo("request");
        assertThat(after.get("backup")).isEqualTo(job.get("backupId"));
        assertThat(after.get("bytes").asLong()).isPositive();
    }

    @Test
    void aBackupWhoseProgramFailsIsNotTakenUnlessThePolicySaysSo() throws Exception {
        service.apply(settings(
                before("echo 'the app is busy'; exit 1", HookSection.OnFailure.FAIL), after("cat >\"$1/told-after\"")));

        JsonNode refused = ended(ask());

        assertThat(refused.get("state").asString()).isEqualTo("failed");
        assertThat(refused.at("/error/id").asString()).isEqualTo("hook-failed");
        assertThat(refused.at("/error/what").asString()).contains("the app is busy");
        assertThat(backups()).isEqualTo(1);
        assertThat(document("told-after").get("failure").asString()).isEqualTo("hook-failed");

        service.apply(settings(
                before("exit 1", HookSection.OnFailure.CONTINUE),
                after("cat >\"$1/told-again\"", HookSection.Type.LOG)));
        JsonNode taken = ended(ask());
        assertThat(taken.get("state").asString()).isEqualTo("good");
        assertThat(taken.get("note").asString()).contains("program before the backup");
        assertThat(directory.resolve("told-again")).as("of logs alone").doesNotExist();
    }

    @Test
    void aCancelKillsTheProgramBeforeAndTheOneAfterStillRuns() throws Exception {
        service.apply(settings(
                before("echo $$ >\"$1/.pid\"; mv \"$1/.pid\" \"$1/pid\"; sleep 600", HookSection.OnFailure.FAIL),
                after("cat >\"$1/told-after\"")));
        String job = ask();
        await().atMost(SOON).until(() -> Files.exists(directory.resolve("pid")));
        assertThat(client.json(job).get("phase").asString()).contains("program before the backup");

        assertThat(client.send("DELETE", job, null).statusCode()).isEqualTo(202);

        assertThat(ended(job).get("state").asString()).isEqualTo("cancelled");
        long pid = Long.parseLong(Files.readString(directory.resolve("pid")).strip());
        await().atMost(SOON)
                .until(() ->
                        ProcessHandle.of(pid).filter(ProcessHandle::isAlive).isEmpty());
        assertThat(document("told-after").get("outcome").asString()).isEqualTo("cancelled");
        assertThat(backups()).isEqualTo(1);
    }
}
