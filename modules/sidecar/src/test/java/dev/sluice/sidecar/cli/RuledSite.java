package dev.sluice.sidecar.cli;

import dev.sluice.catalog.BackupType;
import dev.sluice.catalog.Catalog;
import dev.sluice.catalog.Keys;
import dev.sluice.engine.Engine;
import dev.sluice.engine.backup.BackupRequest;
import dev.sluice.engine.backup.BackupResult;
import dev.sluice.engine.inventory.Inventory;
import dev.sluice.engine.plan.PlanRequest;
import dev.sluice.engine.plan.Planner;
import dev.sluice.engine.plan.RestorePlan;
import dev.sluice.engine.restore.RestoreRequest;
import dev.sluice.engine.retention.KeepDecision;
import dev.sluice.engine.retention.PruneRequest;
import dev.sluice.engine.run.Environment;
import dev.sluice.engine.run.OperationFailed;
import dev.sluice.engine.run.RunObserver;
import dev.sluice.engine.run.Storage;
import dev.sluice.engine.run.TransferOptions;
import dev.sluice.engine.sql.SqlServer;
import dev.sluice.s3.MemoryBudget;
import dev.sluice.s3.ObjectOptions;
import dev.sluice.s3.ProviderProfile;
import dev.sluice.s3.RetryPolicy;
import dev.sluice.s3.S3Store;
import dev.sluice.s3.StoreConfig;
import dev.sluice.sidecar.report.Output;
import dev.sluice.simulator.s3.EmbeddedS3;
import dev.sluice.simulator.server.ServerOptions;
import dev.sluice.simulator.server.SimulatedServer;
import dev.sluice.testsupport.FaultyProxy;
import dev.sluice.testsupport.Reaction;
import dev.sluice.testsupport.Reaction.Fault;
import dev.sluice.vdi.inprocess.InProcessVdi;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.sql.Statement;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// SQL Server's stand-in, a bucket, and between that and the engine a proxy that answers single requests as a
/// test wants.
///
/// The bucket has what a bucket comes to hold: backups of two databases, and after crashes and refusals a
/// pending document beside its entry, one without an entry, one of a backup that came to nothing with its
/// unfinished upload, and a removal that was not finished. [#reset()] brings all of this back.
public final class RuledSite implements AutoCloseable {

    /// How one request is answered.
    public enum Reply {
        FORBIDDEN(403, "application/xml", "<Error><Code>AccessDenied</Code><Message>Ruled.</Message></Error>"),
        ABSENT(404, "application/xml", "<Error><Code>NoSuchKey</Code><Message>Ruled.</Message></Error>"),
        BAD(400, "application/xml", "<Error><Code>InvalidRequest</Code><Message>Ruled.</Message></Error>"),
        NO_DOCUMENT(200, "text/html", "<html><body>This is a page of the proxy's.</body></html>");

        private final int status;
        private final String contentType;
        private final String body;

        Reply(int status, String contentType, String body) {
            this.status = status;
            this.contentType = contentType;
            this.body = body;
        }

        Reaction.Answer answer() {
            return new Reaction.Answer(status, Map.of("Content-Type", contentType), body);
        }
    }

    /// One request as S3 calls it.
    ///
    /// @param key    an object's, or a prefix. What a run has made up itself is called `<new>`
    /// @param actual as it was sent
    public record Request(String operation, String key, String actual) {

        /// The first such request, and every later one about the same object.
        public Predicate<Request> only() {
            AtomicReference<@Nullable String> first = new AtomicReference<>();
            return other -> other.operation.equals(operation)
                    && other.key.equals(key)
                    && (first.compareAndSet(null, other.actual) || other.actual.equals(first.get()));
        }

        public boolean reads() {
            return operation.startsWith("Get") || operation.startsWith("List") || operation.startsWith("Head");
        }

        /// Whether a body is read out of the answer.
        public boolean hasBody() {
            return operation.startsWith("Get") || operation.startsWith("List");
        }

        /// What a message about it must contain.
        public String named() {
            int made = key.indexOf("<new>");
            return made < 0 ? key : key.substring(0, made);
        }
    }

    public static final String SALES = "Sales";
    public static final String OTHER = "Other";

    private static final String BUCKET = "sluice";
    private static final String IDENTITY = "ruled";
    private static final Duration SOON = Duration.ofMinutes(1);
    private static final Pattern ULID = Pattern.compile("[0-9A-HJKMNP-TV-Z]{26}");

    private final EmbeddedS3 s3;
    private final FaultyProxy proxy;
    private final SimulatedServer server;
    private final S3Store store;
    private final S3Store direct;
    private final MemoryBudget budget;
    private final Environment environment;
    private final Path template;
    private final Map<String, String> databases = new LinkedHashMap<>();
    private Set<String> keys = Set.of();

    /// A pending document whose entry is there, of Sales.
    public final String left;

    /// A pending document without an entry, of Sales: `recover` finds proof that it is good.
    public final String good;

    /// A pending document of Other, whose backup came to nothing.
    public final String bad;

    private RuledSite(Path directory) throws IOException {
        InProcessVdi vdi = new InProcessVdi();
        s3 = EmbeddedS3.start(directory.resolve("s3"), BUCKET);
        proxy = new FaultyProxy(s3.endpoint());
        ServerOptions options =
                ServerOptions.of(vdi).withDatabase(SALES, 1 << 20).withDatabase(OTHER, 6 << 20);
        server = SimulatedServer.start(options);
        store = store(proxy.endpoint());
        direct = store(s3.endpoint());
        budget = MemoryBudget.of(64L << 20);
        environment = new Environment(
                IDENTITY,
                new SqlServer(server.jdbcUrl(), "sa", options.password()),
                vdi::newClientSet,
                store,
                new Catalog(store, new Keys(IDENTITY)),
                budget,
                TransferOptions.DEFAULT,
                // So that a full backup of one database is an upload, and all others are single requests.
                new Storage(5 << 20, ObjectOptions.NONE, null),
                "test");
        template = directory.resolve("template");
        Engine engine = engine();
        backup(engine, OTHER, BackupType.FULL);
        prune(engine, OTHER, "DeleteObject", "/data/");
        for (String database : List.of(SALES, OTHER)) {
            for (BackupType type : List.of(BackupType.FULL, BackupType.LOG, BackupType.FULL, BackupType.LOG)) {
                backup(engine, database, type);
                work(database, options.password());
            }
        }
        left = leaving(
                engine, BackupRequest.log(SALES), request -> request.operation().equals("DeleteObject"));
        good = leaving(
                engine,
                BackupRequest.log(SALES),
                request ->
                        request.operation().equals("PutObject") && request.key().contains("/catalog/"));
        bad = leaving(
                engine,
                BackupRequest.of(OTHER, BackupType.FULL).withCopyOnly(true),
                request -> request.operation().equals("UploadPart")
                        || request.operation().equals("AbortMultipartUpload"));
        String stripe = environment.catalog().keys().data(OTHER, bad, 1, 1);
        direct.put(stripe, new byte[1]).block(SOON);
        engine.shutdown().block(SOON);
        keys = listed();
        for (String key : keys) {
            Matcher id = ULID.matcher(key);
            String name = database(key);
            if (name != null && id.find()) {
                databases.put(id.group(), name);
            }
        }
        databases.put(left, SALES);
        databases.put(good, SALES);
        databases.put(bad, OTHER);
        copy(bucket(), template);
    }

    public static RuledSite start(Path directory) throws IOException {
        return new RuledSite(directory);
    }

    private S3Store store(URI endpoint) {
        return S3Store.open(new StoreConfig(
                endpoint,
                "us-east-1",
                BUCKET,
                "",
                true,
                new StoreConfig.Credentials(s3.accessKeyId(), s3.secretAccessKey(), null),
                ProviderProfile.AWS,
                StoreConfig.Limits.DEFAULT,
                new RetryPolicy(2, Duration.ofMillis(5), Duration.ofMillis(5), Duration.ofSeconds(5))));
    }

    private static void backup(Engine engine, String database, BackupType type) {
        engine.backup(BackupRequest.of(database, type), RunObserver.SILENT).block(SOON);
    }

    private void prune(Engine engine, String database, String operation, String part) {
        answer(request -> request.operation().equals(operation) && request.key().contains(part), Reply.FORBIDDEN);
        engine.prune(new PruneRequest(
                        database,
                        (backups, _) -> backups.stream()
                                .map(backup -> new KeepDecision(backup, false, "given up"))
                                .toList(),
                        false))
                .block(SOON);
        answer(_ -> false, Reply.FORBIDDEN);
    }

    /// So that the next log backup has something to hold.
    private void work(String database, String password) {
        try (Connection connection = DriverManager.getConnection(server.jdbcUrl(), "sa", password);
                Statement statement = connection.createStatement()) {
            statement.execute(
                    "EXEC sluice_workload @database = N'%s', @transactions = 5, @seed = 1".formatted(database));
        } catch (SQLException e) {
            throw new AssertionError(database, e);
        }
    }

    /// @return the id of the pending document that it leaves
    private String leaving(Engine engine, BackupRequest request, Predicate<Request> refused) {
        Set<String> before = new HashSet<>(pendings());
        answer(refused, Reply.FORBIDDEN);
        try {
            engine.backup(request, RunObserver.SILENT).block(SOON);
        } catch (OperationFailed _) {
            // It was refused something.
        }
        answer(_ -> false, Reply.FORBIDDEN);
        return pendings().stream()
                .filter(id -> !before.contains(id))
                .findFirst()
                .orElseThrow();
    }

    private List<String> pendings() {
        return new Catalog(direct, new Keys(IDENTITY))
                .pendingIds()
                .collectList()
                .block(SOON);
    }

    public Environment environment() {
        return environment;
    }

    /// Another process, as it were: it knows nothing of what others have done.
    public Engine engine() {
        return new Engine(environment);
    }

    public Keys keys() {
        return environment.catalog().keys();
    }

    public BackupRequest request(String database, BackupType type, boolean copyOnly) {
        return BackupRequest.of(database, type).withCopyOnly(copyOnly);
    }

    // ---- the rule ----

    public void answer(Predicate<Request> which, Reply reply) {
        proxy.follow((request, _) -> which.test(parse(request.line())) ? reply.answer() : Fault.NONE);
    }

    /// Each that was made since the rule was set, once. Of a database's entries one stands for all.
    public List<Request> requests() {
        Map<String, Request> kinds = new LinkedHashMap<>();
        for (FaultyProxy.Request made : proxy.requests()) {
            Request request = parse(made.line());
            String kind = request.operation() + " "
                    + request.key().replaceAll("(/catalog/[^/]+/)\\d{8}T.*\\.json$", "$1<entry>");
            kinds.merge(kind, request, (was, is) -> was.key().compareTo(is.key()) < 0 ? was : is);
        }
        return List.copyOf(kinds.values());
    }

    private Request parse(String line) {
        String method = line.substring(0, line.indexOf(' '));
        String target = line.substring(line.indexOf(' ') + 1);
        int mark = target.indexOf('?');
        String path = decode(mark < 0 ? target : target.substring(0, mark));
        Map<String, String> query = new LinkedHashMap<>();
        if (mark >= 0) {
            Arrays.stream(target.substring(mark + 1).split("&"))
                    .map(pair -> pair.split("=", 2))
                    .forEach(pair -> query.put(pair[0], pair.length > 1 ? decode(pair[1]) : ""));
        }
        String key = path.replaceFirst("^/" + BUCKET + "/?", "");
        if (key.isEmpty()) {
            String operation = method.equals("HEAD")
                    ? "HeadBucket"
                    : query.containsKey("uploads") ? "ListMultipartUploads" : "ListObjectsV2";
            String prefix = query.getOrDefault("prefix", "");
            return new Request(operation, known(prefix), prefix);
        }
        boolean upload = query.containsKey("uploadId");
        String operation = switch (method) {
            case "POST" -> upload ? "CompleteMultipartUpload" : "CreateMultipartUpload";
            case "PUT" -> upload ? "UploadPart" : "PutObject";
            case "DELETE" -> upload ? "AbortMultipartUpload" : "DeleteObject";
            case "GET" -> upload ? "ListParts" : "GetObject";
            default -> "HeadObject";
        };
        return new Request(operation, known(key), key);
    }

    private String known(String key) {
        Matcher id = ULID.matcher(key);
        if (!id.find() || databases.isEmpty() || databases.containsKey(id.group())) {
            return key;
        }
        // The name of an entry tells when.
        return key.replaceAll("(/catalog/[^/]+/).*", "$1<new>").replaceAll(ULID.pattern(), "<new>");
    }

    private static String decode(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    // ---- what there is ----

    /// Of an object that the bucket had at first, or of a prefix; null for what is about no one database.
    public @Nullable String database(String key) {
        for (String name : List.of(SALES, OTHER)) {
            if (key.contains("/" + Keys.database(name) + "/")) {
                return name;
            }
        }
        Matcher id = ULID.matcher(key);
        return id.find() ? databases.get(id.group()) : null;
    }

    /// Of everything in the bucket, whatever the proxy says.
    public Set<String> listed() {
        return new HashSet<>(
                direct.list("").map(object -> object.key()).collectList().block(SOON));
    }

    /// What is gone since [#reset()].
    public Set<String> gone() {
        Set<String> gone = new HashSet<>(keys);
        gone.removeAll(listed());
        return gone;
    }

    public byte[] bytes(String key) {
        return direct.get(key).block(SOON);
    }

    /// As it was at first.
    public void reset() throws IOException {
        answer(_ -> false, Reply.FORBIDDEN);
        delete(bucket());
        copy(template, bucket());
    }

    private Path bucket() {
        return s3.directory().resolve(BUCKET);
    }

    private static void delete(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            for (Path file : files.toList()) {
                if (Files.isDirectory(file)) {
                    delete(file);
                }
                Files.delete(file);
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes)
                    throws IOException {
                Files.createDirectories(to.resolve(from.relativize(directory)));
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    // ---- the commands ----

    /// What a command has said.
    ///
    /// @param code what the process would end with
    public record Told(int code, String text) {}

    /// `sluice list`
    public Told list(Engine engine) {
        StringWriter text = new StringWriter();
        PrintWriter writer = new PrintWriter(text, true);
        try {
            int code =
                    new ListCommand(new Shutdown()).list(engine, Optional.empty(), new Output(writer, writer, false));
            return new Told(code, text.toString());
        } catch (RuntimeException e) {
            return new Told(Sluice.FAILED, text + String.valueOf(e.getMessage()));
        }
    }

    /// What `sluice backup` ends with.
    public int code(BackupResult result) {
        return BackupCommand.code(result);
    }

    /// `sluice restore DB --as Copy --plan`
    public Told plan(Engine engine, String database) {
        List<String> lines = new ArrayList<>();
        try {
            Inventory inventory = engine.inventory(database, null).block(SOON);
            lines.addAll(inventory.refused());
            if (!(new Planner(inventory.backups())
                            .plan(PlanRequest.to(dev.sluice.engine.plan.RestoreTarget.parse("end", inventory.time())))
                    instanceof RestorePlan plan)) {
                lines.add("unreachable");
                return new Told(Sluice.FAILED, String.join("\n", lines));
            }
            engine.check(RestoreRequest.of(plan, inventory.documents(), "Copy", Map.of(), RestoreRequest.Existing.KEEP))
                    .blockOptional(SOON)
                    .orElseThrow()
                    .requireMet();
            plan.backups().forEach(backup -> lines.add("step " + backup.id()));
            return new Told(inventory.refused().isEmpty() ? Sluice.DONE : Sluice.ATTENTION, String.join("\n", lines));
        } catch (OperationFailed e) {
            lines.add(String.valueOf(e.getMessage()));
            return new Told(Sluice.FAILED, String.join("\n", lines));
        }
    }

    @Override
    public void close() {
        store.close();
        direct.close();
        budget.close();
        server.close();
        proxy.close();
        s3.close();
    }
}
