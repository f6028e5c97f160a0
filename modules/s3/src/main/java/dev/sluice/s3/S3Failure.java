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
/// The message says what was attempted, on which object, where, and what the server answered or why there was no
/// answer.
public final class S3Failure extends RuntimeException {
    /// Errors that S3 answers with status 400 although the same request may succeed when sent again.
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

    /// [#code()] when there are no keys to sign with: the request was not even sent.
    public static final String NO_CREDENTIALS = "NoCredentials";

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

    /// What there is beside the text.
    ///
    /// @param proxyRefuses whether it was the proxy that wants other credentials
    /// @param hints        what the server's answer lets on about how to ask
    /// @param kind         what it says, and about what
    private record Said(
            int status, String code, boolean retryable, boolean proxyRefuses, ServerHints hints, FailureKind kind) {
        static Said nothing(boolean retryable, FailureKind kind) {
            return new Said(0, "", retryable, false, ServerHints.NONE, kind);
        }
    }

    /// What a request is about, for the message.
    ///
    /// @param detail part number and the like; may be empty
    /// @param proxy  that is in between; null for none
    /// @param region that was asked
    /// @param clock  how far the clock that signs is before this machine's
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

    /// What it says, and about what.
    public FailureKind kind() {
        return said.kind;
    }

    /// Whether nobody knows what the server did: there was no answer, or one that says nothing about the outcome.
    boolean unclear() {
        return said.status == 0 || said.status >= 500 || (said.status == 200 && said.retryable);
    }

    /// The bucket's region, where the answer names another one than was asked.
    public Optional<String> region() {
        return Optional.ofNullable(said.hints.region());
    }

    /// Whether the request was refused for the time that it was signed at.
    public boolean refusedForTime() {
        return said.hints.refusedForTime();
    }

    /// How far this machine's clock is before the server's, or behind it if negative, where that is what the
    /// server refused the request for and it says what time it is.
    public Optional<Duration> clockOff() {
        return refusedForTime() ? Optional.ofNullable(said.hints.clockOff()) : Optional.empty();
    }

    /// What has to be added to this machine's clock so that the server takes the request, if anything helps.
    Optional<Duration> clockCorrection() {
        return said.hints.correctable() ? clockOff().map(Duration::negated) : Optional.empty();
    }

    /// What to try, where the server's answer leaves no doubt.
    public Optional<String> remedy() {
        if (refusedForTime()) {
            return Optional.of("Synchronise this machine's clock (chrony, systemd-timesyncd).");
        }
        if (region().isPresent()) {
            return region().map("Set store.region to %s: the bucket is there."::formatted);
        }
        if (notImplemented()) {
            return Optional.of(
                    "Set store.profile to what the server is, or to generic, and leave out what it does not have"
                            + " (store.sse, store.storage-class, store.tags, store.object-lock): it refuses what it was asked for.");
        }
        if (said.code.equals("InvalidPart") && String.valueOf(getMessage()).contains("same length")) {
            return Optional.of("Set store.profile to r2: this server wants the parts of an upload in one length.");
        }
        return said.proxyRefuses
                ? Optional.of("Give store.proxy the user and the password that the proxy wants.")
                : Optional.empty();
    }

    /// Whether the server wants to be told a sum of the bytes, which the profile does not send.
    boolean wantsIntegrity() {
        return said.hints.wantsIntegrity();
    }

    /// Whether the server has not got what was asked of it, and will not have it at another time.
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

    /// Something about this one object that no answer of the server said.
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
        // Trouble on the way may pass; anything else is a mistake of ours, or a cancellation, and would only come
        // again.
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

    /// A page of a proxy's, or a listing that broke: there was an answer, and it cannot be read.
    private static boolean isNoAnswerOfS3(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof XMLStreamException) {
                return true;
            }
        }
        return false;
    }

    /// The SDK tells by text alone that its whole chain of providers has come up empty.
    private static boolean lacksCredentials(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof SdkException
                    && String.valueOf(cause.getMessage()).startsWith("Unable to load credentials")) {
                return true;
            }
        }
        return false;
    }

    /// A certificate that nobody vouches for stays so.
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
            text += ": the proxy wants a user and a password, or others than it got (store.proxy, or the proxy's URL)";
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

    /// The SDK wraps I/O errors two or three times, and explains every trouble with connections by the size of its
    /// pool, which here is never short. So the innermost cause that says something is what counts.
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
                return "the proxy makes no connection to the server: it cannot reach it, may not, or wants another user"
                        + " and password";
            }
            if (text.contains("Acquire operation took longer") || text.contains("acquiring a connection")) {
                return proxy == null
                        ? "no connection could be made in time: the server does not answer"
                        : "no connection could be made in time: the proxy does not answer, or the server behind it. "
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
                return "the server stopped taking bytes";
            }
            if (cause instanceof TimeoutException) {
                return "not finished in time";
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
