package dev.sluice.sidecar.config;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.api.lowlevel.Compose;
import org.snakeyaml.engine.v2.api.lowlevel.Parse;
import org.snakeyaml.engine.v2.events.Event;
import org.snakeyaml.engine.v2.exceptions.MarkedYamlEngineException;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;
import org.snakeyaml.engine.v2.nodes.MappingNode;
import org.snakeyaml.engine.v2.nodes.Node;
import org.snakeyaml.engine.v2.nodes.ScalarNode;

/// A configuration file that was read and holds no mistake.
///
/// @param path          where it is
/// @param configuration what it says
/// @param effective     what holds, defaults included and secrets masked: maps, lists, texts, numbers, booleans
public record ConfigurationFile(Path path, Configuration configuration, Map<String, Object> effective) {

    /// The environment variable that names the file.
    public static final String VARIABLE = "SLUICE_CONFIG";

    private static final int LARGEST_FILE = 1 << 20;

    /// The file's own sections are at most five deep. What reads YAML calls itself for each level.
    private static final int DEEPEST = 50;

    private static final List<Path> PLACES = List.of(Path.of("sluice.yaml"), Path.of("/etc/sluice/sluice.yaml"));

    /// Where a file is looked for when the command line names none, for people to read.
    public static final String SEARCHED = "$%s, ./sluice.yaml and /etc/sluice/sluice.yaml".formatted(VARIABLE);

    /// The file to read: the one that the command line names, or the one that the environment names, or the
    /// first that exists in the usual places. The environment comes before the usual places, since the user set
    /// it on purpose. Its file counts even if it does not exist.
    ///
    /// @param named     on the command line; null when not
    /// @param directory against which `sluice.yaml` is resolved
    public static Optional<Path> find(
            @Nullable Path named, UnaryOperator<@Nullable String> environment, Path directory) {
        if (named != null) {
            return Optional.of(named);
        }
        String variable = environment.apply(VARIABLE);
        if (variable != null && !variable.isEmpty()) {
            return Optional.of(Path.of(variable));
        }
        return PLACES.stream()
                .filter(place -> Files.exists(directory.resolve(place)))
                .findFirst();
    }

    /// Reads a file.
    ///
    /// **Errors:** [Misconfigured] with every mistake.
    public static ConfigurationFile read(Path path, UnaryOperator<@Nullable String> environment) {
        return parse(path, text(path), environment);
    }

    /// Reads what a look at a whole bucket needs. A file that has no other sections than those needs no `server`
    /// either.
    ///
    /// **Errors:** [Misconfigured] with every mistake.
    public static BucketConfiguration readBucket(Path path, UnaryOperator<@Nullable String> environment) {
        String text = text(path);
        Binder binder = new Binder(path.toString(), new Interpolation(environment));
        List<String> names =
                Entry.of(BucketConfiguration.class).stream().map(Entry::name).toList();
        Node node = compose(path, text, binder);
        boolean alone = node instanceof MappingNode root
                && root.getValue().stream()
                        .allMatch(section ->
                                section.getKeyNode() instanceof ScalarNode name && names.contains(name.getValue()));
        if (!alone) {
            return BucketConfiguration.of(parse(path, text, environment).configuration());
        }
        BucketConfiguration bucket = binder.section(BucketConfiguration.class, node, "", null);
        if (bucket == null) {
            throw new Misconfigured(path.toString(), new ArrayList<>(binder.problems()));
        }
        return bucket;
    }

    private static String text(Path path) {
        try {
            return BoundedFile.text(path, LARGEST_FILE);
        } catch (NoSuchFileException e) {
            throw unreadable(path, "there is no such file", "name another with --config FILE");
        } catch (BoundedFile.Refused e) {
            throw unreadable(path, String.valueOf(e.getMessage()), "name a file of sections and keys");
        } catch (CharacterCodingException e) {
            throw unreadable(path, "is not UTF-8", "save it as UTF-8");
        } catch (IOException e) {
            throw unreadable(path, "cannot be read: " + e, "let this user read it");
        }
    }

    private static Misconfigured unreadable(Path path, String what, String hint) {
        return new Misconfigured(path.toString(), List.of(new Problem(path.toString(), 0, 0, "", what, hint)));
    }

    /// Reads a text that is not in a file yet.
    ///
    /// @param path        its name in errors
    /// @param environment gives the value of a variable, or null
    ///
    /// **Errors:** [Misconfigured] with every mistake.
    public static ConfigurationFile parse(Path path, String text, UnaryOperator<@Nullable String> environment) {
        Binder binder = new Binder(path.toString(), new Interpolation(environment));
        Node root = compose(path, text, binder);
        Configuration configuration =
                binder.problems().isEmpty() ? binder.section(Configuration.class, root, "", null) : null;
        if (configuration == null) {
            throw new Misconfigured(path.toString(), new ArrayList<>(binder.problems()));
        }
        return new ConfigurationFile(path, configuration, new Rendering(binder.fromFiles()).section(configuration, ""));
    }

    private static @Nullable Node compose(Path path, String text, Binder binder) {
        LoadSettings settings = LoadSettings.builder()
                .setLabel(path.toString())
                // We tell of duplicate keys ourselves, together with everything else.
                .setAllowDuplicateKeys(true)
                .setCodePointLimit(LARGEST_FILE)
                .build();
        try {
            if (!shallow(settings, text, binder)) {
                return null;
            }
            Optional<Node> node = new Compose(settings).composeString(text);
            if (node.isEmpty()) {
                binder.problem("", null, "says nothing", "`sluice config schema` describes what belongs there");
            }
            return node.orElse(null);
        } catch (MarkedYamlEngineException e) {
            String context = e.getContext() == null ? "" : " (" + e.getContext() + ")";
            binder.problem(
                    "",
                    e.getProblemMark().or(e::getContextMark).orElse(null),
                    "is not YAML: " + e.getProblem() + context,
                    "");
        } catch (YamlEngineException e) {
            binder.problem("", null, "is not YAML: " + e.getMessage(), "");
        }
        return null;
    }

    /// Looks at the events, which come without recursion. Tells where it is too deep.
    private static boolean shallow(LoadSettings settings, String text, Binder binder) {
        int depth = 0;
        for (Event event : new Parse(settings).parseString(text)) {
            switch (event.getEventId()) {
                case MappingStart, SequenceStart -> depth++;
                case MappingEnd, SequenceEnd -> depth--;
                default -> {
                    // Neither opens nor closes anything.
                }
            }
            if (depth > DEEPEST) {
                binder.problem(
                        "",
                        event.getStartMark().orElse(null),
                        String.format(Locale.ROOT, "has more than %d sections or lists within each other", DEEPEST),
                        "`sluice config schema` describes what belongs there");
                return false;
            }
        }
        return true;
    }

    /// The configuration as YAML, defaults included and secrets masked.
    public String toYaml() {
        return Yaml.write(effective);
    }

    /// Every secret in it, for callers that keep secrets out of the output.
    public List<String> secrets() {
        List<String> secrets = new ArrayList<>();
        collect(configuration, secrets);
        return secrets;
    }

    static void collect(Record section, List<String> secrets) {
        for (Entry entry : Entry.of(section.getClass())) {
            switch (entry.in(section)) {
                case Secret secret -> secrets.add(secret.reveal());
                case JdbcUrl url -> secrets.addAll(url.secrets());
                case Record nested when entry.section() -> collect(nested, secrets);
                case List<?> sections when entry.section() -> sections.forEach(each -> collect((Record) each, secrets));
                case null, default -> {
                    // Not a secret, and no place for one.
                }
            }
        }
    }

    /// The names and masked values only.
    @Override
    public String toString() {
        return "ConfigurationFile[%s, %s]".formatted(path, effective);
    }
}
