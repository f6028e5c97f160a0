package dev.sluice.sidecar.serve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.catalog.PauseDocument;
import dev.sluice.catalog.PauseDocument.Scope;
import dev.sluice.engine.run.Environment;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.sidecar.EmbeddedForTests;
import dev.sluice.sidecar.pause.Pause;
import dev.sluice.sidecar.pause.PauseBook;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// What a service knows of pauses when a document cannot be read, or says what cannot be.
@Timeout(60)
class ServicePausesIT {

    private static final Duration HOUR = Duration.ofHours(1);

    @TempDir
    Path directory;

    private EmbeddedForTests installation;
    private FaultyProxy proxy;
    private S3Store store;
    private PauseBook book;
    private ServicePauses pauses;
    private volatile Instant now = Instant.now();

    @BeforeEach
    void start() {
        installation = EmbeddedForTests.start(directory.resolve("s3"), options -> options);
        Environment direct = installation.engine().environment();
        proxy = new FaultyProxy(direct.store().config().endpoint());
        StoreConfig config = direct.store().config();
        store = S3Store.open(new StoreConfig(
                proxy.endpoint(),
                config.region(),
                config.bucket(),
                config.prefix(),
                config.pathStyle(),
                config.credentials(),
                config.profile(),
                config.limits(),
                config.retries(),
                config.network()));
        book = new PauseBook(direct);
        pauses = new ServicePauses(
                new Environment(
                        direct.identity(),
                        direct.server(),
                        direct.deviceSets(),
                        store,
                        new Catalog(store, new Keys(direct.identity())),
                        direct.budget(),
                        direct.transfer(),
                        direct.version()),
                () -> {
                    throw new AssertionError("no policy is looked up");
                },
                () -> now);
    }

    @AfterEach
    void stop() {
        store.close();
        proxy.close();
        installation.close();
    }

    private Pause add() {
        return book.add(new Scope.Everything(), Set.of(), now, now.plus(HOUR), null);
    }

    private void refuse(Pause pause) {
        proxy.follow((request, _) ->
                request.is("GET", pause.id()) ? Reaction.Answer.error(403, "AccessDenied") : Reaction.Fault.NONE);
    }

    @Test
    void aRefusalOfOneDocumentEndsNoPauseAndIsTriedAgain() {
        Pause known = add();
        pauses.look();
        refuse(known);
        Pause second = add();

        pauses.look();
        assertThat(pauses.all()).containsExactly(known, second);

        proxy.follow((_, _) -> Reaction.Fault.NONE);
        Pause refused = add();
        refuse(refused);
        pauses.look();
        assertThat(pauses.all()).as("never read, so it pauses nothing").containsExactly(known, second);
        proxy.follow((_, _) -> Reaction.Fault.NONE);
        pauses.look();
        assertThat(pauses.all()).as("the listing is the same").containsExactly(known, second, refused);

        refuse(refused);
        book.end(known);
        pauses.look();
        assertThat(pauses.all()).containsExactly(second, refused);
    }

    @Test
    void aPauseOfAClockThatIsFarAheadPausesNothingAndIsTold() {
        Pause year = book.add(
                new Scope.Everything(), Set.of(), now.plus(Duration.ofDays(365)), now.plus(Duration.ofDays(366)), null);
        Pause near = book.add(
                new Scope.Everything(), Set.of(), now.plus(PauseDocument.TOLERANCE.dividedBy(2)), now.plus(HOUR), null);

        pauses.look();

        assertThat(pauses.all()).containsExactly(near);
        List<String> told = new ArrayList<>();
        assertThat(book.readAt(now, told::add)).containsExactly(near);
        assertThat(told).singleElement().asString().contains(year.id(), "still to come");
        pauses.end(year.id());
        assertThat(book.state()).hasSize(1);
    }
}
