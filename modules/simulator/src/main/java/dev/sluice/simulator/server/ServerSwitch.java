package dev.sluice.simulator.server;

import dev.sluice.simulator.transfer.MediaBehavior;
import dev.sluice.simulator.vdi.ClientDeath;
import dev.sluice.vdi.inprocess.Answer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.function.BiFunction;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// One answer of [ServerHabits], as people set it: `NAME=VALUE`, such as `completes=reversed`.
///
/// **Threading:** immutable.
public final class ServerSwitch {

    /// Answers that only an implementation with both sides in one process gives: otherwise the library that the
    /// client has loaded answers, and the server learns nothing of it.
    static final Set<Class<? extends Answer>> OF_THE_CLIENTS_LIBRARY = Set.of(
            Answer.CompletionOrder.class,
            Answer.CompletionThread.class,
            Answer.ClosedDevice.class,
            Answer.TooManyBytes.class,
            Answer.ShortTransfer.class,
            Answer.LatchStats.class,
            Answer.ClientReuse.class,
            Answer.Names.class,
            Answer.BufferLoan.class);

    private static final int MOST = 1_000_000;
    private static final List<String> YES_OR_NO = List.of("true", "false");

    private static final List<ServerSwitch> ALL = Stream.concat(answers(), habits())
            .sorted((one, other) -> one.name.compareTo(other.name))
            .toList();

    private final String name;
    private final String question;
    private final List<String> values;
    private final BiFunction<ServerHabits, String, ServerHabits> setter;

    private ServerSwitch(
            String name, String question, List<String> values, BiFunction<ServerHabits, String, ServerHabits> setter) {
        this.name = name;
        this.question = question;
        this.values = values;
        this.setter = setter;
    }

    /// All of them, by name.
    public static List<ServerSwitch> all() {
        return ALL;
    }

    /// As it is written.
    public String name() {
        return name;
    }

    /// The question's number in `docs/vdi-conformance.md`; empty for what is no question.
    public String question() {
        return question;
    }

    /// What can stand behind the `=`, the usual value first; `N` for a number.
    public List<String> values() {
        return values;
    }

    private static Stream<ServerSwitch> answers() {
        return Arrays.stream(Answer.class.getPermittedSubclasses())
                .filter(type -> !OF_THE_CLIENTS_LIBRARY.contains(type))
                .map(type -> {
                    List<Answer> answers = Arrays.stream(type.getEnumConstants())
                            .map(Answer.class::cast)
                            .toList();
                    List<String> values = answers.stream()
                            .map(answer -> text(answer.toString()))
                            .toList();
                    return new ServerSwitch(
                            text(type),
                            answers.getFirst().question(),
                            values,
                            (habits, value) -> habits.with(answers.get(values.indexOf(value))));
                });
    }

    private static Stream<ServerSwitch> habits() {
        MediaBehavior usual = MediaBehavior.DEFAULT;
        return Stream.of(
                choice("client-death", "Q14", ClientDeath.SEEN_AT_ONCE, ServerHabits::with),
                choice(
                        "completes",
                        "Q9",
                        usual.completes(),
                        (habits, how) -> habits.with(habits.media().completing(how))),
                choice(
                        "after-reads",
                        "Q27",
                        usual.afterReads(),
                        (habits, what) -> habits.with(habits.media().afterReads(what))),
                yesOrNo(
                        "clears-errors",
                        "Q8",
                        (habits, yes) -> habits.with(habits.media().clearingErrors(yes))),
                yesOrNo(
                        "echoes-request",
                        "Q21",
                        (habits, yes) -> habits.with(habits.media().echoingRequest(yes))),
                yesOrNo(
                        "turns",
                        "",
                        (habits, yes) -> habits.with(
                                habits.media().inTurns(yes, habits.media().seed()))),
                number(
                        "seed",
                        "",
                        0,
                        (habits, seed) -> habits.with(
                                habits.media().inTurns(habits.media().turns(), seed))),
                number("opens-after", "Q12", 0, ServerHabits::openingAfter),
                number(
                        "outstanding",
                        "Q19",
                        1,
                        (habits, count) -> habits.with(habits.media().holding(count))),
                number("queue-depth", "Q19", 1, ServerHabits::withQueueDepth));
    }

    private static <E extends Enum<E>> ServerSwitch choice(
            String name, String question, E usual, BiFunction<ServerHabits, E, ServerHabits> setter) {
        List<E> constants = Stream.concat(
                        Stream.of(usual),
                        Arrays.stream(usual.getDeclaringClass().getEnumConstants()))
                .distinct()
                .toList();
        List<String> values =
                constants.stream().map(constant -> text(constant.name())).toList();
        return new ServerSwitch(
                name, question, values, (habits, value) -> setter.apply(habits, constants.get(values.indexOf(value))));
    }

    private static ServerSwitch yesOrNo(
            String name, String question, BiFunction<ServerHabits, Boolean, ServerHabits> setter) {
        return new ServerSwitch(
                name, question, YES_OR_NO, (habits, value) -> setter.apply(habits, value.equals(YES_OR_NO.getFirst())));
    }

    private static ServerSwitch number(
            String name, String question, int least, BiFunction<ServerHabits, Integer, ServerHabits> setter) {
        return new ServerSwitch(name, question, List.of("N"), (habits, value) -> {
            int number = value.matches("\\d{1,7}") ? Integer.parseInt(value) : -1;
            if (number < least || number > MOST) {
                throw new IllegalArgumentException(String.format(
                        Locale.ROOT,
                        "the switch '%s' takes a number from %d to %d, not '%s'",
                        name,
                        least,
                        MOST,
                        value));
            }
            return setter.apply(habits, number);
        });
    }

    private static String text(Class<?> question) {
        return text(question.getSimpleName().replaceAll("(?<=.)([A-Z])", "_$1"));
    }

    private static String text(String constant) {
        return constant.toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /// The habits with one of them set.
    ///
    /// @param written `NAME=VALUE`, in any case
    /// @throws IllegalArgumentException with a sentence for the person who wrote it
    public static ServerHabits set(ServerHabits habits, String written) {
        String[] parts = written.strip().toLowerCase(Locale.ROOT).split("=", 2);
        ServerSwitch named = named(parts[0].strip());
        if (named == null) {
            throw new IllegalArgumentException(noneOf(parts[0].strip()));
        }
        if (parts.length < 2) {
            throw new IllegalArgumentException("the switch '%s' needs a value: %s".formatted(named.name, named.form()));
        }
        String value = parts[1].strip();
        if (!named.takesNumber() && !named.values.contains(value)) {
            throw new IllegalArgumentException(
                    "the switch '%s' has no '%s': %s".formatted(named.name, value, named.form()));
        }
        return named.setter.apply(habits, value);
    }

    private boolean takesNumber() {
        return values.getFirst().equals("N");
    }

    /// As help shows it: `after-reads=nothing|flush|complete`.
    public String form() {
        return name + "=" + String.join("|", values);
    }

    private static @Nullable ServerSwitch named(String name) {
        return ALL.stream().filter(one -> one.name.equals(name)).findFirst().orElse(null);
    }

    private static String noneOf(String name) {
        boolean ofTheClient =
                OF_THE_CLIENTS_LIBRARY.stream().anyMatch(type -> text(type).equals(name));
        return ofTheClient
                ? "'%s' is answered by the library that the client loads, and not by the server".formatted(name)
                : "there is no switch '%s': there are %s"
                        .formatted(
                                name,
                                String.join(
                                        ", ", ALL.stream().map(one -> one.name).toList()));
    }
}
