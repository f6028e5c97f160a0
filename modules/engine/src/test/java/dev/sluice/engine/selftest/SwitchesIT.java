package dev.sluice.engine.selftest;

import static org.assertj.core.api.Assertions.assertThat;

import dev.sluice.catalog.Ulid;
import dev.sluice.engine.run.DeviceNames;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.simulator.transfer.MediaBehavior.AfterReads;
import dev.sluice.simulator.transfer.MediaBehavior.Completes;
import dev.sluice.vdi.inprocess.Answer;
import dev.sluice.vdi.inprocess.BufferMemory;
import dev.sluice.vdi.inprocess.InProcessVdi;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.lang.reflect.RecordComponent;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// Whether the answers tell servers apart: each switch that the simulator has for an open question, set to each
/// of its positions.
@Timeout(120)
class SwitchesIT {

    private static final VdiSurroundings NO_LIBRARY = new VdiSurroundings() {
        @Override
        public Map<String, String> facts() {
            return Map.of();
        }

        @Override
        public Optional<String> timeoutUnit() {
            return Optional.empty();
        }

        @Override
        public Optional<String> symbols() {
            return Optional.empty();
        }

        @Override
        public boolean guardsCalls() {
            return false;
        }
    };

    /// A server with one switch set.
    private record Position(String name, VdiBehavior vdi, MediaBehavior media) {
        static Position of(Answer answer) {
            return new Position(answer.toString(), VdiBehavior.DEFAULT.with(answer), MediaBehavior.DEFAULT);
        }

        static Position of(String name, MediaBehavior media) {
            return new Position(name, VdiBehavior.DEFAULT, media);
        }
    }

    /// A switch with all its positions, the usual one first, and the question that is about it.
    record Switch(String name, OpenQuestion question, List<Position> positions) {
        @Override
        public String toString() {
            return name;
        }
    }

    static Stream<Switch> switches() {
        return Stream.concat(interfaceSwitches(), engineSwitches());
    }

    /// Every switch of the interface itself, found by its type, so that none is forgotten.
    private static Stream<Switch> interfaceSwitches() {
        return Arrays.stream(Answer.class.getPermittedSubclasses()).map(type -> {
            List<Position> positions = Arrays.stream(type.getEnumConstants())
                    .map(answer -> of((Answer) answer))
                    .toList();
            String source = ((Answer) type.getEnumConstants()[0]).question();
            OpenQuestion question = Arrays.stream(OpenQuestion.values())
                    .filter(one -> one.source().equals(source))
                    .findFirst()
                    .orElseThrow();
            return new Switch(type.getSimpleName(), question, positions);
        });
    }

    /// The server opens its devices at once, and the client would hardly ever see a name that is not known.
    private static Position of(Answer answer) {
        return answer == Answer.DeviceNames.KNOWN_WHEN_SERVER_OPENS
                ? new Position(
                        answer.toString(),
                        VdiBehavior.DEFAULT.with(answer),
                        MediaBehavior.DEFAULT.openingAfter(Duration.ofMillis(400)))
                : Position.of(answer);
    }

    /// The switches of the server's engine, by the component of [MediaBehavior].
    private static Stream<Switch> engineSwitches() {
        MediaBehavior usual = MediaBehavior.DEFAULT;
        return Stream.of(
                new Switch(
                        "outstanding",
                        OpenQuestion.Q19,
                        Stream.of(4, 1, 2, 8)
                                .map(count -> Position.of("holds " + count, usual.holding(count)))
                                .toList()),
                new Switch(
                        "completes",
                        OpenQuestion.Q9,
                        Stream.of(
                                        Completes.TOGETHER,
                                        Completes.NEVER,
                                        Completes.EACH_ALONE,
                                        Completes.ONE_AFTER_ANOTHER,
                                        Completes.REVERSED,
                                        Completes.FIRST_ONLY)
                                .map(how -> Position.of(how.toString(), usual.completing(how)))
                                .toList()),
                new Switch(
                        "clearsErrors",
                        OpenQuestion.Q8,
                        Stream.of(true, false)
                                .map(clears -> Position.of("clears " + clears, usual.clearingErrors(clears)))
                                .toList()),
                new Switch(
                        "echoesRequest",
                        OpenQuestion.Q21,
                        Stream.of(true, false)
                                .map(echoes -> Position.of("echoes " + echoes, usual.echoingRequest(echoes)))
                                .toList()),
                new Switch(
                        "afterReads",
                        OpenQuestion.Q27,
                        Arrays.stream(AfterReads.values())
                                .map(what -> Position.of(what.toString(), usual.afterReads(what)))
                                .toList()));
    }

    /// How a restore takes turns between stripes, and how late devices are opened, are answers to no question of
    /// their own.
    private static final Set<String> OF_NO_QUESTION = Set.of("turns", "seed", "opensAfter");

    @Test
    void everySwitchOfTheEngineIsAmongThem() {
        Set<String> components = Arrays.stream(MediaBehavior.class.getRecordComponents())
                .map(RecordComponent::getName)
                .filter(name -> !OF_NO_QUESTION.contains(name))
                .collect(Collectors.toSet());

        assertThat(engineSwitches().map(Switch::name)).containsExactlyInAnyOrderElementsOf(components);
        assertThat(Completes.values()).hasSize(6);
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource("switches")
    void itsPositionsAreToldApart(Switch one) throws Exception {
        List<QuestionAnswer> answers = new ArrayList<>();
        for (Position position : one.positions) {
            answers.add(asked(position, one.question));
        }
        QuestionAnswer usual = asked(one.positions.getFirst(), one.question);

        // Or the answers would differ by accident.
        assertThat(usual).isEqualTo(answers.getFirst());
        if (usual instanceof QuestionAnswer.NotObservable || one.name.equals("CloseDeviceWithCommands")) {
            // The latter makes the server's own test fail, and a client sees nothing of it.
            assertThat(answers).containsOnly(usual);
        } else {
            assertThat(answers)
                    .hasOnlyElementsOfType(QuestionAnswer.Observed.class)
                    .doesNotHaveDuplicates();
        }
    }

    private static QuestionAnswer asked(Position position, OpenQuestion question) throws Exception {
        InProcessVdi vdi = new InProcessVdi(position.vdi, BufferMemory.ofProcess());
        ServerOptions options =
                ServerOptions.of(vdi).withBehavior(position.media).withDatabase("Sales", 4 << 20);
        try (SimulatedServer server = SimulatedServer.start(options)) {
            ProbeBench bench = new ProbeBench(
                    new SqlServer(server.jdbcUrl(), "sa", options.password()),
                    vdi::newClientSet,
                    "Sales",
                    new Ulid(Clock.systemUTC()));
            try (Probe probe = bench.probe(1)) {
                probe.send("BACKUP DATABASE [Sales] TO " + DeviceNames.clause(probe.names()) + " WITH FORMAT");
                probe.configured();
                probe.serve(probe.open().getFirst(), _ -> null);
                assertThat(Probe.text(probe.verdict())).isEqualTo("the statement is good");
            }
            QuestionAnswer answer = new VdiQuestions(bench, NO_LIBRARY, () -> false, () -> {})
                    .ask(question)
                    .orElseThrow();
            assertThat(vdi.setCount()).as("%s at %s", question, position.name).isZero();
            return answer;
        }
    }
}
