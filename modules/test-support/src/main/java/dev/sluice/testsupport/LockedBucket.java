package dev.sluice.testsupport;

import dev.sluice.testsupport.Reaction.Answer;
import dev.sluice.testsupport.Reaction.Fault;
import java.net.URI;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A script for a [FaultyProxy] that adds Object Lock to a bucket of a server that has none, for the current
/// versions of objects, and is as strict as Amazon's.
///
/// It answers GetObjectRetention, PutObjectRetention, GetObjectLegalHold and PutObjectLegalHold itself. It
/// notes the lock that PutObject and CreateMultipartUpload ask for, and a new version without one has none. A
/// deletion without a version only adds a delete marker, so no lock stands in its way.
///
/// **Source:** AWS's API reference of these operations; "Locking objects with Object Lock" of the user guide
/// for what may be changed: a retention can be extended, and neither shortened nor given another mode without
/// `x-amz-bypass-governance-retention`. A change from governance to compliance is refused here without that
/// header too, where the documents are not plain.
///
/// **Threading:** any thread.
public final class LockedBucket implements FaultyProxy.Script {

    private static final Pattern MODE = Pattern.compile("<Mode>(GOVERNANCE|COMPLIANCE)</Mode>");
    private static final Pattern UNTIL = Pattern.compile("<RetainUntilDate>([^<]+)</RetainUntilDate>");
    private static final Pattern STATUS = Pattern.compile("<Status>(ON|OFF)</Status>");
    private static final Pattern CHECKSUM = Pattern.compile("(?mi)^(content-md5|x-amz-checksum-[a-z0-9]+):");

    private final String bucket;
    private final Predicate<String> exists;
    private final boolean available;
    private final Map<String, Retention> retentions = new ConcurrentHashMap<>();
    private final Map<String, Boolean> legalHolds = new ConcurrentHashMap<>();
    private volatile Predicate<String> refused = _ -> false;

    /// @param mode  in S3's word
    /// @param until when it ends
    public record Retention(String mode, Instant until) {}

    /// @param exists    whether the server has an object with this key
    /// @param available whether the bucket was made with Object Lock
    public LockedBucket(String bucket, Predicate<String> exists, boolean available) {
        this.bucket = bucket;
        this.exists = exists;
        this.available = available;
    }

    /// Denies changes of the locks of these objects.
    ///
    /// @param keys by operation, a space, and the key
    public void refuse(Predicate<String> keys) {
        refused = keys;
    }

    public @Nullable Retention retention(String key) {
        return retentions.get(key);
    }

    /// As if it had been locked so long ago.
    public void set(String key, Retention retention) {
        retentions.put(key, retention);
    }

    public boolean isHeld(String key) {
        return legalHolds.getOrDefault(key, false);
    }

    /// S3's name of a request for an object's lock; empty for every other request.
    public static String operation(FaultyProxy.Request request) {
        String method = request.line().substring(0, request.line().indexOf(' '));
        String query = target(request).getRawQuery();
        if (query == null || !(method.equals("GET") || method.equals("PUT"))) {
            return "";
        }
        String verb = method.equals("GET") ? "Get" : "Put";
        for (String pair : query.split("&", -1)) {
            switch (pair.replaceFirst("=.*", "")) {
                case "retention" -> {
                    return verb + "ObjectRetention";
                }
                case "legal-hold" -> {
                    return verb + "ObjectLegalHold";
                }
                default -> {
                    // Another parameter.
                }
            }
        }
        return "";
    }

    private static URI target(FaultyProxy.Request request) {
        return URI.create(request.line().substring(request.line().indexOf(' ') + 1));
    }

    @Override
    public Reaction decide(FaultyProxy.Request request, int times) {
        String key = URLDecoder.decode(target(request).getRawPath().replace("+", "%2B"), StandardCharsets.UTF_8)
                .replaceFirst("^/" + bucket + "/", "");
        String operation = operation(request);
        if (operation.isEmpty()) {
            note(request, key);
            return Fault.NONE;
        }
        return new Reaction.Reply(body -> answer(operation, request.head(), key, body));
    }

    /// What a new version of an object asks for.
    private void note(FaultyProxy.Request request, String key) {
        String query = target(request).getRawQuery();
        boolean created = (request.line().startsWith("PUT ") && query == null)
                || (request.line().startsWith("POST ") && query != null && query.startsWith("uploads"));
        if (created) {
            String mode = header(request.head(), "x-amz-object-lock-mode");
            legalHolds.remove(key);
            if (mode.isEmpty()) {
                retentions.remove(key);
            } else {
                retentions.put(
                        key,
                        new Retention(
                                mode, Instant.parse(header(request.head(), "x-amz-object-lock-retain-until-date"))));
            }
        }
    }

    private static String header(String head, String name) {
        return head.lines()
                .filter(line -> line.toLowerCase(Locale.ROOT).startsWith(name + ":"))
                .map(line -> line.substring(name.length() + 1).strip())
                .findFirst()
                .orElse("");
    }

    private Answer answer(String operation, String head, String key, byte[] body) {
        boolean put = operation.startsWith("Put");
        if (refused.test(operation + " " + key)) {
            return Answer.error(403, "AccessDenied");
        }
        if (!available) {
            return Answer.error(400, "InvalidRequest");
        }
        if (put && !CHECKSUM.matcher(head).find()) {
            return Answer.error(400, "InvalidRequest");
        }
        if (!exists.test(key)) {
            return Answer.error(404, "NoSuchKey");
        }
        String text = new String(body, StandardCharsets.UTF_8);
        return switch (operation) {
            case "PutObjectRetention" -> putRetention(key, head, text);
            case "PutObjectLegalHold" -> putLegalHold(key, text);
            case "GetObjectRetention" -> getRetention(key);
            default -> getLegalHold(key);
        };
    }

    private Answer putRetention(String key, String head, String body) {
        Matcher mode = MODE.matcher(body);
        Matcher until = UNTIL.matcher(body);
        if (!mode.find() || !until.find()) {
            return Answer.error(400, "MalformedXML");
        }
        Retention wanted;
        try {
            wanted = new Retention(mode.group(1), Instant.parse(until.group(1)));
        } catch (DateTimeException _) {
            return Answer.error(400, "MalformedXML");
        }
        if (!wanted.until().isAfter(Instant.now())) {
            return Answer.error(400, "InvalidArgument");
        }
        Retention now = retentions.get(key);
        boolean bypass = header(head, "x-amz-bypass-governance-retention").equalsIgnoreCase("true");
        if (now != null
                && now.until().isAfter(Instant.now())
                && !(bypass && now.mode().equals("GOVERNANCE"))
                && (!now.mode().equals(wanted.mode()) || wanted.until().isBefore(now.until()))) {
            return Answer.error(403, "AccessDenied");
        }
        retentions.put(key, wanted);
        return Answer.xml(200, "");
    }

    private Answer putLegalHold(String key, String body) {
        Matcher status = STATUS.matcher(body);
        if (!status.find()) {
            return Answer.error(400, "MalformedXML");
        }
        legalHolds.put(key, status.group(1).equals("ON"));
        return Answer.xml(200, "");
    }

    private Answer getRetention(String key) {
        Retention now = retentions.get(key);
        return now == null
                ? Answer.error(404, "NoSuchObjectLockConfiguration")
                : Answer.xml(
                        200,
                        "<Retention xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Mode>%s</Mode><RetainUntilDate>%s</RetainUntilDate></Retention>"
                                .formatted(now.mode(), now.until()));
    }

    private Answer getLegalHold(String key) {
        Boolean on = legalHolds.get(key);
        return on == null
                ? Answer.error(404, "NoSuchObjectLockConfiguration")
                : Answer.xml(
                        200,
                        "<LegalHold xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\"><Status>%s</Status></LegalHold>"
                                .formatted(on ? "ON" : "OFF"));
    }
}
