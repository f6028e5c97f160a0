package dev.sluice.s3;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.nio.channels.ClosedChannelException;
import java.security.cert.CertificateException;
import java.util.Locale;
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
            // Signed just before the keys were renewed: every attempt asks for keys anew.
            "ExpiredToken");

    /// [#code()] when there are no keys to sign with: the request was not even sent.
    public static final String NO_CREDENTIALS = "NoCredentials";

    private static final int NOT_IMPLEMENTED = 501; // and never will be

    private final String operation;
    private final String key;
    private final int status;
    private final String code;
    private final boolean retryable;
    private final FailureKind kind;

    private S3Failure(
            String message,
            Target target,
            int status,
            String code,
            boolean retryable,
            FailureKind kind,
            @Nullable Throwable cause) {
        super(message, cause);
        this.operation = target.operation;
        this.key = target.key;
        this.status = status;
        this.code = code;
        this.retryable = retryable;
        this.kind = kind;
    }

    /// What a request is about, for the message.
    ///
    /// @param detail part number and the like; may be empty
    record Target(String operation, String detail, String endpoint, String bucket, String key) {
        @Override
        public String toString() {
            return "%s%s of s3://%s/%s at %s"
                    .formatted(operation, detail.isEmpty() ? "" : " (" + detail + ")", bucket, key, endpoint);
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
        return status;
    }

    /// S3's error code, or [#NO_CREDENTIALS], or an empty string.
    public String code() {
        return code;
    }

    /// Whether the same request, unchanged, could succeed later.
    public boolean retryable() {
        return retryable;
    }

    /// What it says, and about what.
    public FailureKind kind() {
        return kind;
    }

    /// Whether nobody knows what the server did: there was no answer, or one that says nothing about the outcome.
    boolean unclear() {
        return status == 0 || status >= 500 || (status == 200 && retryable);
    }

    S3Failure after(int attempts, Target target) {
        if (attempts == 1) {
            return this;
        }
        return new S3Failure(
                getMessage() + " (attempt %d, given up)".formatted(attempts),
                target,
                status,
                code,
                retryable,
                kind,
                getCause());
    }

    /// Something about this one object that no answer of the server said.
    static S3Failure of(Target target, String problem, boolean retryable) {
        return new S3Failure(
                "%s: %s".formatted(target, problem), target, 0, "", retryable, FailureKind.OBJECT_REFUSED, null);
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
                    0,
                    NO_CREDENTIALS,
                    false,
                    FailureKind.BUCKET_REFUSED,
                    cause);
        }
        // Trouble on the way may pass; anything else is a mistake of ours, or a cancellation, and would only come
        // again.
        boolean retryable =
                (cause instanceof SdkException || cause instanceof IOException || cause instanceof TimeoutException)
                        && !isDistrust(cause);
        FailureKind kind = isNoAnswerOfS3(cause) ? FailureKind.OBJECT_REFUSED : FailureKind.OUTAGE;
        return new S3Failure("%s: %s".formatted(target, describe(cause)), target, 0, "", retryable, kind, cause);
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
        boolean retryable = (status >= 500 && status != NOT_IMPLEMENTED)
                || status == 429
                || status == 408
                || PASSING.contains(code);
        String message = "%s was answered with HTTP %d %s%s%s"
                .formatted(
                        target, status, code, text, answer.requestId() == null ? "" : " [" + answer.requestId() + "]");
        FailureKind kind = FailureKind.of(target.operation, status, code, retryable);
        return new S3Failure(message, target, status, code, retryable, kind, answer);
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
    private static String describe(Throwable failure) {
        String last = "";
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            String text = String.valueOf(cause.getMessage());
            if (cause instanceof ConnectException) {
                return "cannot connect (%s). Is the server running, and the endpoint right?".formatted(firstLine(text));
            }
            if (cause instanceof UnknownHostException) {
                return "unknown host (%s). Is the endpoint right?".formatted(firstLine(text));
            }
            if (text.contains("Acquire operation took longer") || text.contains("acquiring a connection")) {
                return "no connection could be made in time: the server does not answer";
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
