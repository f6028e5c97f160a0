package dev.sluice.vdi.inprocess;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.openjdk.jcstress.annotations.JCStressTest;

/// Holds `docs/vdi-conformance.md` to the code it speaks of.
class ConformanceDocTest {

    private static final Pattern TEST = Pattern.compile("`(\\w+(?:Test|IT))#(\\w+)`");

    private static final Path ROOT = Path.of(System.getProperty("sluice.root", "../.."));

    /// Where tests are whose classes are not on this module's path.
    private static final List<Path> ELSEWHERE = List.of(
            Path.of("modules/vdi-native/src/test/java/dev/sluice/vdi/jna"),
            Path.of("modules/simulator/src/test/java/dev/sluice/simulator/vdi"));

    private static String doc = "";

    @BeforeAll
    static void read() throws IOException {
        doc = Files.readString(ROOT.resolve("docs/vdi-conformance.md"));
    }

    @Test
    void everyRowNamesATest() {
        List<String> rows = doc.lines()
                .filter(line -> line.startsWith("| "))
                .filter(line -> !line.contains(" | Held by |"))
                .filter(line -> !line.contains("Command |") && !line.contains("`mvn "))
                .toList();

        assertThat(rows)
                .hasSizeGreaterThan(120)
                .allSatisfy(row -> assertThat(TEST.matcher(row).find()).as(row).isTrue());
    }

    @Test
    void everyTestItNamesExists() {
        List<MatchResult> named = TEST.matcher(doc).results().toList();

        assertThat(named)
                .hasSizeGreaterThan(120)
                .allSatisfy(test -> assertThat(isATest(test.group(1), test.group(2)))
                        .as(test.group())
                        .isTrue());
    }

    @Test
    void everyTestOfTheContractIsNamed() {
        for (Class<?> type : List.of(
                ClientTransitionsTest.class,
                ServerTransitionsTest.class,
                ClientMethodsTest.class,
                ServerMethodsTest.class,
                CoreContractAgentTest.class,
                CoreContractTest.class,
                IoErrorProtocolTest.class,
                AnswersTest.class,
                OwnershipTest.class,
                CoreContractRulesTest.class,
                SecondaryClientTest.class,
                ClientEndingTest.class,
                ConfigurationAnswersTest.class,
                BufferAreaTest.class)) {
            assertThat(Stream.of(type.getDeclaredMethods()).filter(ConformanceDocTest::isATest))
                    .allSatisfy(test -> assertThat(doc).contains(type.getSimpleName() + "#" + test.getName()));
        }
    }

    @Test
    void everyAnswerToAnOpenQuestionIsListedWithItsQuestion() {
        for (Class<?> question : Answer.class.getPermittedSubclasses()) {
            Answer[] answers = (Answer[]) question.getEnumConstants();
            String cell = "| `%s`: %s"
                    .formatted(
                            question.getSimpleName(),
                            String.join(
                                    ", ",
                                    Arrays.stream(answers)
                                            .map("`%s`"::formatted)
                                            .toList()));
            String row =
                    doc.lines().filter(line -> line.contains(cell)).findFirst().orElse("no row with " + cell);

            assertThat(row).contains(answers[0].question());
        }
    }

    @Test
    void theNumbersOfQuestionsAreThoseOfTheTable() {
        Matcher numbers = Pattern.compile("Q\\d+").matcher(doc.substring(doc.indexOf("## Open questions")));
        assertThat(numbers.results()
                        .map(MatchResult::group)
                        .map(number -> Integer.valueOf(number.substring(1)))
                        .distinct())
                .contains(1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24)
                .contains(25, 26, 27, 28, 29);
    }

    private static boolean isATest(String type, String name) {
        return Stream.of("dev.sluice.vdi.", "dev.sluice.vdi.inprocess.")
                        .flatMap(folder -> found(folder + type))
                        .anyMatch(tests -> has(tests, name))
                || ELSEWHERE.stream().anyMatch(folder -> hasSource(folder, type, name));
    }

    private static boolean hasSource(Path folder, String type, String name) {
        Path source = ROOT.resolve(folder).resolve(type + ".java");
        try {
            String text = Files.exists(source) ? Files.readString(source) : "";
            int method = text.indexOf("void %s(".formatted(name));
            String annotations = method < 0 ? "" : text.substring(text.lastIndexOf("\n\n", method), method);
            return annotations.contains("@Test") || annotations.contains("@ParameterizedTest");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Stream<Class<?>> found(String type) {
        try {
            return Stream.of(Class.forName(type));
        } catch (ClassNotFoundException notHere) {
            return Stream.empty();
        }
    }

    private static boolean has(Class<?> tests, String name) {
        boolean method = Stream.of(tests.getDeclaredMethods())
                .anyMatch(one -> one.getName().equals(name) && isATest(one));
        return method
                || Stream.of(tests.getDeclaredClasses())
                        .anyMatch(race ->
                                race.getSimpleName().equals(name) && race.isAnnotationPresent(JCStressTest.class));
    }

    private static boolean isATest(Method method) {
        return method.isAnnotationPresent(Test.class) || method.isAnnotationPresent(ParameterizedTest.class);
    }
}
