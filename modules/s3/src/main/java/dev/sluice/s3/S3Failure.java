package dev.sluice.s3;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionException;
import java.util.concurrent.TimeoutException;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.SdkException;

/// A request to the store that did not succeed, after all attempts.
///
/// The message names the operation, the object and the server, and the server's answer or the reason for its
/// absence.
public final class S3Failure extends RuntimeException {
    /// Errors that S3 reports with status 400 although the same request may succeed on a retry.
    private static final Set<String> PASSING = Set.of(
            "RequestTimeout",
            "BadDigest",
            "IncompleteBody",
            "InternalError",
            "SlowDown",
            "ThrottlingException",
            // A conditional write met another request for the same key.
            "ConditionalRequestConflict",
            "OperationAborted",
            // Signed just before the keys were renewed: every attempt asks for keys anew.
            "ExpiredToken");

    /// [#code()] when there are no keys to sign with; the request was not sent.
    public static final String NO_CREDENTIALS = "NoCredentials";

    private static final int INSUFFICIENT_STORAGE = 507;
    private static final int NOT_IMPLEMENTED = 501; // and never will be
    private static final int PROXY_AUTHENTICATION = 407;
    private static final int UNAUTHORIZED = 401;

    private final String operation;
    private final String key;
    private final Said said;

    private S3Failure(String message, Target target, Said said, @Nullable Throwable cause) {
        super(message, cause);
        this.operation = target.operation;
        this.key = target.key;
        this.said = said;
    }

    /// The facts of a failure besides its message.
    ///
    /// @param proxyRefuses whether the proxy refused the request's credentials
    /// @param hints        the server's hints on how to make the request succeed
    /// @param kind         the scope of the failure: one object, or the bucket
    private record Said(
            int status, String code, boolean retryable, boolean proxyRefuses, ServerHints hints, FailureKind kind) {
        static Said nothing(boolean retryable, FailureKind kind) {
            return new Said(0, "", retryable, false, ServerHints.NONE, kind);
        }
    }

    /// The operation and object of a request, for the message.
    ///
    /// @param detail part number and the like; may be empty
    /// @param proxy  the proxy that the request goes through; null for none
    /// @param region the region that the request was sent to
    /// @param clock  how far the clock that signs is ahead of this machine's
    record Target(
            String operation,
            String detail,
            String endpoint,
            @Nullable ForwardProxy proxy,
            String region,
            Duration clock,
            String bucket,
            String key) {
        @Override
        public String toString() {
            return "%s%s of s3://%s/%s at %s%s"
                    .formatted(
                            operation,
                            detail.isEmpty() ? "" : " (" + detail + ")",
                            bucket,
                            key,
                            endpoint,
                            proxy == null ? "" : " through proxy " + proxy);
        }
    }

    /// S3's name of the operation, such as `UploadPart`.
    public String operation() {
        return operation;
    }

    /// The object or prefix that the request named.
    public String key() {
        return key;
    }

    /// HTTP status, or 0 when there was no answer.
    public int status() {
        return said.status;
    }

    /// S3's error code, or [#NO_CREDENTIALS], or an empty string.
    public String code() {
        return said.code;
    }

    /// Whether the same request, unchanged, could succeed later.
    public boolean retryable() {
        return said.retryable;
    }

    /// The scope of the failure: one object, or the bucket.
    public FailureKind kind() {
        return said.kind;
    }

    /// Whether the outcome on the server is unknown: there was no answer, or one that says nothing about the
    /// outcome.
    boolean unclear() {
        return said.status == 0 || said.status >= 500 || (said.status == 200 && said.retryable);
    }

    /// The bucket's region, if the answer names another one than the request was sent to.
    public Optional<String> region() {
        return Optional.ofNullable(said.hints.region());
    }

    /// Whether the server refused the request because of the time of its signature.
    public boolean refusedForTime() {
        return said.hints.refusedForTime();
    }

    /// How far this machine's clock is ahead of the server's, or behind it if negative. Present if the server
    /// refused the request because of its time and says the time.
    public Optional<Duration> clockOff() {
        return refusedForTime() ? Optional.ofNullable(said.hints.clockOff()) : Optional.empty();
    }

    /// The correction of this machine's clock with which the server would accept the signature, if there is one.
    Optional<Duration> clockCorrection() {
        return said.hints.correctable() ? clockOff().map(Duration::negated) : Optional.empty();
    }

    /// The remedy, if the server's answer makes it certain.
    public Optional<String> remedy() {
        if (refusedForTime()) {
            return Optional.of("Synchronise this machine's clock (chrony, systemd-timesyncd).");
        }
        if (region().isPresent()) {
            return region().map("Set store.region to %s: the bucket is there."::formatted);
        }
        if (notImplemented()) {
            return Optional.of(
                    "The server does not implement something that the request asks for. Set store.profile to the server's"
                            + " profile or to generic, and remove the settings that the server does not support (store.sse, store.storage-class, store.tags, store.object-lock).");
        }
        if (said.code.equals("InvalidPart") && String.valueOf(getMessage()).contains("same length")) {
            return Optional.of(
                    "Set store.profile to r2: this server requires that all parts of an upload but the last have the same length.");
        }
        if (isFull()) {
            return Optional.of(
                    "The bucket's quota, or the server's disk, is used up: raise it. `sluice prune` makes room, and writes a small"
                            + " note before it deletes, so it needs a little room itself.");
        }
        return said.proxyRefuses
                ? Optional.of("Set the user and the password that the proxy requires in store.proxy.")
                : Optional.empty();
    }

    /// Whether the server requires a checksum of the bytes, which the profile does not send.
    boolean wantsIntegrity() {
        return said.hints.wantsIntegrity();
    }

    /// Whether there is no room for more. Reading and deleting go on, so it is told of the object alone.
    ///
    /// **Source:** the codes of Ceph RGW, Versity and Ozone (`QuotaExceeded`, `QUOTA_EXCEEDED`) and of MinIO
    /// (`XMinioStorageFull`, `XMinioAdminBucketQuotaExceeded`).
    private boolean isFull() {
        return said.code.replace("_", "").toLowerCase(Locale.ROOT).contains("quotaexceeded")
                || said.code.equals("XMinioStorageFull")
                || said.status == INSUFFICIENT_STORAGE;
    }

    /// Whether the server does not implement what the request asks for.
    public boolean notImplemented() {
        return said.status == NOT_IMPLEMENTED || said.code.equals("NotImplemented");
    }

    S3Failure after(int attempts, Target target) {
        if (attempts == 1) {
            return this;
        }
        return new S3Failure(
                getMessage() + String.format(Locale.ROOT, " (attempt %d, given up)", attempts),
                target,
                said,
                getCause());
    }

    /// A failure about this one object that Sluice itself found.
    static S3Failure of(Target target, String problem, boolean retryable) {
        return new S3Failure(
                "%s: %s".formatted(target, problem), target, Said.nothing(retryable, FailureKind.OBJECT_REFUSED), null);
    }

    static S3Failure translate(Target target, Throwable failure) {
        Throwable cause = unwrap(failure);
        if (cause instanceof S3Failure already) {
            return already;
        }
        if (cause instanceof AwsServiceException answer) {
            return ofAnswer(target, answer);
        }
        if (lacksCredentials(cause)) {
            return new S3Failure(
                    "%s was not sent: there are no credentials, neither in the configuration nor in any of the places"
                                    .formatted(target)
                            + " where AWS's SDK looks (environment, ~/.aws, web identity, container, instance)",
                    target,
                    new Said(0, NO_CREDENTIALS, false, false, ServerHints.NONE, FailureKind.BUCKET_REFUSED),
                    cause);
        }
        if (cause instanceof PastStoreException) {
            return new S3Failure(
                    "%s: %s".formatted(target, cause.getMessage()),
                    target,
                    Said.nothing(false, FailureKind.BUCKET_REFUSED),
                    cause);
        }
        // A failure of the network may pass. Anything else is a mistake of ours, or a cancellation, and would
        // only recur.
        boolean retryable =
                (cause instanceof SdkException || cause instanceof IOException || cause instanceof TimeoutException)
                        && !isDistrust(cause);
        FailureKind kind = isNoAnswerOfS3(cause) ? FailureKind.OBJECT_REFUSED : FailureKind.OUTAGE;
        return new S3Failure(
                "%s: %s".formatted(target, describe(cause, target.proxy)),
                target,
                Said.nothing(retryable, kind),
                cause);
    }

    /// There was an answer, but it cannot be read: a proxy's page, for instance, or a listing that broke off.
    private static boolean isNoAnswerOfS3(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof XMLStreamException) {
                return true;
            }
        }
        return false;
    }

    /// Only the SDK's message tells that no provider of its chain has credentials.
    private static boolean lacksCredentials(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SdkException
                    && String.valueOf(cause.getMessage()).startsWith("Unable to load credentials")) {
                return true;
            }
        }
        return false;
    }

    /// A certificate that no trusted authority has signed will not be trusted on a retry either.
    private static boolean isDistrust(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof CertificateException) {
                return true;
            }
        }
        return false;
    }

    private static S3Failure ofAnswer(Target target, AwsServiceException answer) {
        String code =
                answer.awsErrorDetails() == null || answer.awsErrorDetails().errorCode() == null
                        ? ""
                        : answer.awsErrorDetails().errorCode();
        String text =
                answer.awsErrorDetails() == null || answer.awsErrorDetails().errorMessage() == null
                        ? ""
                        : ": " + answer.awsErrorDetails().errorMessage();
        int status = answer.statusCode();
        if (proxyRefuses(target, status)) {
            text +=
                    ": the proxy wants a user and a password, or rejects those that it got (store.proxy, or the proxy's URL)";
        }
        boolean retryable = (status >= 500 && status != NOT_IMPLEMENTED)
                || status == 429
                || status == 408
                || PASSING.contains(code);
        ServerHints hints = ServerHints.of(answer, target.region, target.clock);
        String message = "%s was answered with HTTP %s %s%s%s%s"
                .formatted(
                        target,
                        Integer.toString(status),
                        code,
                        text,
                        answer.requestId() == null ? "" : " [" + answer.requestId() + "]",
                        hints.inWords());
        boolean proxyRefuses = proxyRefuses(target, status);
        boolean aboutUs = proxyRefuses || hints.refusedForTime() || hints.region() != null;
        FailureKind kind =
                aboutUs ? FailureKind.BUCKET_REFUSED : FailureKind.of(target.operation, status, code, retryable);
        return new S3Failure(message, target, new Said(status, code, retryable, proxyRefuses, hints, kind), answer);
    }

    /// Some proxies answer 401, which S3 itself does not.
    private static boolean proxyRefuses(Target target, int status) {
        return status == PROXY_AUTHENTICATION || (status == UNAUTHORIZED && target.proxy != null);
    }

    private static Throwable unwrap(Throwable failure) {
        Throwable cause = failure;
        while (cause instanceof CompletionException && cause.getCause() != null) {
            cause = cause.getCause();
        }
        return cause;
    }

    /// The SDK wraps I/O errors two or three times, and blames the size of its pool for every failed connection,
    /// although this pool never runs out. So the innermost cause with a known meaning counts.
    private static String describe(Throwable failure, @Nullable ForwardProxy proxy) {
        String last = "";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String text = String.valueOf(cause.getMessage());
            if (cause instanceof ConnectException) {
                return "cannot connect (%s). Is the %s running, and %s right?"
                        .formatted(
                                firstLine(text),
                                proxy == null ? "server" : "proxy",
                                proxy == null ? "the endpoint" : proxy.source());
            }
            if (cause instanceof UnknownHostException) {
                return "unknown host (%s). Is %s right?"
                        .formatted(firstLine(text), proxy == null ? "the endpoint" : proxy.source());
            }
            if (text.contains("Could not connect to proxy")) {
                return "the proxy makes no connection to the server: it cannot reach the server, may not connect to it, or rejects the user"
                        + " and password";
            }
            if (text.contains("Acquire operation took longer") || text.contains("acquiring a connection")) {
                return proxy == null
                        ? "no connection could be made in time: the server does not answer"
                        : "no connection could be made in time: the proxy or the server behind it does not answer. "
                                + "Is the proxy running, and %s right?".formatted(proxy.source());
            }
            if (cause instanceof CertificateException) {
                return "the server's certificate is not trusted (%s). Is its authority configured?"
                        .formatted(firstLine(text));
            }
            String name = cause.getClass().getSimpleName();
            if (name.equals("ReadTimeoutException")) {
                return "the server did not answer in time";
            }
            if (name.equals("WriteTimeoutException")) {
                return "the server stopped reading the request's bytes";
            }
            if (cause instanceof TimeoutException) {
                return "the request did not finish in time";
            }
            if (cause instanceof ClosedChannelException
                    || text.toLowerCase(Locale.ROOT).contains("connection reset")) {
                return "the server closed the connection (%s)".formatted(firstLine(text));
            }
            if (!(cause instanceof SdkException) || last.isEmpty()) {
                last = firstLine(cause.getMessage() == null ? cause.toString() : text);
            }
        }
        return last;
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }
}
