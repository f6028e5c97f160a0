package dev.sluice.engine.restore;

import dev.sluice.engine.sql.RestoreFacts;
import java.util.Collection;
import java.util.Locale;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Pattern;

/// The directories of SQL Server's machine, as far as the files of its databases show them.
///
/// There is no documented view of directories. One in which a database has a file is there; of another one
/// nothing is known.
///
/// **Threading:** confined to its run.
final class Directories {

    /// With a drive, or a share of another machine.
    private static final Pattern WINDOWS = Pattern.compile("(?s)[A-Za-z]:[\\\\/].*|\\\\\\\\.*");

    private final RestoreFacts facts;
    private final TreeSet<String> known = new TreeSet<>();
    private final boolean windows;
    private final boolean unix;

    private Directories(RestoreFacts facts) {
        this.facts = facts;
        facts.files().forEach(file -> known.add(directory(file.path())));
        known.add(directory(data()));
        known.add(directory(log()));
        this.windows = known.stream().anyMatch(path -> WINDOWS.matcher(path).matches());
        this.unix = known.stream().anyMatch(path -> path.startsWith("/"));
    }

    public static Directories of(RestoreFacts facts) {
        return new Directories(facts);
    }

    /// More files that are known to have been on this machine.
    public void learn(Collection<String> paths) {
        paths.forEach(path -> known.add(directory(path)));
    }

    /// Whether a path is one of another operating system than SQL Server's.
    boolean isForeign(String path) {
        boolean theirs = WINDOWS.matcher(path).matches();
        // A server that shows paths of both kinds has been told odd ones, and then nothing follows from its
        // paths.
        return windows != unix && (windows ? path.startsWith("/") : theirs);
    }

    /// Whether the directory of a file is known to be there: it, or one below it, has a file.
    boolean isKnown(String path) {
        String directory = directory(path);
        if (directory.isEmpty()) {
            return false;
        }
        if (!windows) {
            String next = known.ceiling(directory);
            return next != null && next.startsWith(directory);
        }
        String folded = folded(directory);
        return known.stream().anyMatch(each -> folded(each).startsWith(folded));
    }

    private static String folded(String path) {
        return path.replace('/', '\\').toLowerCase(Locale.ROOT);
    }

    /// Where the instance puts data files; empty when it does not say, and no file of its own shows it.
    String data() {
        return facts.defaultDataPath().isEmpty() ? besideMaster() : separated(facts.defaultDataPath());
    }

    /// The same for files of the log.
    String log() {
        return facts.defaultLogPath().isEmpty() ? besideMaster() : separated(facts.defaultLogPath());
    }

    private String besideMaster() {
        Optional<RestoreFacts.File> master = facts.files().stream()
                .filter(file -> file.database().equals("master"))
                .findFirst();
        return master.map(file -> directory(file.path())).orElse("");
    }

    private static String separated(String directory) {
        if (directory.endsWith("/") || directory.endsWith("\\")) {
            return directory;
        }
        return directory + (directory.contains("\\") ? "\\" : "/");
    }

    /// With its separator at the end; empty when there is none.
    static String directory(String path) {
        return path.substring(0, Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
    }
}
