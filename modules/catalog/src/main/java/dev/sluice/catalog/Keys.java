package dev.sluice.catalog;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.text.Normalizer;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Pattern;

/// The keys of one server's backups, below the store's prefix.
///
/// Every part of a key has only letters, digits, dots, dashes and underscores, for every name of a database. Such
/// keys need no escaping anywhere and stay far below S3's limit of 1,024 bytes.
public final class Keys {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final Pattern HASHED = Pattern.compile(".*-[0-9a-f]{16}", Pattern.DOTALL);
    private static final String SELF_TESTS = "self-test/";
    private static final int SLUG_LENGTH = 32;
    private static final int HASH_BYTES = 8;

    private final String server;

    /// @param server the configured identity of the server, or of the availability group
    public Keys(String server) {
        if (server.isBlank()) {
            throw new IllegalArgumentException("A server needs an identity");
        }
        this.server = PLAIN.matcher(server).matches() ? server : slugged(server);
    }

    private Keys(Keys parent, String directory) {
        this.server = parent.root() + directory;
    }

    /// The keys of one self-test of this server: below its directory, so that the same rights reach them, and
    /// apart from everything that is kept of real backups.
    ///
    /// @param id the self-test's ULID
    public Keys selfTest(String id) {
        return new Keys(this, SELF_TESTS + requireUlid(id));
    }

    /// The directory of the self-test, without its slash, in which this key lies.
    static Optional<String> selfTestOf(String key) {
        String[] path = key.split("/", 4);
        return path.length == 4 && (path[1] + "/").equals(SELF_TESTS) && Ulid.isUlid(path[2])
                ? Optional.of(String.join("/", path[0], path[1], path[2]))
                : Optional.empty();
    }

    /// The identity that belongs to these keys.
    public String identity() {
        return server;
    }

    /// The prefix of all keys of this server.
    public String root() {
        return server + "/";
    }

    public String owner() {
        return root() + "owner.json";
    }

    public String pendings() {
        return root() + "pending/";
    }

    public String pending(String backupId) {
        return pendings() + requireUlid(backupId) + ".json";
    }

    /// The prefix of the keys of all removal notes.
    public String removals() {
        return root() + "removals/";
    }

    public String removal(String backupId) {
        return removals() + requireUlid(backupId) + ".json";
    }

    /// The prefix of the keys of all holds.
    public String holds() {
        return root() + "holds/";
    }

    /// The key of the hold of a backup.
    public String hold(String backupId) {
        return holds() + requireUlid(backupId) + ".json";
    }

    /// The prefix of the keys of all pauses.
    public String pauses() {
        return root() + "pauses/";
    }

    public String pause(String pauseId) {
        return pauses() + requireUlid(pauseId) + ".json";
    }

    /// The prefix of the keys of all notes about scratch databases.
    public String scratches() {
        return root() + "scratch/";
    }

    String scratch(String drillId) {
        return scratches() + requireUlid(drillId) + ".json";
    }

    /// The prefix of the keys of what drills found out.
    public String drills() {
        return root() + "drills/";
    }

    /// The prefix of the keys of what drills of a database found out.
    public String drills(String database) {
        return drills() + database(database) + "/";
    }

    /// The prefix of the keys of what verifications found.
    public String verifications() {
        return root() + "verifications/";
    }

    /// The prefix of the keys of what verifications of a database's backups found.
    public String verifications(String database) {
        return verifications() + database(database) + "/";
    }

    /// The prefix of the keys of the history of jobs.
    public String history() {
        return root() + "history/";
    }

    /// The key of what the sidecar of the server that has claimed the directory says about itself and its databases.
    public String summary() {
        return root() + "summary.json";
    }

    /// The prefix of the keys of the summaries of all other replicas.
    String replicaSummaries() {
        return root() + "summary-";
    }

    /// The key of the summary of another replica of an availability group. It stays when the replica is renamed.
    public String summary(ServerIdentity replica) {
        String lasting = replica.broker() != null ? replica.broker() : replica.name();
        return replicaSummaries() + hash(lasting.toLowerCase(Locale.ROOT)) + ".json";
    }

    /// The prefix of the keys of all exports of the instance.
    public String exports() {
        return root() + "exports/";
    }

    /// The key of an export.
    public String export(ExportKey key) {
        return exports() + key.fileName();
    }

    /// The server's directory, without its slash.
    String server() {
        return server;
    }

    /// The prefix of the keys of all data of this server.
    public String data() {
        return root() + "data/";
    }

    /// The prefix of the keys of the data of a database's backups.
    public String data(String database) {
        return data() + database(database) + "/";
    }

    /// The prefix of the keys of a backup's data.
    public String data(String database, String backupId) {
        return data(database) + requireUlid(backupId) + "/";
    }

    /// @param stripe  from 1
    /// @param segment from 1; the first segment's name has no number
    public String data(String database, String backupId, int stripe, int segment) {
        String further = segment == 1 ? "" : String.format(Locale.ROOT, ".%03d", segment);
        return data(database, backupId) + String.format(Locale.ROOT, "stripe-%03d%s.bak", stripe, further);
    }

    /// The object of a stripe whose segments were joined.
    public String joined(String database, String backupId, int stripe) {
        return data(database, backupId) + String.format(Locale.ROOT, "stripe-%03d.joined.bak", stripe);
    }

    /// The sums of a backup that are too many for its document.
    ///
    /// @param contents the hash of its contents
    String sums(String database, String backupId, String contents) {
        return data(database, backupId) + "sums-" + contents + ".bin";
    }

    /// The id of the backup whose pending document, removal note or hold has this key, or of the pause that has
    /// it; empty for every other key.
    static Optional<String> idOf(String key) {
        String name = key.substring(key.lastIndexOf('/') + 1);
        return name.endsWith(".json")
                ? Optional.of(name.substring(0, name.length() - ".json".length()))
                        .filter(Ulid::isUlid)
                : Optional.empty();
    }

    /// Whether a server of Sluice's can have a directory of this name.
    public static boolean isServerDirectory(String name) {
        return PLAIN.matcher(name).matches();
    }

    /// Whether this is the identity that the directory was made for.
    boolean isServer(String identity) {
        // A self-test's identity is its directory, and no configured identity has a slash in its directory.
        return server.equals(identity)
                || (!identity.isBlank()
                        && isSame(server, PLAIN.matcher(identity).matches() ? identity : slugged(identity)));
    }

    /// Whether this is the name of the database that a directory was made for.
    public static boolean isDatabase(String directory, String name) {
        return isSame(directory, slugged(name));
    }

    /// Directories that end in the same hash belong to one name. The piece in front of the hash may differ,
    /// because it depended on the machine's language in early versions.
    private static boolean isSame(String directory, String other) {
        return directory.equals(other)
                || (HASHED.matcher(directory).matches()
                        && HASHED.matcher(other).matches()
                        && hashOf(directory).equals(hashOf(other)));
    }

    private static String hashOf(String directory) {
        return directory.substring(directory.lastIndexOf('-'));
    }

    public String catalog() {
        return root() + "catalog/";
    }

    public String catalog(String database) {
        return catalog() + database(database) + "/";
    }

    /// The key under which a damaged entry is kept that a rebuilt one has taken the place of. No program looks there.
    public String setAside(CatalogKey entry) {
        String key = entry.key();
        return root() + "set-aside/" + entry.database() + key.substring(key.lastIndexOf('/'));
    }

    String entry(BackupDocument document) {
        return catalog(document.database()) + CatalogKey.fileName(document);
    }

    /// A database's directory: a piece of its name for people, and a hash of the whole name, which makes it
    /// distinct. Names that differ only in case are different here; the server's collation decides whether they
    /// are to the server.
    public static String database(String name) {
        return slugged(name);
    }

    private static String slugged(String name) {
        String slug = Normalizer.normalize(name, Normalizer.Form.NFKD)
                .toLowerCase(Locale.ROOT)
                .replaceAll("\\p{M}+", "")
                .replaceAll("[^a-z0-9]+", "-")
                .replaceAll("^-|-$", "");
        String shortened = slug.substring(0, Math.min(SLUG_LENGTH, slug.length()));
        return (shortened.isEmpty() ? "db" : shortened) + "-" + hash(name);
    }

    /// Over UTF-16 code units, because names that differ only in unpaired surrogates (SQL Server allows them) have
    /// the same UTF-8.
    private static String hash(String name) {
        ByteBuffer units = ByteBuffer.allocate(2 * name.length());
        name.chars().forEach(unit -> units.putChar((char) unit));
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(units.array());
            return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("Every Java has SHA-256", e);
        }
    }

    private static String requireUlid(String backupId) {
        if (!Ulid.isUlid(backupId)) {
            throw new IllegalArgumentException("'%s' is not a backup id".formatted(backupId));
        }
        return backupId;
    }
}
