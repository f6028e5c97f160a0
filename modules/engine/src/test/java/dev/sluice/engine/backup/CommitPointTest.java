package dev.sluice.engine.backup;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.engine.backup.CommitPoint.Flushed;
import dev.sluice.mtf.inspect.StreamInspector;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import reactor.core.publisher.Mono;
import reactor.core.publisher.Sinks;
import reactor.test.StepVerifier;

/// When SQL Server may be told that a backup is durable, and when a cancel comes too late.
class CommitPointTest {

    private static final Flushed FLUSHED =
            new Flushed(List.of(), StreamInspector.structureOnly().report());

    private final List<List<Flushed>> described = new ArrayList<>();

    private CommitPoint commitPoint(int stripes) {
        return new CommitPoint(stripes, segments -> Mono.fromRunnable(() -> described.add(segments)));
    }

    @Test
    void isPassedWhenTheOnlyStripeIsFlushedAndDescribed() {
        CommitPoint point = commitPoint(1);
        point.writing(0);

        point.durable(0, FLUSHED).block();

        assertThat(point.passed()).isTrue();
        assertThat(described).hasSize(1);
        assertThat(point.cancel()).isFalse();
    }

    @Test
    void anEarlierStripeIsAnsweredWithoutWaitingForTheOthers() {
        CommitPoint point = commitPoint(2);

        StepVerifier.create(point.durable(0, FLUSHED)).verifyComplete();

        assertThat(point.passed()).isFalse();
        assertThat(described).isEmpty();
    }

    @Test
    void theLastStripeIsAnsweredOnlyWhenTheDocumentIsInTheBucket() {
        Sinks.Empty<Void> written = Sinks.empty();
        CommitPoint point = new CommitPoint(2, _ -> written.asMono());
        point.durable(0, FLUSHED).block();

        StepVerifier.create(point.durable(1, FLUSHED))
                .then(() -> assertThat(point.passed()).isFalse())
                .then(written::tryEmitEmpty)
                .verifyComplete();

        assertThat(point.passed()).isTrue();
    }

    @Test
    void aCompleteAfterTheFlushWritesNoSecondDocument() {
        CommitPoint point = commitPoint(1);
        point.durable(0, FLUSHED).block();

        point.durable(0, FLUSHED).block();

        assertThat(described).hasSize(1);
    }

    @Test
    void aWriteAfterTheFlushTakesItBack() {
        CommitPoint point = commitPoint(1);
        point.durable(0, FLUSHED).block();

        point.writing(0);

        assertThat(point.passed()).isFalse();
        assertThat(point.cancel()).isTrue();
    }

    @Test
    void tellsWhenACancelIsNotTooLateAnyMore() {
        CommitPoint point = commitPoint(2);
        point.durable(0, FLUSHED).block();
        CompletableFuture<Void> early = point.reopened();
        point.writing(0);
        assertThat(early).as("nothing was passed").isNotDone();
        point.durable(0, FLUSHED).block();
        point.durable(1, FLUSHED).block();
        CompletableFuture<Void> late = point.reopened();
        assertThat(point.cancel()).isFalse();
        assertThat(late).isNotDone();

        point.writing(1);

        assertThat(early).isCompleted();
        assertThat(late).isCompleted();
        assertThat(point.reopened()).as("of the next time").isNotDone();
        assertThat(point.cancel()).isTrue();
    }

    @Test
    void aFlushAfterMoreWritesIsDescribedAnew() {
        CommitPoint point = commitPoint(1);
        point.durable(0, FLUSHED).block();
        point.writing(0);

        point.durable(0, FLUSHED).block();

        assertThat(described).hasSize(2);
        assertThat(point.passed()).isTrue();
    }

    @Test
    void aCancelBeforeTheLastAnswerWins() {
        CommitPoint point = commitPoint(1);
        assertThat(point.cancel()).isTrue();

        StepVerifier.create(point.durable(0, FLUSHED))
                .expectError(CancellationException.class)
                .verify();

        assertThat(point.passed()).isFalse();
    }

    @Test
    void aCancelWhileTheDocumentIsBeingWrittenWins() {
        Sinks.Empty<Void> written = Sinks.empty();
        CommitPoint point = new CommitPoint(1, _ -> written.asMono());

        StepVerifier.create(point.durable(0, FLUSHED))
                .then(() -> assertThat(point.cancel()).isTrue())
                .then(written::tryEmitEmpty)
                .expectError(CancellationException.class)
                .verify();
    }

    @Test
    void aDocumentThatCannotBeWrittenIsNoAnswer() {
        CommitPoint point = new CommitPoint(1, _ -> Mono.error(new IllegalStateException("the store is gone")));

        StepVerifier.create(point.durable(0, FLUSHED))
                .expectErrorMessage("the store is gone")
                .verify();

        assertThat(point.passed()).isFalse();
    }

    @Test
    void isQuietOnlyWhenADescriptionOnItsWayHasArrivedOrFailed() {
        Sinks.Empty<Void> written = Sinks.empty();
        CommitPoint point = new CommitPoint(1, _ -> written.asMono());
        point.quiet().block();
        point.durable(0, FLUSHED).subscribe().dispose();

        StepVerifier.create(point.quiet())
                .expectSubscription()
                .then(() -> assertThat(point.cancel()).isTrue())
                .then(() -> written.tryEmitError(new IllegalStateException("lost")))
                .verifyComplete();
    }
}
