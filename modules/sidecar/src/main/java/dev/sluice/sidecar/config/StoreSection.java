package dev.sluice.sidecar.config;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// `store:`
public record StoreSection(
        @Key(
                value = "The bucket. It must exist.",
                pattern = "[A-Za-z0-9][A-Za-z0-9._-]{1,61}[A-Za-z0-9]",
                bound = "3 to 63 letters, digits, `.`, `_`, `-`",
                example = "backups")
        String bucket,

        @Key(
                value = "What all keys begin with, so that a bucket can be shared.",
                optional = true,
                pattern = "[A-Za-z0-9._=-]+(/[A-Za-z0-9._=-]+)*/?",
                bound = "letters, digits, `.`, `_`, `=`, `-`, parted by `/`; does not begin with `/`",
                example = "prod")
        @Nullable
        String prefix,

        @Key(
                value = "The bucket's region. Other servers than Amazon's mostly take any; `us-east-1` is sent"
                        + " to them if the file says nothing.",
                optional = true,
                pattern = "[a-z0-9-]{1,63}",
                bound = "lower-case letters, digits, `-`; required without `endpoint`",
                example = "eu-central-1")
        @Nullable
        String region,

        @Key(
                value = "The server's address, if it is not Amazon's own for the region.",
                optional = true,
                bound = "`http://` or `https://`, a host, perhaps a port and a path",
                example = "https://s3.example.org")
        @Nullable
        URI endpoint,

        @Key(
                value = "Whether the bucket stands in the path rather than in the host name. `auto`: exactly if"
                        + " there is an `endpoint`.",
                word = "auto")
        @Nullable
        Boolean pathStyle,

        @Key(
                value = "A key pair. Without it, the AWS SDK's chain is asked: environment, profile, web identity,"
                        + " container, instance.",
                optional = true)
        @Nullable
        Credentials credentials,

        @Key(
                value = "What the server can be relied on for beyond what all have: checksums of parts and of"
                        + " objects, conditional writes. `generic` relies on nothing, nor does `r2`, whose parts"
                        + " are all of one length, as Cloudflare wants them; Sluice's own sums are checked"
                        + " whatever this says.",
                initial = "aws")
        Profile profile,

        @Key(
                value = "The certificates of the authorities to trust, as PEM, instead of those that Java trusts.",
                optional = true,
                bound = "an absolute path; not with an `http://` endpoint",
                example = "/etc/sluice/ca.pem")
        @Nullable
        Path ca,

        @Key(
                value = "An HTTP proxy on the way, or `none`. Without it, Java's system properties and the environment"
                        + " say: `https_proxy` for an https endpoint, `http_proxy` for an http one, else `all_proxy`,"
                        + " and `no_proxy` for what is reached without.",
                optional = true,
                single = "none")
        @Nullable
        Proxy proxy,

        @Key(
                value = "Encryption on the server's side, of the objects that hold backups: `s3` for S3's own key, or"
                        + " a key in KMS. Without it the bucket decides, as it does for documents.",
                optional = true,
                single = "s3")
        @Nullable
        Sse sse,

        @Key(
                value = "The storage class of the objects that hold backups. Without it the bucket's.",
                optional = true,
                pattern = STORAGE_CLASS,
                bound = STORAGE_CLASS_BOUND,
                example = "STANDARD_IA")
        @Nullable
        String storageClass,

        @Key(
                value = "Tags of the objects that hold backups.",
                initial = "[]",
                bound = "up to 10, `key=value`; keys differ, have 1 to 128 characters and do not begin with `aws:`;"
                        + " values have up to 256",
                example = "[\"team=dba\", \"kind=backup\"]")
        List<ObjectTag> tags,

        @Key(
                value =
                        "Object Lock: no credentials can destroy a backup's objects before their time; `sluice prune` can only hide"
                                + " them behind delete markers. The bucket must have been made for it.",
                optional = true)
        @Nullable
        ObjectLock objectLock) {

    static final String STORAGE_CLASS = "[A-Z][A-Z0-9_]{0,39}";
    static final String STORAGE_CLASS_BOUND =
            "S3's name of it; none whose objects must be thawed before they can be read";

    private static final int MAX_TAGS = 10;
    private static final Set<String> FROZEN = Set.of("GLACIER", "DEEP_ARCHIVE");

    public StoreSection {
        tags = List.copyOf(tags);
        if (endpoint == null && region == null) {
            throw new Invalid(
                    "region",
                    "is missing: Amazon's address follows from it",
                    "add store.region, or store.endpoint for another server");
        }
        if (endpoint != null && !isServer(endpoint) && !isBelowPath(endpoint, bucket)) {
            throw new Invalid(
                    "endpoint",
                    "is no address of a server: only a scheme (http or https), a host, a port and the service's own path belong there",
                    "write it like https://s3.example.org; the bucket has a key of its own");
        }
        if (endpoint != null && !isServer(endpoint) && Boolean.FALSE.equals(pathStyle)) {
            throw new Invalid(
                    "path-style",
                    "cannot be false: the endpoint has a path, and the bucket stands behind it",
                    "leave the key out");
        }
        if (ca != null && !ca.isAbsolute()) {
            throw new Invalid("ca", "%s is not absolute".formatted(ca), "begin it with a slash");
        }
        if (ca != null && endpoint != null && "http".equals(endpoint.getScheme())) {
            throw new Invalid(
                    "ca",
                    "there are no certificates on the way to an http:// endpoint",
                    "leave the key out, or write the endpoint with https://");
        }
        requireReadable(storageClass);
        if (tags.size() > MAX_TAGS) {
            throw new Invalid(
                    "tags",
                    String.format(
                            Locale.ROOT, "has %d tags, and S3 takes up to %d for one object", tags.size(), MAX_TAGS),
                    "remove some");
        }
        if (tags.stream().map(ObjectTag::key).distinct().count() < tags.size()) {
            throw new Invalid("tags", "has two tags with one key", "remove one");
        }
    }

    static void requireReadable(@Nullable String storageClass) {
        if (storageClass != null && FROZEN.contains(storageClass)) {
            throw new Invalid(
                    "storage-class",
                    "objects in %s cannot be read before a person thaws them, so no restore could begin"
                            .formatted(storageClass),
                    "try GLACIER_IR");
        }
    }

    /// Which kind of server the store is.
    public enum Profile {
        AWS,
        CEPH,
        MINIO,
        R2,
        GENERIC
    }

    /// `store.credentials:`
    public record Credentials(
            @Key(value = "The access key's id.", example = "AKIAIOSFODNN7EXAMPLE")
            String accessKeyId,

            @Key(value = "The secret that belongs to it.", example = "${file:/run/secrets/s3}")
            Secret secretAccessKey,

            @Key(value = "Only with temporary credentials.", optional = true, example = "${S3_SESSION_TOKEN}") @Nullable
            Secret sessionToken) {}

    /// `store.proxy:`
    ///
    /// @param url null where there is to be no proxy
    public record Proxy(
            @Key(
                    value = "Where it is.",
                    bound = "`http://` or `https://`, a host, perhaps a port; without one, 3128",
                    example = "http://proxy.example.org:3128")
            @Nullable
            URI url,

            @Key(
                    value = "As whom to use it.",
                    optional = true,
                    pattern = "[^:]+",
                    bound = "without `:`; only beside `password`",
                    example = "sluice")
            @Nullable
            String user,

            @Key(
                    value = "The password that belongs to it.",
                    optional = true,
                    bound = "only beside `user`",
                    example = "${file:/run/secrets/proxy}")
            @Nullable
            Secret password) {

        public Proxy {
            if (url != null && !isServer(url)) {
                throw new Invalid(
                        "url",
                        "is no address of a server: only a scheme (http or https), a host and a port belong there",
                        "write it like http://proxy.example.org:3128; user and password have keys of their own");
            }
            if ((user == null) != (password == null)) {
                throw new Invalid(
                        user == null ? "password" : "user",
                        "has no %s beside it".formatted(user == null ? "user" : "password"),
                        "give both, or none");
            }
        }
    }

    /// `store.sse:`
    ///
    /// @param kms null where S3's own key is meant
    public record Sse(
            @Key(value = "Id, ARN or alias of the key in KMS.", example = "alias/sql") @Nullable
            String kms) {}

    /// `store.object-lock:`
    public record ObjectLock(
            @Key(
                    value =
                            "Who can lift the lock: with `governance`, a person with a special permission; with `compliance`,"
                                    + " no person.",
                    example = "governance")
            LockMode mode,

            @Key(value = "For how many days from a backup's beginning.", min = "1", max = "36500", example = "35")
            int days) {}

    /// How a lock can be lifted.
    public enum LockMode {
        GOVERNANCE,
        COMPLIANCE
    }

    /// As where other services are behind the same address. Who puts the bucket there means something else.
    private static boolean isBelowPath(URI url, String bucket) {
        return url.getRawPath() != null
                && !List.of(url.getRawPath().split("/", -1)).contains(bucket)
                && url.getRawPath().matches("(/[A-Za-z0-9._~-]+)+/?")
                && isServer(url.resolve("/"));
    }

    private static boolean isServer(URI url) {
        return url.getHost() != null
                && ("http".equals(url.getScheme()) || "https".equals(url.getScheme()))
                && url.getUserInfo() == null
                && url.getQuery() == null
                && (url.getPath() == null || url.getPath().matches("/?"));
    }
}
