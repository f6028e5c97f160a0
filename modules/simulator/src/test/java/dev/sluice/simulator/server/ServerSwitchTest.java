package dev.sluice.simulator.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.simulator.vdi.ClientDeath;
import dev.sluice.vdi.inprocess.Answer;
import dev.sluice.vdi.inprocess.VdiBehavior;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/// The answers of the stand-in by their names, and the table of them in `docs/simulator.md`.
class ServerSwitchTest {

    private static final Path DOCUMENT = Path.of(System.getProperty("sluice.root", "../.."), "docs/simulator.md");

    private static List<String> names() {
        return ServerSwitch.all().stream().map(ServerSwitch::name).toList();
    }

    private static String kebab(String camel) {
        return camel.replaceAll("(?<=.)([A-Z])", "-$1").toLowerCase(Locale.ROOT);
    }

    private static List<Object> all(ServerHabits habits) {
        List<Object> all = new ArrayList<>(
                List.of(habits.media(), habits.clientDeath(), habits.vdi().queueDepth()));
        for (Class<?> type : Answer.class.getPermittedSubclasses()) {
            for (Object answer : type.getEnumConstants()) {
                if (habits.vdi().is((Answer) answer)) {
                    all.add(answer);
                }
            }
        }
        return all;
    }

    @Test
    void everyHabitOfTheServerHasOne() {
        Set<String> wanted = new HashSet<>(Set.of("queue-depth", "client-death"));
        for (Class<?> type : Answer.class.getPermittedSubclasses()) {
            if (!ServerSwitch.OF_THE_CLIENTS_LIBRARY.contains(type)) {
                wanted.add(kebab(type.getSimpleName()));
            }
        }
        for (RecordComponent component : MediaBehavior.class.getRecordComponents()) {
            wanted.add(kebab(component.getName()));
        }

        assertThat(names()).containsExactlyInAnyOrderElementsOf(wanted);
    }

    @Test
    void theFirstValueIsTheUsualOneAndEveryOtherChangesSomething() {
        List<Object> usual = all(ServerHabits.DEFAULT);
        for (ServerSwitch one : ServerSwitch.all()) {
            for (String value : one.values()) {
                String written = one.name() + "=" + (value.equals("N") ? "3" : value);

                ServerHabits set = ServerSwitch.set(ServerHabits.DEFAULT, written.toUpperCase(Locale.ROOT));

                boolean isUsual = value.equals(one.values().getFirst()) && !value.equals("N");
                assertThat(all(set).equals(usual)).as(written).isEqualTo(isUsual);
            }
        }
    }

    @Test
    void severalAreSetOneAfterTheOther() {
        ServerHabits habits = ServerHabits.DEFAULT;
        for (String written : List.of(
                "outstanding=2", "completes=one-after-another", "client-death=unseen", "error-state=by-every-error")) {
            habits = ServerSwitch.set(habits, written);
        }

        assertThat(habits.media())
                .isEqualTo(MediaBehavior.DEFAULT.holding(2).completing(MediaBehavior.Completes.ONE_AFTER_ANOTHER));
        assertThat(habits.clientDeath()).isEqualTo(ClientDeath.UNSEEN);
        assertThat(habits.vdi().is(Answer.ErrorState.BY_EVERY_ERROR)).isTrue();
        assertThat(habits.vdi().queueDepth()).isEqualTo(VdiBehavior.DEFAULT.queueDepth());
    }

    @Test
    void whatIsWrongIsToldWithWhatThereIs() {
        assertThatThrownBy(() -> ServerSwitch.set(ServerHabits.DEFAULT, "client-deaths=unseen"))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContainingAll("no switch 'client-deaths'", "client-death", "outstanding");
        assertThatThrownBy(() -> ServerSwitch.set(ServerHabits.DEFAULT, "client-death"))
                .hasMessageContainingAll("needs a value", "client-death=seen-at-once|seen-late|unseen");
        assertThatThrownBy(() -> ServerSwitch.set(ServerHabits.DEFAULT, "client-death=never"))
                .hasMessageContainingAll("has no 'never'", "seen-at-once|seen-late|unseen");
        assertThatThrownBy(() -> ServerSwitch.set(ServerHabits.DEFAULT, "buffer-loan=isolated-copy"))
                .hasMessageContaining("answered by the library that the client loads");
        for (String wrong : List.of("outstanding=0", "outstanding=", "queue-depth=-1", "seed=1e3", "seed=99999999")) {
            assertThatThrownBy(() -> ServerSwitch.set(ServerHabits.DEFAULT, wrong))
                    .as(wrong)
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("takes a number from");
        }
    }

    @Test
    void theDocumentHasEachWithItsValuesAndItsQuestion() throws Exception {
        String document = Files.readString(DOCUMENT);
        List<String> rows = new ArrayList<>();
        for (ServerSwitch one : ServerSwitch.all()) {
            String values = String.join(
                    ", ", one.values().stream().map("`%s`"::formatted).toList());
            String row = "| `%s` | %s | %s |".formatted(one.name(), values.replace("`N`", "N"), one.question());
            rows.add(row.replaceAll(" +\\|", " |"));
        }
        String table = document.substring(
                document.indexOf("## Open questions"),
                document.indexOf("\n## ", document.indexOf("## Open questions") + 1));

        assertThat(Pattern.compile("(?m)^\\| `[^|]*\\|[^|]*\\|[^|]*\\|")
                        .matcher(table)
                        .results()
                        .map(MatchResult::group)
                        .map(row -> row.replaceAll(" +\\|", " |")))
                .containsExactlyElementsOf(rows);
        assertThat(Arrays.stream(Answer.class.getPermittedSubclasses())
                        .filter(ServerSwitch.OF_THE_CLIENTS_LIBRARY::contains)
                        .map(Class::getSimpleName))
                .allSatisfy(answer -> assertThat(table).contains("`" + answer + "`"));
    }
}
